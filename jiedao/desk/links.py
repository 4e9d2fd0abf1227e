"""Addresses of lists."""

from urllib.parse import urlencode

from django.urls import reverse

from jiedao.cases.selectors.filters import CaseFilters
from jiedao.kernel.figures import RowsLink

# kind of a list of rows behind a figure -> url name of its page
ROWS = {
    "cases.measure": "desk:board_rows",
    "registers.records": "desk:register",
    "registers.inspections": "desk:inspections",
    "projects.projects": "desk:projects",
    "projects.entries": "desk:campaign",
    "projects.pledges": "desk:pledges",
}


def list_url(filters: CaseFilters) -> str:
    """Return the address of the list with these filters."""
    query = filters.query()
    return reverse("desk:cases") + (f"?{query}" if query else "")


def rows_url(link: RowsLink) -> str:
    """Return the address of the list of the rows behind a figure."""
    return reverse(ROWS[link.kind], args=link.args) + (f"?{urlencode(link.query)}" if link.query else "")
