import django.db.models.functions.text
import django.db.models.lookups
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('members', '0005_turned_key'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='member',
            index=models.Index(condition=models.Q(('turned_key', ''), _negated=True), fields=['programme', 'turned_key'], name='member_first_name'),
        ),
        migrations.AddConstraint(
            model_name='member',
            constraint=models.CheckConstraint(condition=django.db.models.lookups.Exact(django.db.models.functions.text.Length('turned_key'), django.db.models.functions.text.Length('name_key')), name='member_turned_key'),
        ),
    ]
