import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """`Tally` is called `RuleUsage`; its table keeps the name that archives know it by."""

    dependencies = [
        ("earning", "0002_tiers_have_versions"),
        ("members", "0006_found_by_first_name"),
        ("programme", "0008_control"),
    ]

    operations = [
        migrations.AlterModelTable(name="tally", table="earning_tally"),
        migrations.RenameModel(old_name="Tally", new_name="RuleUsage"),
        migrations.AlterField(
            model_name="ruleusage",
            name="member",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="usages", to="members.member"
            ),
        ),
        migrations.AlterField(
            model_name="ruleusage",
            name="rule",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="usages", to="earning.rule"
            ),
        ),
        migrations.RemoveConstraint(model_name="ruleusage", name="earning_tally_tenant"),
        migrations.AddConstraint(
            model_name="ruleusage",
            constraint=models.UniqueConstraint(fields=["programme", "id"], name="earning_ruleusage_tenant"),
        ),
    ]
