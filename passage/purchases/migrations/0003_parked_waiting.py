from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("members", "0001_initial"),
        ("programme", "0001_initial"),
        ("purchases", "0002_judged_again"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="parked",
            index=models.Index(condition=models.Q(("state", "waiting")), fields=["programme", "id"], name="parked_waiting"),
        ),
    ]
