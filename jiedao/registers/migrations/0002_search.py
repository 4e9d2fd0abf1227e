"""The search rows: 2-gram tokens, as a tsvector with GIN on PostgreSQL and as a contentless FTS5 table on SQLite."""

from django.db import migrations

POSTGRES = """
CREATE TABLE registers_searchrow (
    record_id bigint PRIMARY KEY,
    tokens tsvector NOT NULL
);
CREATE INDEX registers_searchrow_tokens ON registers_searchrow USING gin (tokens);
CREATE INDEX record_area_prefix ON registers_record (register_id, area_path varchar_pattern_ops);
"""
SQLITE = """
CREATE VIRTUAL TABLE registers_searchrow USING fts5(tokens, content='', contentless_delete=1, tokenize='unicode61', detail='none');
"""
SQLITE_OLD = """
CREATE VIRTUAL TABLE registers_searchrow USING fts5(tokens, tokenize='unicode61', detail='none');
"""


def forwards(apps, schema_editor):
    import sqlite3

    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(POSTGRES)
    else:
        # contentless_delete came with SQLite 3.43; before it a table that keeps its tokens serves as well
        schema_editor.execute(SQLITE if sqlite3.sqlite_version_info >= (3, 43) else SQLITE_OLD)


def backwards(apps, schema_editor):
    schema_editor.execute("DROP TABLE registers_searchrow")


class Migration(migrations.Migration):
    dependencies = [("registers", "0001_initial")]
    operations = [migrations.RunPython(forwards, backwards, elidable=False)]
