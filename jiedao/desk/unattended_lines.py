"""Lines of pages about the open work that waits for nobody once a post, a holder or a deputy ends."""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from jiedao.kernel import clock
from jiedao.orgs.actor import Actor
from jiedao.orgs.models import Deputation
from jiedao.orgs.unattended import UnattendedLine, describe_unattended, find_left_by_deputy


@dataclass(frozen=True)
class WorkPage:
    """The page that lists a kind of work, its parameters beside those of the place, and the right that opens it."""

    name: str
    right: str
    query: tuple[tuple[str, str], ...] = ()
    takes_many: bool = True  # whether it takes several areas


def _list_cases(state: str) -> WorkPage:
    return WorkPage("desk:cases", "cases.case:view", (("state", state),))


# kind of work -> its page; the others have no list that is exact
PAGES: dict[str, WorkPage] = {
    **{
        f"cases.{state}": _list_cases(state)
        for state in (
            *("REPORTED", "TO_VERIFY", "FILED", "DISPATCHED", "HANDLING", "HANDLED", "CHECKED", "CLOSED"),
            "TO_CONFIRM",
        )
    },
    "registers.inspections": WorkPage(
        "desk:inspections", "registers.record:view", (("show", "waiting"),), takes_many=False
    ),
    "projects.pledges": WorkPage("desk:pledges", "projects.promise:view", (("state", "WORKING"),)),
    "projects.reported": WorkPage("desk:pledges", "projects.promise:view", (("state", "REPORTED"),)),
    "reports.sign": WorkPage("desk:reports", "reports.report:view"),
    "evaluation.appeals": WorkPage("desk:score_appeals", "evaluation.score:view"),
}


@dataclass(frozen=True)
class LineWithLink:
    """Work that waits for nobody; `url` opens its list, "" where the user may not open it or no list is exact."""

    text: str
    count: int
    url: str


def build_unattended_lines(actor: Actor, lines: Iterable[UnattendedLine]) -> list[LineWithLink]:
    """Return the lines, each with the address of its list."""
    return [LineWithLink(line.text, line.count, _build_url(actor, line)) for line in lines]


def _build_url(actor: Actor, line: UnattendedLine) -> str:
    page, place = PAGES.get(line.kind.code), line.gap.place_query
    if page is None or place is None or not (actor.can(page.right) and actor.sees_town):
        return ""
    if len(place) > 1 and not page.takes_many:
        return ""
    pairs = [*page.query, *place]
    return f"{reverse(page.name)}?{urlencode(pairs)}" if pairs else reverse(page.name)


def describe_end_of_deputy(deputation_id: int) -> str:
    """Return what only the absent person may do once the deputy ends now, in words; "" for nothing.

    Call it before the end: afterwards it is not known which posts the deputy had.
    """
    row = Deputation.objects.select_related("person").filter(pk=deputation_id).first()
    if row is None or not row.is_in_force(clock.today()):
        return ""
    represented = row.holdings.values_list("represents_id", flat=True)
    lines = find_left_by_deputy([pk for pk in represented if pk is not None])
    if not lines:
        return ""
    return _("%(name)s 请假到 %(to)s，其间只有本人能办：%(work)s。") % {
        "name": row.person.full_name,
        "to": row.to_date,
        "work": describe_unattended(lines),
    }
