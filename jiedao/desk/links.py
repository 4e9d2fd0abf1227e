"""Addresses of the desk's pages, for every subject that links to another."""

from functools import lru_cache
from urllib.parse import urlencode

from django.urls import reverse

from jiedao.cases.selectors.filters import CaseFilters
from jiedao.kernel.figures import RowsLink
from jiedao.orgs.actor import Actor
from jiedao.registers.access import readable
from jiedao.registers.catalogue import RegisterInfo, register_by_id
from jiedao.registers.models import Record
from jiedao.registers.selectors.inspection_filters import InspectionFilters

# kind of a list of the rows behind a figure -> url name of its page, and the right that opens it
ROWS = {
    "cases.measure": ("desk:board_rows", "cases.board:view"),
    "registers.records": ("desk:register", "registers.record:view"),
    "registers.inspections": ("desk:inspections", "registers.record:view"),
    "projects.projects": ("desk:projects", "projects.project:view"),
    "projects.entries": ("desk:campaign", "projects.promise:view"),
    "projects.pledges": ("desk:pledges", "projects.promise:view"),
}


def rows_url(actor: Actor, link: RowsLink | None) -> str:
    """Return the address of the list of the rows behind a figure, "" where there is none that the actor may open."""
    if link is None:
        return ""
    url_name, right = ROWS[link.kind]
    if not actor.can(right):
        return ""
    if link.kind == "registers.records" and link.args[0] not in {info.key for info in readable(actor)}:
        return ""
    return _with_query(reverse(url_name, args=link.args), urlencode(link.query))


def case_url(number: str) -> str:
    """Return the address of a case's page."""
    return reverse("desk:case", args=[number])


def cases_url(filters: CaseFilters) -> str:
    """Return the address of the list of cases with these filters."""
    return _with_query(reverse("desk:cases"), filters.query())


def register_url(info: RegisterInfo, query: str = "") -> str:
    """Return the address of a register's list."""
    return _with_query(reverse("desk:register", args=[info.key]), query)


def record_url(info: RegisterInfo, record_id: int) -> str:
    """Return the address of a record's page."""
    return f"{_record_url_start(info.key)}{record_id}/"


def url_of_record(record: Record) -> str:
    """Return the address of a record's page, "" where its register is no longer known."""
    info = register_by_id(record.register_id)
    return record_url(info, record.pk) if info is not None else ""


def inspections_url(filters: InspectionFilters) -> str:
    """Return the address of the list of inspections with these filters."""
    return _with_query(reverse("desk:inspections"), filters.query())


def attachment_url(attachment_id: int) -> str:
    """Return the address that sends an attachment."""
    return reverse("desk:attachment", args=[attachment_id])


def _with_query(url: str, query: str) -> str:
    return f"{url}?{query}" if query else url


@lru_cache(maxsize=1000)
def _record_url_start(key: str) -> str:
    """Return how the addresses of a register's records begin: to reverse each of a list's fifty takes milliseconds."""
    return reverse("desk:register-record", args=[key, 0]).removesuffix("0/")
