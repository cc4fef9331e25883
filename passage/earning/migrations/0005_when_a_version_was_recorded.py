from django.db import migrations, models
from django.db.models.functions import Now


class Migration(migrations.Migration):
    """Versions that are there already keep no moment: the one of this migration would be wrong."""

    dependencies = [("earning", "0004_remainders")]

    operations = [
        migrations.AddField("ruleversion", "recorded_at", models.DateTimeField(null=True)),
        migrations.AlterField("ruleversion", "recorded_at", models.DateTimeField(db_default=Now(), null=True)),
    ]
