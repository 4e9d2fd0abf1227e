"""What the filters of all lists share: unknown names and codes are refused, and pages link to each other."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import TypeVar

from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext as _

from jiedao.kernel import clock, periods
from jiedao.kernel.errors import UserError
from jiedao.kernel.parameters import MAX_NAME, clean_name, list_unknown_names
from jiedao.orgs.units import UNITS
from jiedao.places.following import list_successors_of_code, refuse_retired_area
from jiedao.places.selectors import AREAS

T = TypeVar("T")


def read_period(text: str | None) -> periods.Period:
    """Return the requested period; the present half-year without one."""
    return periods.parse_period(text) if text else periods.half_of(clock.today())


def check_names(params: QueryDict, names: Sequence[str], *, own: str = "") -> None:
    """Raise UserError for a filter that the list does not have; `own` is the prefix of a record's own fields."""
    for name in list_unknown_names(params, names, prefix=own):
        known_names = [*names, f"{own}KEY"] if own else names
        raise UserError(
            _("没有名为 %(name)s 的筛选条件。") % {"name": clean_name(name)},
            hint=_("可用的名称：%(names)s") % {"names": ", ".join(known_names)},
            field=name[:MAX_NAME],
        )


def check_single(params: QueryDict, many: Collection[str] = ()) -> None:
    """Raise UserError for a filter that is given with several values and takes one; `many` are those that take more."""
    for name in params:
        values = list(dict.fromkeys(params.getlist(name)))
        if len(values) > 1 and name not in many:
            raise UserError(
                _("筛选条件 %(name)s 给了 %(n)d 个值，只能给一个。") % {"name": name[:40], "n": len(values)},
                hint=_("请只留一个，或分几次查询。"),
                field=name[:40],
            )


def look_up_code(name: str, code: str | None, known: Mapping[str, T], hint: str = "") -> T | None:
    """Return the value of a code, None without a code; raise UserError for an unknown code.

    The code of an area that was succeeded by one other is read as that; for several the error names them.
    """
    if code and code not in known and name == "area":
        successors = list_successors_of_code(code)
        if len(successors) == 1:
            code = successors[0].code
        else:
            refuse_retired_area(code)
    if code and code not in known:
        raise UserError(
            _("筛选条件 %(name)s：没有代码 %(code)s。") % {"name": name, "code": code[:40]},
            hint=hint or _("请核对代码：area 和 unit 用数据包里的代码。"),
            field=name,
        )
    return known[code] if code else None


def read_zone(moment: datetime | None) -> datetime | None:
    """Return a moment in UTC; one without a zone is in that of the town. Raise UserError for one before year 2."""
    if moment is None:
        return None
    try:
        aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=clock.TOWN_TZ)
        return aware.astimezone(UTC)
    except OverflowError:
        raise UserError(
            _("筛选条件 %(name)s 的值不能用。") % {"name": "updated_after"},
            hint=_("请检查年份。"),
            field="updated_after",
        ) from None


def map_area_paths() -> dict[str, str]:
    """Return the paths of all areas by code."""
    return {row.code: row.path for row in AREAS.get().values()}


def map_area_ids() -> dict[str, int]:
    """Return the ids of all areas by code."""
    return {row.code: row.id for row in AREAS.get().values()}


def map_unit_ids() -> dict[str, int]:
    """Return the ids of all units by code."""
    return {row.code: row.id for row in UNITS.get().values()}


def build_page_link(request: HttpRequest, cursor: str) -> str | None:
    """Return the address of another page of a list, with the caller's filters; None without a cursor."""
    query = request.GET.copy()
    query["cursor"] = cursor
    return f"{request.path}?{query.urlencode()}" if cursor else None
