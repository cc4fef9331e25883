from datetime import date

from django.db import migrations, models

from passage.engine.facts import celebration_year


def tell_what_was_taken(apps, schema_editor):
    """As it was until now: whatever is held or was given of a counted reward took a piece; and for which year's feast."""
    rows = apps.get_model("rewards", "Redemption").objects.filter(state__in=("reserved", "captured"))
    rows.filter(version__reward__stock__isnull=False).update(took_stock=True)
    for row in rows.select_related("member", "version", "programme").iterator():
        year = _feast_year(row)
        if year is not None:
            row.feast_year = year
            row.save(update_fields=["feast_year"])


def _feast_year(row):
    when = row.version.definition.get("when", {})
    for days, feast in (("birthday_days", row.member.birthday), ("name_day_days", row.member.name_day)):
        if when.get(days) is not None and feast:
            day = int(feast[:2]), int(feast[3:])
            on = date(row.made_at.year, row.made_at.month, row.made_at.day)
            leap_on_28th = row.programme.leap_day_on_28th
            return celebration_year(day, on=on, within=when[days] + 1, leap_on_28th=leap_on_28th)
    return None


class Migration(migrations.Migration):
    dependencies = [
        ("members", "0001_initial"),
        ("rewards", "0004_given_before"),
    ]

    operations = [
        migrations.AddField(
            model_name="redemption",
            name="took_stock",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="redemption",
            name="feast_year",
            field=models.PositiveSmallIntegerField(null=True),
        ),
        migrations.RunPython(tell_what_was_taken, migrations.RunPython.noop),
    ]
