from django.db import migrations, models


class Migration(migrations.Migration):
    """What was sent twice is one correction. Those of before were sent without a name and stay as they are."""

    dependencies = [
        ("ledger", "0004_origin_of_points"),
    ]

    operations = [
        migrations.AddField(
            model_name="correction",
            name="once",
            field=models.UUIDField(null=True),
        ),
        migrations.AddConstraint(
            model_name="correction",
            constraint=models.UniqueConstraint(fields=("programme", "once"), name="correction_once"),
        ),
    ]
