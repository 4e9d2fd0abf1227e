"""Pages of a list of rows in ascending order of one column, for lists that do not have other pages already."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _

from jiedao.api.filters import build_page_link
from jiedao.kernel import keyset
from jiedao.kernel.errors import UserError

PAGE = 50
CURSOR = r"^([np][0-9]{1,18})?$"


@dataclass(frozen=True)
class Page:
    """The rows of a page, and the cursors of the pages beside it; "" where there is none."""

    rows: list[Any]
    next: str
    previous: str

    def build_links(self, request: HttpRequest) -> dict[str, str | None]:
        """Return `next` and `previous` as addresses with the caller's filters."""
        return {
            "next": build_page_link(request, self.next),
            "previous": build_page_link(request, self.previous),
        }


def read_page(rows: QuerySet[Any], column: str, cursor: str | None, size: int = PAGE) -> Page:
    """Return a page of the rows by a column that is never null, equal values by id.

    Raise UserError for a cursor whose row no longer exists: the reader has to begin again.
    """
    place = keyset.read_cursor(cursor or "")
    backward = place is not None and place[0]
    if place is not None:
        key = rows.model._default_manager.filter(pk=place[1]).values_list(column, flat=True).first()
        if key is None:
            raise UserError(
                _("cursor 所指的那一条已经不在了。"), hint=_("请从第一页重新取。"), field="cursor"
            )
        way = "lt" if backward else "gt"
        rows = rows.filter(Q(**{f"{column}__{way}": key}) | Q(**{column: key, f"pk__{way}": place[1]}))
    order = (f"-{column}", "-pk") if backward else (column, "pk")
    read = list(rows.order_by(*order)[: size + 1])
    cut, before, after = keyset.cut_page(read, size, backward=backward, first=place is None)
    return Page(cut, f"n{cut[-1].pk}" if after else "", f"p{cut[0].pk}" if before else "")
