"""Notices about missed inspections name the register instead of the address of a list."""

from django.db import migrations

LIST = "/desk/inspections/?show=missed&register="


def name_registers(apps, schema_editor):
    alias = schema_editor.connection.alias
    notices = apps.get_model("notices", "Notice").objects.using(alias)
    for pk, key, name in apps.get_model("registers", "Register").objects.using(alias).values_list("pk", "key", "name"):
        rows = notices.filter(kind="", object_id__isnull=True, data__url=LIST + key)
        rows.update(object_type="registers.register", object_id=pk, object_name=name)


class Migration(migrations.Migration):
    dependencies = [
        ("registers", "0004_ranges"),
        ("notices", "0002_kinds"),
    ]
    operations = [migrations.RunPython(name_registers, migrations.RunPython.noop, elidable=True)]
