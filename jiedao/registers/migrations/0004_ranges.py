"""Areas are found by ranges of paths, which a plain index serves; and what has held since before a day is counted."""

from django.db import migrations, models


def forwards(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP INDEX record_area_prefix")


def backwards(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(
            "CREATE INDEX record_area_prefix ON registers_record (register_id, area_path varchar_pattern_ops)"
        )


class Migration(migrations.Migration):
    dependencies = [("registers", "0003_inspections")]
    operations = [
        migrations.RunPython(forwards, backwards, elidable=False),
        migrations.RemoveIndex(model_name="visit", name="visit_waiting_area"),
        migrations.AddIndex(
            model_name="visit",
            index=models.Index(
                condition=models.Q(("state", "DUE")), fields=["area_path", "due_date"], name="visit_waiting_area"
            ),
        ),
        migrations.AddIndex(
            model_name="record",
            index=models.Index(fields=["register", "active", "since_date"], name="record_since"),
        ),
    ]
