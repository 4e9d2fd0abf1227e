"""Cases as the table of components and of matters that a city's platform expects (GB/T 47678), as CSV.

The names of the columns are those in use since the series GB/T 30428, which GB/T 47678 replaces; of the new series
only the tables of codes were available. An office records matters of components, not the components themselves, so the
columns for registration number, owner and maintainer are empty.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiedao.audit.actions import record_entry
from jiedao.cases import catalogue
from jiedao.cases.flow import State
from jiedao.cases.models import Case, Channel
from jiedao.kernel.csvfile import write_csv
from jiedao.kernel.errors import UserError
from jiedao.kernel.workbook import Cell
from jiedao.orgs.actor import Actor
from jiedao.orgs.models import Unit
from jiedao.places.models import AreaKind
from jiedao.places.selectors import AreaInfo, area_chain, list_streets

EXPORT = "cases.case:export"
CHUNK = 500
MOST = 200_000
DIVISION_DIGITS, CODE_DIGITS = 6, 5


class StandardTable(models.TextChoices):
    """The two tables; their codes are the kinds of categories."""

    MATTER = "MATTER", gettext_lazy("事项")
    COMPONENT = "COMPONENT", gettext_lazy("部件问题")


@dataclass(frozen=True)
class _Row:
    """A case with its area, category and unit, as the columns need them."""

    case: dict[str, Any]
    areas: dict[str, AreaInfo]
    unit: tuple[str, str]
    town: str

    @property
    def category(self) -> Any:
        """The category of the case."""
        return catalogue.category_info(self.case["category_id"])

    @property
    def major(self) -> Any:
        """The 大类 of the category."""
        return catalogue.category_info(self.category.parent_id) or self.category

    @property
    def code(self) -> str:
        """The 11 digits of division and category."""
        area = next(iter(self.areas.values()), None)
        division = (area.code if area is not None else self.town)[:DIVISION_DIGITS]
        return f"{division}{self.category.code[:CODE_DIGITS]}"

    def name_area(self, kind: str, column: str) -> str:
        """Return the code or the name of the area of a kind that contains the case, "" where there is none."""
        area = self.areas.get(kind)
        return str(getattr(area, column)) if area is not None else ""


Column = tuple[str, Callable[[_Row], Cell]]


def _take(name: str) -> Callable[[_Row], Cell]:
    return lambda row: row.case[name]


PLACE: tuple[Column, ...] = (
    ("所在单元网格", lambda row: row.name_area(AreaKind.GRID, "code")),
    ("所在社区代码", lambda row: row.name_area(AreaKind.COMMUNITY, "code")),
    ("所在社区名称", lambda row: row.name_area(AreaKind.COMMUNITY, "name")),
    ("所在街道代码", lambda row: row.name_area(AreaKind.STREET, "code")),
    ("所在街道名称", lambda row: row.name_area(AreaKind.STREET, "name")),
    ("位置描述", _take("place_text")),
    ("经度", _take("lon")),
    ("纬度", _take("lat")),
    ("坐标系", lambda row: "CGCS2000" if row.case["lon"] is not None else ""),
)
COURSE: tuple[Column, ...] = (
    ("问题描述", _take("detail")),
    ("问题来源", lambda row: str(Channel(row.case["channel"]).label)),
    ("上报时间", _take("reported_at")),
    ("立案时间", _take("filed_at")),
    ("派遣时间", _take("dispatched_at")),
    ("处置截止时间", _take("handle_due_at")),
    ("处置完成时间", _take("handled_at")),
    ("核查时间", _take("checked_at")),
    ("结案时间", _take("closed_at")),
    ("案件状态", lambda row: str(State(row.case["state"]).label)),
)
CATEGORY: tuple[Column, ...] = (
    ("大类代码", lambda row: row.category.code[:2]),
    ("大类名称", lambda row: row.major.name),
    ("小类代码", lambda row: row.category.code[:CODE_DIGITS]),
    ("小类名称", lambda row: row.category.name),
)
COLUMNS: dict[str, tuple[Column, ...]] = {
    StandardTable.MATTER.value: (
        ("事项代码", lambda row: row.code),
        ("案件编号", _take("number")),
        *CATEGORY,
        ("主管部门代码", lambda row: row.unit[0]),
        ("主管部门名称", lambda row: row.unit[1]),
        *PLACE,
        *COURSE,
    ),
    StandardTable.COMPONENT.value: (
        ("部件标识码", lambda _row: ""),
        ("部件代码", lambda row: row.code),
        ("部件名称", lambda row: row.category.name),
        ("案件编号", _take("number")),
        *CATEGORY,
        ("主管部门代码", lambda row: row.unit[0]),
        ("主管部门名称", lambda row: row.unit[1]),
        ("权属单位代码", lambda _row: ""),
        ("权属单位名称", lambda _row: ""),
        ("养护单位代码", lambda _row: ""),
        ("养护单位名称", lambda _row: ""),
        *PLACE,
        *COURSE,
    ),
}
_FIELDS = (
    *("id", "number", "category_id", "area_path", "place_text", "lon", "lat", "detail", "channel", "state"),
    *("reported_at", "filed_at", "dispatched_at", "handle_due_at", "handled_at", "checked_at", "closed_at"),
    "lead_unit_id",
)


def write_standard_table(
    actor: Actor, path: Path, table: str, first_date: date, last_date: date, *, most: int = MOST
) -> int:
    """Write the cases of a table that were reported between two days; return how many.

    Raises:
        UserError: the table does not exist, the days are reversed, or there are more than `most` cases.
    """
    actor.require(EXPORT)
    if table not in COLUMNS:
        raise UserError(
            _("没有表 %(table)s。") % {"table": table[:20]}, hint=" / ".join(COLUMNS), field="table"
        )
    if first_date > last_date:
        raise UserError(_("起始日期晚于截止日期。"), hint=_("请对调两个日期。"), field="from")
    cases = Case.objects.visible_to(actor).filter(
        category__kind=table, reported_date__range=(first_date, last_date)
    )
    ids = list(cases.order_by("pk").values_list("pk", flat=True)[: most + 1])
    if len(ids) > most:
        raise UserError(
            _("超过 %(most)s 件，一次导不完。") % {"most": f"{most:,}"},
            hint=_("请缩短时段，分几次导出，或在服务器上用 jiedao exchange standard。"),
        )
    columns = COLUMNS[table]
    rows = ([value(row) for _name, value in columns] for row in _read_rows(actor, ids))
    count = write_csv(path, headers=[name for name, _value in columns], rows=rows, count=len(ids))
    record_entry(
        actor=actor,
        action=EXPORT,
        obj_type="cases.case",
        obj_id=None,
        after={
            "table": table,
            "from": first_date.isoformat(),
            "to": last_date.isoformat(),
            "count": count,
        },
    )
    return count


def _read_rows(actor: Actor, ids: Sequence[int]) -> Iterator[_Row]:
    units = {pk: (code, name) for pk, code, name in Unit.objects.values_list("pk", "code", "name")}
    town = next((area.code for area in list_streets()), "")
    for start in range(0, len(ids), CHUNK):
        cases = Case.objects.visible_to(actor).filter(pk__in=ids[start : start + CHUNK])
        for case in cases.order_by("pk").values(*_FIELDS):
            areas = {str(area.kind): area for area in area_chain(case["area_path"] or "")}
            yield _Row(case, areas, units.get(case["lead_unit_id"] or 0, ("", "")), town)
