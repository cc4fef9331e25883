from django.db import migrations, models


def lift(apps, schema_editor):
    """A remainder below zero was an error of joining records: what was missing is given."""
    apps.get_model("earning", "RuleUsage").objects.filter(carry__lt=0).update(carry=0)


class Migration(migrations.Migration):
    dependencies = [("earning", "0003_rule_usage")]

    operations = [
        migrations.RunPython(lift, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="ruleusage",
            constraint=models.CheckConstraint(condition=models.Q(("carry__gte", 0)), name="rule_usage_carry"),
        ),
    ]
