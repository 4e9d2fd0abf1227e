"""Posts are scored, and an appeal contests several cases, each with its own state."""

from typing import Any

import django.db.models.deletion
from django.db import migrations, models

STATES = [
    ("WAITING", "待裁定"),
    ("GRANTED", "成立，已剔除"),
    ("PARTLY", "部分成立"),
    ("REFUSED", "不成立"),
    ("WITHDRAWN", "已撤回"),
]


def move_cases(apps: Any, schema_editor: Any) -> None:
    """Make a row of the case of each appeal."""
    appeals = apps.get_model("evaluation", "Appeal").objects.select_related("score")
    rows = apps.get_model("evaluation", "AppealCase").objects
    for appeal in appeals.iterator():
        rows.create(
            appeal=appeal,
            case_id=appeal.case_id,
            sheet_version_id=appeal.score.sheet_version_id,
            place_key=appeal.score.place_key,
            first_date=appeal.score.first_date,
            last_date=appeal.score.last_date,
            state=appeal.state,
        )


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0018_stored_counts"),
        ("evaluation", "0001_score_sheets"),
        ("orgs", "0003_deputies"),
    ]

    operations = [
        migrations.AddField(
            model_name="manualpoints",
            name="post",
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="orgs.post"),
        ),
        migrations.AddField(
            model_name="score",
            name="post",
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="orgs.post"),
        ),
        migrations.AlterField(
            model_name="manualpoints",
            name="place_key",
            field=models.CharField(blank=True, editable=False, max_length=80),
        ),
        migrations.AlterField(
            model_name="score",
            name="place_key",
            field=models.CharField(blank=True, editable=False, max_length=80),
        ),
        migrations.AlterField(
            model_name="scoresheet",
            name="subject",
            field=models.CharField(choices=[("unit", "单位"), ("area", "社区"), ("post", "岗位")], max_length=4, verbose_name="对象"),
        ),
        migrations.AlterField(
            model_name="appeal",
            name="state",
            field=models.CharField(choices=STATES, default="WAITING", max_length=9, verbose_name="状态"),
        ),
        migrations.CreateModel(
            name="AppealCase",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("place_key", models.CharField(max_length=80)),
                ("first_date", models.DateField()),
                ("last_date", models.DateField()),
                ("state", models.CharField(choices=STATES, default="WAITING", max_length=9)),
                ("appeal", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="cases", to="evaluation.appeal")),
                ("case", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="cases.case")),
                ("sheet_version", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="evaluation.sheetversion")),
            ],
            options={
                "ordering": ("pk",),
                "constraints": [
                    models.UniqueConstraint(condition=models.Q(("state", "WAITING")), fields=("sheet_version", "place_key", "first_date", "last_date", "case"), name="one_waiting_appeal_of_a_row"),
                    models.UniqueConstraint(fields=("appeal", "case"), name="one_case_of_an_appeal"),
                ],
            },
        ),
        # After every change of the new table, and before any of the old one: PostgreSQL alters no table that has checks
        # of foreign keys waiting.
        migrations.RunPython(move_cases, migrations.RunPython.noop),
        migrations.RemoveConstraint(model_name="appeal", name="one_waiting_appeal_of_a_case"),
        migrations.RemoveField(model_name="appeal", name="case"),
    ]
