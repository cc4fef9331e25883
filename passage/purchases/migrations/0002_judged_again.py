from django.db import migrations, models

KINDS = [
    ("sale", "Sale"),
    ("return", "Return"),
    ("void", "Void"),
    ("move", "Moved to another member"),
    ("judged", "Judged again"),
]


def part(apps, schema_editor):
    """What rules gave a record stays with it: a merge had added it to the record that was kept as well."""
    Merge, RuleUsage = apps.get_model("members", "Merge"), apps.get_model("earning", "RuleUsage")
    for merge in Merge.objects.filter(undone_at=None).order_by("-id"):
        if "tallies" not in merge.before:
            continue
        carried = {}
        for row in RuleUsage.objects.filter(id__in=merge.before["tallies"]):
            mine = RuleUsage.objects.filter(
                programme_id=row.programme_id, member_id=merge.kept_id, rule_id=row.rule_id, span=row.span, day=row.day
            ).first()
            if mine is not None:
                mine.points, mine.times = mine.points - row.points, mine.times - row.times
                mine.save(update_fields=["points", "times"])
            if row.carry:
                carried[str(row.rule_id)] = row.carry
                row.carry = 0
                row.save(update_fields=["carry"])
        before = {key: value for key, value in merge.before.items() if key != "tallies"}
        Merge.objects.filter(pk=merge.pk).update(before={**before, "carried": carried})


class Migration(migrations.Migration):
    dependencies = [
        ("purchases", "0001_initial"),
        ("earning", "0004_remainders"),
        ("members", "0007_aliases_lead_straight"),
    ]

    operations = [
        migrations.AlterField(
            model_name="purchase", name="kind", field=models.CharField(choices=KINDS, max_length=6)
        ),
        migrations.RunPython(part, migrations.RunPython.noop),
    ]
