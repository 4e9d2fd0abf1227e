"""What the filters of every list have in common: nothing unknown is passed over, and pages link to pages."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext as _

from jiedao.kernel.errors import UserError
from jiedao.orgs.units import UNITS
from jiedao.places.selectors import AREAS

T = TypeVar("T")


def need_names(params: QueryDict, names: Sequence[str], *, own: str = "") -> None:
    """Raise UserError for a filter that the list does not have; `own` begins the names of a record's own fields."""
    for name in params:
        if name not in names and not (own and name.startswith(own)):
            known = [*names, f"{own}KEY"] if own else names
            raise UserError(
                _("没有名为 %(name)s 的筛选条件。") % {"name": name[:40]},
                hint=_("可用的名称：%(names)s") % {"names": ", ".join(known)},
                field=name[:40],
            )


def need_code(name: str, code: str | None, known: Mapping[str, T], hint: str = "") -> T | None:
    """Return what a code stands for, None where none is given; raise UserError for one that is not known."""
    if code and code not in known:
        raise UserError(
            _("筛选条件 %(name)s：没有代码 %(code)s。") % {"name": name, "code": code[:40]},
            hint=hint or _("请核对代码：area 和 unit 用数据包里的代码。"),
            field=name,
        )
    return known[code] if code else None


def area_paths() -> dict[str, str]:
    """Return code -> path of every area."""
    return {row.code: row.path for row in AREAS.get().values()}


def area_ids() -> dict[str, int]:
    """Return code -> id of every area."""
    return {row.code: row.id for row in AREAS.get().values()}


def unit_ids() -> dict[str, int]:
    """Return code -> id of every unit."""
    return {row.code: row.id for row in UNITS.get().values()}


def page_link(request: HttpRequest, cursor: str) -> str | None:
    """Return the address of another page of a list, with the filters as the caller wrote them."""
    there = request.GET.copy()
    there["cursor"] = cursor
    return f"{request.path}?{there.urlencode()}" if cursor else None
