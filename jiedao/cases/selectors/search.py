"""The raw SQL of full-text search over `cases_searchrow`, one form for each database; values are always bound.

The rows hold overlapping pairs of Chinese characters and whole words of other scripts (`kernel.fulltext`), so
that a two-character word is one look-up.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.db import connection
from django.db.models.expressions import RawSQL

from jiedao.kernel import clock
from jiedao.kernel.folding import fold_width
from jiedao.kernel.fulltext import is_prefix, query_tokens, search_tokens
from jiedao.kernel.synonyms import expand_phrase

MAX_TOKENS = 12
OF_EACH = 50
FIRST_YEAR = 2000
_NUMBER = re.compile(r"(?P<year>20\d\d)\s*[-‐–—－]\s*(?P<serial>\d{1,8})")
_SERIAL = re.compile(r"(?=\d*[1-9])[0-9]{3,8}")
_TAIL = re.compile(r"(?=\d*[1-9])[0-9]{4,7}")
# A number ends with the id of its case, so the cases whose number ends with four digits are every ten-thousandth id: a
# hundred look-ups in the primary key of a million cases.
_TAIL_IDS = (
    "WITH RECURSIVE tails (id) AS (SELECT CAST(%s AS bigint) UNION ALL SELECT id + CAST(%s AS bigint) FROM tails "
    "WHERE id + CAST(%s AS bigint) <= (SELECT max(id) FROM cases_case)) SELECT id FROM tails"
)


def parse_case_number(text: str) -> str:
    """Return the case number that the text is ("2026-12268" means "2026-00012268"), "" where it is none."""
    match = _NUMBER.fullmatch(text.strip())
    return f"{match['year']}-{int(match['serial']):08d}" if match else ""


def list_case_numbers(text: str) -> list[str]:
    """Return the case numbers that the text may be: one for a number with its year, one of every year without.

    "00012268" and "12268" are numbers without their year, which have three digits at least. Return none for words.
    """
    number = parse_case_number(text)
    if number:
        return [number]
    serial = fold_width(text).strip()
    if not _SERIAL.fullmatch(serial):
        return []
    return [f"{year}-{int(serial):08d}" for year in range(clock.today().year + 1, FIRST_YEAR - 1, -1)]


def find_numbered_ids(text: str) -> RawSQL | None:
    """Return a subquery of the ids of the cases whose number is the text or, from four digits on, ends with it.

    None for a text that is no number. A number ends with the id of its case, which is how the ends are found.
    """
    numbers = list_case_numbers(text)
    if not numbers:
        return None
    values: list[Any] = [*numbers]
    sql = f"SELECT id FROM cases_case WHERE number IN ({', '.join(['%s'] * len(numbers))})"  # noqa: S608
    tail = read_tail(text)
    if tail:
        sql += f" UNION SELECT id FROM ({_TAIL_IDS}) AS ends"  # noqa: S608 (fixed statements, values are bound)
        step = 10 ** len(tail)
        values += [int(tail), step, step]
    return RawSQL(sql, values)  # noqa: S611


def read_tail(text: str) -> str:
    """Return the digits that the end of a number may be.

    "" for another text, and for three digits, which would find one case in a thousand.
    """
    tail = fold_width(text).strip()
    return tail if _TAIL.fullmatch(tail) else ""


def make_query_tokens(text: str) -> list[str]:
    """Return the tokens by which a phrase is searched, at most twelve."""
    return query_tokens(text)[:MAX_TOKENS]


def make_queries(text: str) -> list[list[str]]:
    """Return the tokens of a phrase and of its variants with synonyms; a text matches by all tokens of one of them."""
    if not make_query_tokens(text):
        return []
    queries = [make_query_tokens(phrase) for phrase in expand_phrase(text)]
    return [tokens for tokens in queries if tokens]


def make_title_test(text: str) -> Callable[[str], bool]:
    """Return the test whether a title has all words of the text, by the rules of the search."""
    queries = [set(tokens) for tokens in make_queries(text)]

    def has_all_words(title: str) -> bool:
        tokens = set(search_tokens(title))
        return any(
            query <= tokens
            or (_is_begun(list(query)) and any(token.startswith(tuple(query)) for token in tokens))
            for query in queries
        )

    return has_all_words


def find_case_ids(text: str) -> RawSQL:
    """Return a subquery of the ids of the cases whose number or words are the text, for `id__in`.

    A number with its year is only looked up; digits alone may be a number, from four digits on the end of one, or a
    word of a text. Raise ValueError without a token.
    """
    numbered = find_numbered_ids(text)
    if numbered is not None and parse_case_number(text):
        return numbered
    sql, values = _select_ids(), [build_query_filter(make_queries(text))]
    if numbered is not None:
        sql, values = f"{sql} UNION {numbered.sql}", [*values, *numbered.params]
    return RawSQL(sql, values)  # noqa: S611 (fixed statements, values are bound)


def find_matching_ids(tokens: list[str]) -> RawSQL:
    """Return a subquery of the ids of the cases whose text contains every token, for `id__in`.

    A single character is searched as the beginning of a pair. Raise ValueError without a token.
    """
    return RawSQL(_select_ids(), [build_query_filter([tokens])])  # noqa: S611


def _select_ids() -> str:
    if connection.vendor == "postgresql":
        return "SELECT case_id FROM cases_searchrow WHERE tokens @@ %s::tsquery"
    return "SELECT rowid FROM cases_searchrow WHERE cases_searchrow MATCH %s"


def build_query_filter(queries: Sequence[Sequence[str]]) -> str:
    """Return the query of the full-text search for rows with every token of one of the queries.

    Raise ValueError without a token.
    """
    if not queries or not all(queries):
        raise ValueError("no token to search for")
    if connection.vendor == "postgresql":
        parts = [
            " & ".join(f"'{token}'" + (":*" if _is_begun(tokens) else "") for token in tokens)
            for tokens in queries
        ]
        return " | ".join(f"({part})" for part in parts)
    parts = [
        " AND ".join(f'"{token}"' + ("*" if _is_begun(tokens) else "") for token in tokens)
        for tokens in queries
    ]
    return " OR ".join(f"({part})" for part in parts)


def _is_begun(tokens: Sequence[str]) -> bool:
    return len(tokens) == 1 and is_prefix(tokens[0])


def find_closest_ids(weights: Mapping[str, float], most: int) -> RawSQL:
    """Return a subquery of the ids whose texts share most of the weighted tokens, the newest first among equals.

    It reads the newest fifty rows of each token, so pass rare ones. Raise ValueError without a token.
    """
    if not weights:
        raise ValueError("no token to search for")
    if connection.vendor == "postgresql":
        select = (
            "(SELECT case_id AS id, %s::float8 AS weight FROM cases_searchrow WHERE tokens @@ %s::tsquery "
            "ORDER BY case_id DESC LIMIT %s)"
        )
    else:
        select = (
            "SELECT * FROM (SELECT rowid AS id, %s AS weight FROM cases_searchrow WHERE cases_searchrow MATCH %s "
            "ORDER BY rowid DESC LIMIT %s)"
        )
    hits = " UNION ALL ".join([select] * len(weights))
    quote = "'" if connection.vendor == "postgresql" else '"'
    values = [
        value for token, weight in weights.items() for value in (weight, f"{quote}{token}{quote}", OF_EACH)
    ]
    sql = f"SELECT id FROM ({hits}) AS hits GROUP BY id ORDER BY sum(weight) DESC, id DESC LIMIT %s"  # noqa: S608
    return RawSQL(sql, [*values, most])  # noqa: S611
