from django.conf import settings
from django.db import migrations, models

from passage.members import canonical

AT_ONCE = 2000


def name_everybody(apps, schema_editor):
    """Members who have a name get the other key that it is found by."""
    members = apps.get_model("members", "Member")._base_manager.exclude(name_key="")
    seen = 0
    while rows := list(members.filter(id__gt=seen).order_by("id").only("first_name", "last_name", "name_key")[:AT_ONCE]):
        for row in rows:
            row.name_key = canonical.name_key(first=row.first_name, last=row.last_name)
            row.turned_key = canonical.turned_key(first=row.first_name, last=row.last_name)
        members.bulk_update(rows, ["name_key", "turned_key"], batch_size=500)
        seen = rows[-1].pk


class Migration(migrations.Migration):

    dependencies = [
        ('members', '0004_erased_and_why_merged'),
        ('programme', '0003_epoch'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='member',
            name='turned_key',
            field=models.CharField(blank=True, editable=False, max_length=170),
        ),
        migrations.RunPython(name_everybody, migrations.RunPython.noop),
    ]
