"""The cases that count in a score: chosen from when it is contested, and found from the page of a case.

They are those of the lists behind the stored lines, which leave out what appeals have struck.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache

from django.db.models import QuerySet

from jiedao.cases.figures import ROWS
from jiedao.cases.models import Case
from jiedao.cases.selectors.counting import find_cases
from jiedao.evaluation.access import build_own_filter, may_contest
from jiedao.evaluation.models import APPEAL, AppealCase, AppealState, Score
from jiedao.evaluation.selectors import ValueView, read_score
from jiedao.kernel import clock
from jiedao.kernel.figures import RowsLink
from jiedao.kernel.periods import parse_period
from jiedao.orgs.actor import Actor

LONGEST_DAYS = 100  # after publishing, in which an appeal may still be possible: 60 working days


@dataclass
class CountedCase:
    """A case that counts in a score.

    Attributes:
        items: the keys of the items in which it counts.
        costs: the keys of the items in which it costs points: it is below the line of a rate that should be high and
            not above it, above that of one that should be low, or an event that is deducted.
    """

    pk: int
    items: list[str] = field(default_factory=list)
    costs: list[str] = field(default_factory=list)


def find_counted_cases(
    actor: Actor, score: Score, *, only: Collection[int] | None = None
) -> list[CountedCase]:
    """Return the cases that the actor may see and that count in a score, those that cost points first.

    Args:
        only: the ids of the cases to examine; None means all.
    """
    rows: dict[int, CountedCase] = {}
    read_ids = cache(lambda link: _read_ids(actor, link, only))  # several items read the same denominator
    for line in read_score(score).lines:
        for value in line.values:
            counted, costing = _find_ids(value, read_ids)
            for pk in counted:
                row = rows.setdefault(pk, CountedCase(pk))
                if line.item.key not in row.items:
                    row.items.append(line.item.key)
                if pk in costing and line.item.key not in row.costs:
                    row.costs.append(line.item.key)
    return sorted(rows.values(), key=lambda row: (-len(row.costs), -row.pk))


def _find_ids(value: ValueView, read_ids: Callable[[RowsLink], set[int]]) -> tuple[set[int], set[int]]:
    """Return the ids of the cases behind a value, and of those among them that lower the points."""
    numerator = [value.link, *(link for _rows, link in value.parts)]
    denominator = [value.denominator_link, *(link for _rows, link in value.denominator_parts)]
    above, below = (
        {pk for link in links if link is not None and link.kind == ROWS for pk in read_ids(link)}
        for links in (numerator, denominator)
    )
    return above | below, above if value.is_less_better else below - above


def _read_ids(actor: Actor, link: RowsLink, only: Collection[int] | None) -> set[int]:
    rows = read_rows(actor, link)
    return set((rows if only is None else rows.filter(pk__in=only)).values_list("pk", flat=True))


def is_counted(actor: Actor, score: Score, case: Case) -> bool:
    """Return whether a case counts in a score, in one statement over its lists."""
    links = {link: None for line in read_score(score).lines for value in line.values for link in value.links}
    lists = [
        read_rows(actor, link).filter(pk=case.pk).order_by().values("pk")
        for link in links
        if link.kind == ROWS
    ]
    return bool(lists) and lists[0].union(*lists[1:]).exists()


def read_rows(actor: Actor, link: RowsLink) -> QuerySet[Case]:
    """Return the cases of a list behind a figure that the actor may see."""
    query = dict(link.query)
    names, keys = ([text for name, text in link.query if name == wanted] for wanted in ("by", "key"))
    where = list(zip(names, keys, strict=True))
    return find_cases(actor, query["measure"], parse_period(query["period"]), where)


def find_contestable_scores(actor: Actor, case: Case) -> Iterator[Score]:
    """Return the scores of the actor's own unit in which a case may be contested now, and is not contested yet."""
    if not actor.can(APPEAL) or not actor.member_of:
        return
    for score in _list_open_scores(actor):
        if case.pk not in list_contested_ids(score) and is_counted(actor, score, case):
            yield score


def list_contested_ids(score: Score) -> set[int]:
    """Return the ids of the cases that waiting appeals contest in a score, under any of its versions."""
    rows = AppealCase.objects.filter(
        state=AppealState.WAITING,
        sheet_version=score.sheet_version_id,
        place_key=score.place_key,
        first_date=score.first_date,
        last_date=score.last_date,
    )
    return set(rows.values_list("case_id", flat=True))


def _list_open_scores(actor: Actor) -> Sequence[Score]:
    since = clock.now() - timedelta(days=LONGEST_DAYS)
    own = Score.objects.filter(build_own_filter(actor))
    rows = own.filter(current=True, published_at__gte=since, points__isnull=False)
    scores = rows.select_related("sheet_version__sheet", "unit", "area", "post__unit")
    return [score for score in scores.order_by("-last_date") if may_contest(actor, score)]
