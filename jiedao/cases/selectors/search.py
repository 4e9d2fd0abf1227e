"""The raw SQL of full-text search over `cases_searchrow`, one form for each database; values are always bound.

The rows hold overlapping pairs of Chinese characters and whole words of other scripts (`kernel.fulltext`), so
that a two-character word is one look-up.
"""

import re
from collections.abc import Mapping

from django.db import connection
from django.db.models.expressions import RawSQL

from jiedao.kernel.fulltext import query_tokens

MAX_TOKENS = 12
OF_EACH = 50
_NUMBER = re.compile(r"(?P<year>20\d\d)\s*[-‐–—－]\s*(?P<serial>\d{1,8})")


def parse_case_number(text: str) -> str:
    """Return the case number that the text is ("2026-12268" means "2026-00012268"), "" where it is none."""
    match = _NUMBER.fullmatch(text.strip())
    return f"{match['year']}-{int(match['serial']):08d}" if match else ""


def make_query_tokens(text: str) -> list[str]:
    """Return the tokens by which a phrase is searched, at most twelve."""
    return query_tokens(text)[:MAX_TOKENS]


def find_matching_ids(tokens: list[str]) -> RawSQL:
    """Return a subquery of the ids of the cases whose text contains every token, for `id__in`.

    A single character is searched as the beginning of a pair. Raise ValueError without a token.
    """
    words = build_token_filter(tokens)
    if connection.vendor == "postgresql":
        return RawSQL("SELECT case_id FROM cases_searchrow WHERE tokens @@ %s::tsquery", [words])
    return RawSQL("SELECT rowid FROM cases_searchrow WHERE cases_searchrow MATCH %s", [words])


def build_token_filter(tokens: list[str]) -> str:
    """Return the query of the full-text search for rows with every token; see `find_matching_ids`."""
    if not tokens:
        raise ValueError("no token to search for")
    is_single_character = len(tokens) == 1 and len(tokens[0]) == 1
    if connection.vendor == "postgresql":
        return " & ".join(f"'{token}'" + (":*" if is_single_character else "") for token in tokens)
    return " ".join(f'"{token}"' + ("*" if is_single_character else "") for token in tokens)


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
