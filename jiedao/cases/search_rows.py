"""The rows by which the search finds cases."""

from collections.abc import Sequence

from django.db import connection

from jiedao.cases.models import Case
from jiedao.cases.questions.showing import list_answer_words
from jiedao.cases.questions.storing import read_values
from jiedao.kernel.fulltext import search_tokens

SQLITE_SEARCH = "INSERT INTO cases_searchrow (tokens, rowid) VALUES (%s, %s)"


def make_search_words(text: str) -> str:
    """Return the distinct search tokens of a text: the index records whether a token occurs, not how often."""
    return " ".join(dict.fromkeys(search_tokens(text)))


def write_search(texts: Sequence[tuple[int, str]]) -> None:
    """Write the search rows of new cases."""
    bound = [(make_search_words(text), pk) for pk, text in texts]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.executemany(
                "INSERT INTO cases_searchrow (tokens, case_id) "
                "VALUES (array_to_tsvector(string_to_array(%s::text, ' ')), %s)",
                bound,
            )
        else:
            cursor.executemany(SQLITE_SEARCH, bound)


def refresh_search(case_id: int) -> None:
    """Replace the search row of a case whose words have changed, inside the transaction of the change."""
    case = Case.objects.get(pk=case_id)
    words = list_answer_words(read_values([case_id]).get(case_id, {}))
    text = f"{case.subject} {case.place_text} {case.detail} {words}"
    key = "case_id" if connection.vendor == "postgresql" else "rowid"
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM cases_searchrow WHERE {key} = %s", [case_id])  # noqa: S608 (two fixed names)
    write_search([(case_id, text)])
