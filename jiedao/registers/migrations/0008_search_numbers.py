"""Write the search rows of records again: numbers are searched together with the characters beside them."""

from django.db import migrations

from jiedao.kernel.searchrows import rebuild_search_rows

COLUMNS = ("code", "name", "place_text")


def forwards(apps, schema_editor):
    rebuild_search_rows(schema_editor.connection, "registers_searchrow", "record_id", "registers_record", COLUMNS)


class Migration(migrations.Migration):
    dependencies = [("registers", "0007_fold_record_codes")]
    operations = [migrations.RunPython(forwards, migrations.RunPython.noop, elidable=False)]
