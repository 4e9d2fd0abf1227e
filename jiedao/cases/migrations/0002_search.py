"""The search rows: 2-gram tokens, as a tsvector with GIN on PostgreSQL and as a contentless FTS5 table on SQLite."""

from django.db import migrations

# No foreign key: cases are never deleted, and a reference would cost every filing a look-up.
POSTGRES = """
CREATE TABLE cases_searchrow (
    case_id bigint PRIMARY KEY,
    tokens tsvector NOT NULL
);
CREATE INDEX cases_searchrow_tokens ON cases_searchrow USING gin (tokens);
CREATE INDEX case_area_prefix ON cases_case (area_path varchar_pattern_ops);
"""
SQLITE = """
CREATE VIRTUAL TABLE cases_searchrow USING fts5(tokens, content='', contentless_delete=1, tokenize='unicode61', detail='none');
"""
SQLITE_OLD = """
CREATE VIRTUAL TABLE cases_searchrow USING fts5(tokens, tokenize='unicode61', detail='none');
"""


def forwards(apps, schema_editor):
    import sqlite3

    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(POSTGRES)
    else:
        # contentless_delete came with SQLite 3.43; before it a table that keeps its tokens serves as well
        schema_editor.execute(SQLITE if sqlite3.sqlite_version_info >= (3, 43) else SQLITE_OLD)


def backwards(apps, schema_editor):
    schema_editor.execute("DROP TABLE cases_searchrow")


class Migration(migrations.Migration):
    dependencies = [("cases", "0001_initial")]
    operations = [migrations.RunPython(forwards, backwards, elidable=False)]
