"""Addresses of the desk's pages. Subjects must not import each other, so links to another subject are built here."""

from functools import lru_cache
from urllib.parse import urlencode

from jiedao.cases.selectors.filters import CaseFilters
from jiedao.cases.selectors.todo import TODO
from jiedao.evaluation.models import ScoreSheet
from jiedao.kernel.addresses import make_address
from jiedao.kernel.figures import RowsLink
from jiedao.kernel.periods import Period
from jiedao.kernel.rows_pages import build_rows_url
from jiedao.orgs.actor import Actor
from jiedao.projects.models import Campaign, Pledge, Project
from jiedao.registers.access import readable_registers
from jiedao.registers.catalogue import RegisterInfo, register_by_id
from jiedao.registers.models import Record
from jiedao.registers.selectors.inspection_filters import InspectionFilters
from jiedao.reports.planning.selectors import find_origins

# kind of a list of the rows behind a figure -> url name of its page, and the right that opens it
ROWS = {
    "cases.cases": ("desk:cases", "cases.case:view"),
    "orgs.people": ("desk:admin_people", "orgs.user:manage"),
    "cases.measure": ("desk:board_rows", "cases.board:view"),
    "registers.records": ("desk:register", "registers.record:view"),
    "registers.inspections": ("desk:inspections", "registers.record:view"),
    "projects.projects": ("desk:projects", "projects.project:view"),
    "projects.entries": ("desk:campaign", "projects.promise:view"),
    "projects.pledges": ("desk:pledges", "projects.promise:view"),
    "projects.aid": ("desk:aid", "projects.promise:view"),
    "evaluation.score": ("desk:score", "evaluation.score:view"),
}


def get_rows_url(actor: Actor, link: RowsLink | None) -> str:
    """Return the address of the list of the rows behind a figure, "" if there is none or the actor may not open it."""
    if link is None:
        return ""
    _url_name, right = ROWS[link.kind]
    if not actor.can(right):
        return ""
    if link.kind == "registers.records" and link.args[0] not in {
        info.key for info in readable_registers(actor)
    }:
        return ""
    return build_rows_url(link)


def get_case_url(number: str) -> str:
    """Return the address of a case's page."""
    return make_address("desk:case", number)


def get_contest_url(score_id: int, number: str) -> str:
    """Return the address of the form that contests a case in a score."""
    return f"{make_address('desk:score_contest', score_id)}?{urlencode({'number': number})}"


def get_score_url(sheet: ScoreSheet, code: str, period: Period, number: int | None = None) -> str:
    """Return the address of the score sheet of a unit, community or post; `number` is a version of the score."""
    query = {"period": period.text} | ({"version": str(number)} if number is not None else {})
    return f"{make_address('desk:score', sheet.key, code)}?{urlencode(query)}"


def get_task_query(todo: str) -> str:
    """Return what follows the address of a case, so that its page opens the form of the user's task."""
    return f"?move={TODO[todo].move}" if todo and TODO[todo].move else ""


def get_cases_url(filters: CaseFilters) -> str:
    """Return the address of the list of cases with these filters."""
    return _add_query(make_address("desk:cases"), filters.query())


def get_register_url(info: RegisterInfo, query: str = "") -> str:
    """Return the address of a register's list."""
    return _add_query(make_address("desk:register", info.key), query)


def get_record_url(info: RegisterInfo, record_id: int) -> str:
    """Return the address of a record's page."""
    return f"{_get_record_url_prefix(info.key)}{record_id}/"


def find_record_url(record: Record) -> str:
    """Return the address of a record's page, "" if its register no longer exists."""
    info = register_by_id(record.register_id)
    return get_record_url(info, record.pk) if info is not None else ""


def get_inspections_url(filters: InspectionFilters) -> str:
    """Return the address of the list of inspections with these filters."""
    return _add_query(make_address("desk:inspections"), filters.query())


def get_promise_url(promise: Project | Campaign | Pledge) -> str:
    """Return the address of the page of a project, a campaign or a pledge."""
    if isinstance(promise, Project):
        return make_address("desk:project", promise.key)
    if isinstance(promise, Campaign):
        return make_address("desk:campaign", promise.key)
    return make_address("desk:pledge", promise.pk)


def list_promise_origins(actor: Actor, promise: Project | Campaign | Pledge) -> list[dict[str, str]]:
    """Return the sentences of reports that promised an object, each with the label and the address of its report."""
    return [
        {
            "report": decision.report.label,
            "version": str(decision.version.number),
            "sentence": decision.sentence,
            "url": make_address("desk:report", decision.report_id) + "#plan",
        }
        for decision in find_origins(actor, promise)
    ]


def get_attachment_url(attachment_id: int) -> str:
    """Return the address from which an attachment is downloaded."""
    return make_address("desk:attachment", attachment_id)


def _add_query(url: str, query: str) -> str:
    return f"{url}?{query}" if query else url


@lru_cache(maxsize=1000)
def _get_record_url_prefix(key: str) -> str:
    """Return the address of a register's records without the id.

    Cached, because reversing the address of each row takes milliseconds for a list.
    """
    return make_address("desk:register-record", key, 0).removesuffix("0/")
