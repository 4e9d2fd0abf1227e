"""Write the search rows of cases again: numbers are searched together with the characters beside them."""

from django.db import migrations

from jiedao.kernel.searchrows import rebuild_search_rows

COLUMNS = ("subject", "place_text", "detail")


def forwards(apps, schema_editor):
    rebuild_search_rows(schema_editor.connection, "cases_searchrow", "case_id", "cases_case", COLUMNS)


class Migration(migrations.Migration):
    dependencies = [("cases", "0007_fold_source_keys")]
    operations = [migrations.RunPython(forwards, migrations.RunPython.noop, elidable=False)]
