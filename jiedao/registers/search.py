"""Raw SQL for full-text search over `registers_searchrow`, one form for each database. Values are always bound.

The rows hold the same tokens as the search rows of cases: pairs of Chinese characters, and complete words.
"""

from collections.abc import Collection, Iterable, Sequence

from django.db import connection
from django.db.models.expressions import RawSQL

from jiedao.cases.selectors.search import build_query_filter, make_queries
from jiedao.kernel.fulltext import search_tokens
from jiedao.registers.models import Record


def search_text(code: str, name: str, place: str) -> str:
    """Return the search tokens of a record, each once, separated by spaces."""
    return " ".join(dict.fromkeys(search_tokens(f"{code} {name} {place}")))


def index_records(records: Iterable[Record]) -> None:
    """Write or replace the search rows of records, in the caller's transaction."""
    write_rows([(row.pk, search_text(row.code, row.name, row.place_text)) for row in records])


def write_rows(rows: Sequence[tuple[int, str]]) -> None:
    """Write or replace search rows of (record id, tokens separated by spaces)."""
    if not rows:
        return
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "INSERT INTO registers_searchrow (record_id, tokens) "
                "SELECT id, array_to_tsvector(string_to_array(words, ' ')) "
                "FROM unnest(%s::bigint[], %s::text[]) AS new_row(id, words) "
                "ON CONFLICT (record_id) DO UPDATE SET tokens = excluded.tokens",
                [[pk for pk, _words in rows], [words for _pk, words in rows]],
            )
        else:
            remove_rows([pk for pk, _words in rows])
            cursor.executemany("INSERT INTO registers_searchrow (rowid, tokens) VALUES (%s, %s)", rows)


def remove_rows(ids: Collection[int]) -> None:
    """Remove the search rows of records."""
    key = "record_id" if connection.vendor == "postgresql" else "rowid"
    statement = f"DELETE FROM registers_searchrow WHERE {key} = %s"  # noqa: S608 (two fixed names)
    with connection.cursor() as cursor:
        cursor.executemany(statement, [[pk] for pk in ids])


def find_record_ids(text: str) -> RawSQL | None:
    """Return a subquery for the ids of the records that contain every token of the text; None if it has no token.

    The words of the town's synonyms count as the same word.
    """
    queries = make_queries(text)
    if not queries:
        return None
    words = build_query_filter(queries)
    if connection.vendor == "postgresql":
        return RawSQL("SELECT record_id FROM registers_searchrow WHERE tokens @@ %s::tsquery", [words])
    return RawSQL("SELECT rowid FROM registers_searchrow WHERE registers_searchrow MATCH %s", [words])
