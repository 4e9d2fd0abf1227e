"""The search for cases: the best matches first, in a fixed number of statements."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from jiedao.cases.models import Case
from jiedao.cases.selectors.lists import CaseRow, count_cases, read_rows_by_id
from jiedao.cases.selectors.search import find_case_ids, find_numbered_ids, list_case_numbers, make_title_test
from jiedao.kernel.plans import plan_by_values
from jiedao.orgs.actor import Actor

MAX_RANKED = (
    500  # of the matches, the newest so many are compared; an older one is found in the complete list
)


@dataclass(frozen=True)
class CaseMatches:
    """The cases that match a search.

    Attributes:
        rows: the best ones. exact: those of them whose number is the text.
        total: the number of all; beyond 10,000 it is 10,000 and `total_exact` is False.
    """

    rows: list[CaseRow] = field(default_factory=list)
    exact: list[CaseRow] = field(default_factory=list)
    total: int = 0
    total_exact: bool = True


@plan_by_values()
def search_cases(actor: Actor, text: str, most: int) -> CaseMatches:
    """Return the visible cases that match, in at most four statements.

    The order: the case whose number is the text; cases whose number ends with it (four digits or more); those with all
    words in the title; the others. Among equals the newest is first. Raise ValueError for a text without a token.
    """
    visible = Case.objects.visible_to(actor)
    numbers = list_case_numbers(text)
    numbered = find_numbered_ids(text)
    by_number: list[tuple[int, str]] = []
    if numbered is not None:
        rows = visible.filter(id__in=numbered).order_by("-id").values_list("id", "number")[:MAX_RANKED]
        by_number = list(rows)
    matching = visible.filter(id__in=find_case_ids(text))
    newest = list(matching.order_by("-id").values_list("id", "subject")[:MAX_RANKED])
    has_all_words = make_title_test(text)
    exact_ids = [pk for pk, number in by_number if number in numbers]
    chosen = _take(
        most,
        exact_ids,
        (pk for pk, _number in by_number),
        (pk for pk, subject in newest if has_all_words(subject)),
        (pk for pk, _subject in newest),
    )
    is_complete = len(newest) < MAX_RANKED
    total, is_exact = (len(newest), True) if is_complete else count_cases(matching)
    found = read_rows_by_id(actor, chosen)
    exact = [row for row in found if row.id in exact_ids]
    return CaseMatches(found, exact, max(total, len(found)), is_exact)


def _take(most: int, *groups: Iterable[int]) -> list[int]:
    """Return the first ids of the groups, each once."""
    ids: dict[int, None] = {}
    for group in groups:
        for pk in group:
            if len(ids) == most:
                return list(ids)
            ids[pk] = None
    return list(ids)
