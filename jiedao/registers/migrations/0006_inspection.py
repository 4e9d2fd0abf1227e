"""The model of an inspection is called Inspection; a visit is the return visit to a reporter."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("registers", "0005_notices_name_registers")]
    operations = [
        migrations.RenameModel(old_name="Visit", new_name="Inspection"),
        migrations.RenameField(model_name="finding", old_name="visit", new_name="inspection"),
        migrations.AlterField(
            model_name="inspection",
            name="record",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="inspections", to="registers.record"
            ),
        ),
        migrations.RenameIndex(model_name="inspection", old_name="visit_waiting_area", new_name="inspection_waiting_area"),
        migrations.RenameIndex(model_name="inspection", old_name="visit_waiting_unit", new_name="inspection_waiting_unit"),
        migrations.RenameIndex(model_name="inspection", old_name="visit_waiting", new_name="inspection_waiting"),
        migrations.RenameIndex(model_name="inspection", old_name="visit_day", new_name="inspection_day"),
        migrations.RenameIndex(model_name="inspection", old_name="visit_register_day", new_name="inspection_register_day"),
        migrations.RenameIndex(model_name="inspection", old_name="visit_finding", new_name="inspection_finding"),
        migrations.RemoveConstraint(model_name="inspection", name="visit_round_once"),
        migrations.AddConstraint(
            model_name="inspection",
            constraint=models.UniqueConstraint(
                fields=["record", "checklist"], name="inspection_round_once", condition=models.Q(state="DUE", kind="ROUND")
            ),
        ),
        migrations.RemoveConstraint(model_name="inspection", name="visit_recheck_once"),
        migrations.AddConstraint(
            model_name="inspection",
            constraint=models.UniqueConstraint(
                fields=["finding"], name="inspection_recheck_once", condition=models.Q(state="DUE", kind="RECHECK")
            ),
        ),
        migrations.RemoveConstraint(model_name="inspection", name="visit_state_known"),
        migrations.AddConstraint(
            model_name="inspection",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["DUE", "DONE", "MISSED", "DROPPED"])), name="inspection_state_known"
            ),
        ),
        migrations.RemoveConstraint(model_name="inspection", name="visit_forward"),
        migrations.AddConstraint(
            model_name="inspection",
            constraint=models.CheckConstraint(
                condition=models.Q(("due_date__gte", models.F("planned_date"))), name="inspection_forward"
            ),
        ),
        migrations.RemoveConstraint(model_name="inspection", name="visit_done_whole"),
        migrations.AddConstraint(
            model_name="inspection",
            constraint=models.CheckConstraint(
                condition=models.Q(state="DONE", done_at__isnull=False, done_date=models.F("counted_date"))
                & models.Q(passed__isnull=False)
                | ~models.Q(state="DONE")
                & models.Q(done_at=None, done_date=None, passed=None, counted_date=models.F("due_date")),
                name="inspection_done_whole",
            ),
        ),
        migrations.RemoveConstraint(model_name="inspection", name="visit_recheck_of_finding"),
        migrations.AddConstraint(
            model_name="inspection",
            constraint=models.CheckConstraint(
                condition=models.Q(kind="RECHECK", finding__isnull=False)
                | models.Q(kind__in=["ROUND", "EXTRA"], finding__isnull=True),
                name="inspection_recheck_of_finding",
            ),
        ),
        migrations.RemoveConstraint(model_name="inspection", name="visit_dropped_why"),
        migrations.AddConstraint(
            model_name="inspection",
            constraint=models.CheckConstraint(
                condition=~models.Q(state="DROPPED") | ~models.Q(note=""), name="inspection_dropped_why"
            ),
        ),
    ]
