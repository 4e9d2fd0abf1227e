"""The raw SQL of full-text search over `cases_searchrow`, one form a database, values always bound.

The rows hold overlapping pairs of Chinese characters and whole words of other scripts (`text.tokens`), so
that a two-character word is one look-up.
"""

import re

from django.db import connection
from django.db.models.expressions import RawSQL

from jiedao.cases.text.tokens import query_tokens

MAX_TOKENS = 12
_NUMBER = re.compile(r"(?P<year>20\d\d)\s*[-‐–—－]\s*(?P<serial>\d{1,8})")


def case_number(text: str) -> str:
    """Return the case number that the text is ("2026-12268" is "2026-00012268"); "" where it is none."""
    found = _NUMBER.fullmatch(text.strip())
    return f"{found['year']}-{int(found['serial']):08d}" if found else ""


def tokens_of(text: str) -> list[str]:
    """Return the tokens a phrase is searched by, at most twelve."""
    return query_tokens(text)[:MAX_TOKENS]


def matching(tokens: list[str]) -> RawSQL:
    """Return a subquery of the ids of the cases whose text holds every token, for `id__in`.

    A single character is searched as the beginning of a pair. Raises ValueError without a token.
    """
    if not tokens:
        raise ValueError("no token to search for")
    alone = len(tokens) == 1 and len(tokens[0]) == 1
    if connection.vendor == "postgresql":
        words = " & ".join(f"'{token}'" + (":*" if alone else "") for token in tokens)
        return RawSQL("SELECT case_id FROM cases_searchrow WHERE tokens @@ %s::tsquery", [words])
    words = " ".join(f'"{token}"' + ("*" if alone else "") for token in tokens)
    return RawSQL("SELECT rowid FROM cases_searchrow WHERE cases_searchrow MATCH %s", [words])


def telling(text: str) -> list[str]:
    """Return the distinct tokens of a whole text that may tell a matter, at most forty, the earliest first."""
    return [token for token in query_tokens(text[:400]) if len(token) > 1][:40]


def newest_with_any(tokens: list[str], most: int) -> RawSQL:
    """Return a subquery of the newest ids whose text holds at least one of the tokens, for `id__in`.

    Raises ValueError without a token.
    """
    if not tokens:
        raise ValueError("no token to search for")
    if connection.vendor == "postgresql":
        words = " | ".join(f"'{token}'" for token in tokens)
        sql = "SELECT case_id FROM cases_searchrow WHERE tokens @@ %s::tsquery ORDER BY case_id DESC LIMIT %s"
    else:
        words = " OR ".join(f'"{token}"' for token in tokens)
        sql = "SELECT rowid FROM cases_searchrow WHERE cases_searchrow MATCH %s ORDER BY rowid DESC LIMIT %s"
    return RawSQL(sql, [words, most])  # noqa: S611
