from django.db import migrations


def straighten(apps, schema_editor):
    """An alias leads to the person, never to another alias; see members.actions.straighten."""
    Member, Merge = apps.get_model("members", "Member"), apps.get_model("members", "Merge")
    leads = dict(Member.objects.filter(merged_into__isnull=False).values_list("id", "merged_into_id"))

    def way(start):
        found = [leads[start]]
        while found[-1] in leads:
            found.append(leads[found[-1]])
        return found

    crooked = {pk: way(pk) for pk, target in leads.items() if target in leads}
    if not crooked:
        return
    for merge in Merge.objects.filter(undone_at=None).order_by("id"):
        behind = sorted(pk for pk in leads if pk != merge.gone_id and merge.gone_id in way(pk))
        if behind and merge.before:
            Merge.objects.filter(pk=merge.pk).update(before={**merge.before, "aliases": behind})
    for pk, found in crooked.items():
        Member.objects.filter(pk=pk).update(merged_into_id=found[-1])


class Migration(migrations.Migration):
    dependencies = [("members", "0006_found_by_first_name")]

    operations = [migrations.RunPython(straighten, migrations.RunPython.noop)]
