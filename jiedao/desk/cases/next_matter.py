"""The matter that a user takes up after a step: the next of the list that they came from, or of their tasks."""

from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from django.http import HttpRequest, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from jiedao.cases.models import Case
from jiedao.cases.selectors.filters import CaseFilters
from jiedao.cases.selectors.home import list_waiting
from jiedao.cases.selectors.lists import CaseRow, read_case_page
from jiedao.cases.selectors.todo import TODO
from jiedao.desk.links import get_case_url, get_cases_url, get_task_query
from jiedao.orgs.actor import Actor
from jiedao.pages.entry import DeskRequest

MAX_QUERY = 500


@dataclass(frozen=True)
class NextMatter:
    """The next case, or the address of the list if nothing is left in it (`row` is None)."""

    row: CaseRow | None
    queue: str
    url: str


def read_queue(request: HttpRequest) -> str:
    """Return the query of the list of cases from which the page was opened, "" if it was opened from elsewhere.

    The page carries it along in its own links; for the first page, the browser names the list in the Referer.
    """
    if "queue" in request.GET:
        return request.GET["queue"][:MAX_QUERY]
    source = urlsplit(request.headers.get("Referer", ""))
    if source.netloc != request.get_host() or source.path != reverse("desk:cases"):
        return ""
    return CaseFilters.read(QueryDict(source.query[:MAX_QUERY]))[0].query()


def get_outcome_url(number: str, code: str, queue: str) -> str:
    """Return the address of a case at the top of its page, where it states what was done and what comes next.

    The fragment replaces that of the form's address, which the browser would keep, and moves the focus to the message.
    """
    query = {"done": code, **({"queue": queue[:MAX_QUERY]} if queue else {})}
    return f"{get_case_url(number)}?{urlencode(query)}#done"


def find_url_after(request: DeskRequest, case: Case, code: str) -> str:
    """Return the address to go to after a move.

    It is the page of the case, or that of the next matter where the user sent the form so and there is one; that page
    then starts with what was done on this case.
    """
    url = find_next_url(request, case, code)
    if not url:
        return get_outcome_url(case.number, code, request.POST.get("queue", ""))
    return f"{url}{'&' if '?' in url else '?'}{urlencode({'done': code, 'done_on': case.number})}#done"


def find_next_url(request: DeskRequest, case: Case, code: str) -> str:
    """Return the address of the next matter, "" if the user did not ask to go on or nothing else waits."""
    if "go_on" not in request.POST:
        return ""
    matter = find_next_matter(request.actor, case, code, request.POST.get("queue", "")[:MAX_QUERY])
    return matter.url if matter is not None and matter.row is not None else ""


def find_next_matter(actor: Actor, case: Case, move: str, queue: str) -> NextMatter | None:
    """Return the next case of the list `queue` or, without one, of the user's tasks; None if the user has no tasks.

    Among the tasks, those of the kind that the move has just done come first, then the most urgent.
    """
    return _find_in_list(actor, case, queue) if queue else _find_in_tasks(actor, case, move)


def _find_in_list(actor: Actor, case: Case, queue: str) -> NextMatter | None:
    filters, _faults = CaseFilters.read(QueryDict(queue))
    # In a list of tasks the case that was moved on has left its place; in another list, go on below it.
    cursor = "" if filters.todo or filters.order != "newest" else f"n{case.pk}"
    rows = [row for row in read_case_page(actor, filters, cursor, 2).rows if row.id != case.pk]
    label = str(TODO[filters.todo].label) if filters.todo else _("案件列表")
    if not rows:
        return NextMatter(None, label, get_cases_url(filters))
    query = get_task_query(filters.todo)
    url = f"{get_case_url(rows[0].number)}{query}{'&' if query else '?'}{urlencode({'queue': queue})}"
    return NextMatter(rows[0], label, url)


def _find_in_tasks(actor: Actor, case: Case, move: str) -> NextMatter | None:
    groups = [group for group in list_waiting(actor, 2) if not group.watch]
    groups.sort(key=lambda group: group.code != move)
    for group in groups:
        for row in group.rows:
            if row.id != case.pk:
                url = f"{get_case_url(row.number)}{get_task_query(group.code)}"
                return NextMatter(row, group.label, url)
    return NextMatter(None, "", reverse("desk:home")) if actor.can("cases.case:view") else None
