"""Rebuild the search rows of a table after the way in which texts become tokens has changed; used by migrations."""

import sqlite3
from typing import Any

from jiedao.kernel.fulltext import search_tokens

BATCH = 2000
_FTS5 = "CREATE VIRTUAL TABLE {table} USING fts5(tokens, {options}tokenize='unicode61', detail='none')"


def rebuild_search_rows(connection: Any, table: str, key: str, source: str, columns: tuple[str, ...]) -> int:
    """Empty the search rows in `table` and write them again from the texts of `source`; return their number.

    Texts are read in batches by id, so that a million rows need little memory. Run it in a transaction: until it ends,
    other connections search the old rows.

    Args:
        table, key: the table of search rows, and the column that names the row on PostgreSQL (`rowid` on SQLite).
        source, columns: the table of the texts, and its columns in the order in which they are joined.
    """
    is_postgresql = connection.vendor == "postgresql"
    read = f"SELECT id, {', '.join(columns)} FROM {source} WHERE id > %s ORDER BY id LIMIT {BATCH}"  # noqa: S608 (fixed names)
    last, count = 0, 0
    with connection.cursor() as cursor:
        _empty(cursor, table, is_postgresql=is_postgresql)
        while True:
            cursor.execute(read, [last])
            rows = [
                (pk, " ".join(dict.fromkeys(search_tokens(" ".join(text or "" for text in texts)))))
                for pk, *texts in cursor.fetchall()
            ]
            if not rows:
                break
            if is_postgresql:
                cursor.execute(
                    f"INSERT INTO {table} ({key}, tokens) "  # noqa: S608
                    "SELECT id, array_to_tsvector(string_to_array(words, ' ')) "
                    "FROM unnest(%s::bigint[], %s::text[]) AS new_row(id, words)",
                    [[pk for pk, _words in rows], [words for _pk, words in rows]],
                )
            else:
                cursor.executemany(f"INSERT INTO {table} (rowid, tokens) VALUES (%s, %s)", rows)  # noqa: S608
            last, count = rows[-1][0], count + len(rows)
        if is_postgresql:
            cursor.execute(f"CREATE INDEX {table}_tokens ON {table} USING gin (tokens)")
    return count


def _empty(cursor: Any, table: str, *, is_postgresql: bool) -> None:
    """Empty the table. On PostgreSQL the index is removed too: building it at the end is much faster."""
    if is_postgresql:
        cursor.execute(f"TRUNCATE {table}")
        cursor.execute(f"DROP INDEX IF EXISTS {table}_tokens")
        return
    # contentless_delete came with SQLite 3.43; before it a table that keeps its tokens serves as well
    options = "content='', contentless_delete=1, " if sqlite3.sqlite_version_info >= (3, 43) else ""
    cursor.execute(f"DROP TABLE IF EXISTS {table}")
    cursor.execute(_FTS5.format(table=table, options=options))
