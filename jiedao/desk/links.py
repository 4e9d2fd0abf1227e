"""Addresses of lists."""

from django.urls import reverse

from jiedao.cases.selectors.filters import CaseFilters


def list_url(filters: CaseFilters) -> str:
    """Return the address of the list with these filters."""
    query = filters.query()
    return reverse("desk:cases") + (f"?{query}" if query else "")
