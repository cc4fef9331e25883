from django.db import migrations
from django.db.models import F


def tell_what_was_handed_over(apps, schema_editor):
    """A free product that a bill took off before there was a register was handed over with that bill."""
    given = apps.get_model("rewards", "Redemption").objects.filter(
        state__in=("captured", "reversed"),
        closed_at__isnull=False,
        version__definition__gives__kind="free_product",
    )
    given.update(handing="handed_over", handed_at=F("closed_at"), handed_by=F("by"))


class Migration(migrations.Migration):

    dependencies = [
        ('rewards', '0003_handing_over'),
    ]

    operations = [
        migrations.RunPython(tell_what_was_handed_over, migrations.RunPython.noop),
    ]
