"""Enter the figures of a sheet: all of its rows, or none and every fault with its row."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiedao.audit.actions import record_entry
from jiedao.indicators.actions.entering import EntryInput, enter_figure
from jiedao.indicators.compute import find_place
from jiedao.indicators.figure import Place, make_peer
from jiedao.indicators.models import ENTER, Measure, MeasureKind, Status
from jiedao.kernel.errors import UserError
from jiedao.kernel.periods import Period, parse_period
from jiedao.kernel.readers.faults import ValueFault
from jiedao.kernel.readers.numbers import read_number, read_whole_number
from jiedao.kernel.tables.reading import Table, read_table
from jiedao.kernel.tables.rows import Row, format_cell, normalise_header, read_headers
from jiedao.kernel.workbook import write_table
from jiedao.orgs.actor import Actor

MOST_ROWS = 2000
MOST_PEER = 40  # characters of the name of another sub-district
# field -> header; the first three are needed
COLUMNS: dict[str, Any] = {
    "measure": gettext_lazy("指标代码"),
    "period": gettext_lazy("时段"),
    "source": gettext_lazy("来源文件"),
    "area": gettext_lazy("社区代码"),
    "unit": gettext_lazy("单位代码"),
    "peer": gettext_lazy("同级单位"),
    "value": gettext_lazy("数值"),
    "growth": gettext_lazy("增速"),
    "rank": gettext_lazy("位次"),
    "rank_field": gettext_lazy("排名范围"),
    "rank_of": gettext_lazy("排名总数"),
    "status": gettext_lazy("数据状态"),
    "scope_words": gettext_lazy("口径说明"),
    "reason": gettext_lazy("更正原因"),
}
NEEDED = ("measure", "period", "source")
# The template has the columns in the order in which a person fills them, with the name and the unit for orientation.
TEMPLATE = (
    *(
        "measure",
        "name",
        "unit_label",
        "period",
        "area",
        "unit",
        "peer",
        "value",
        "growth",
        "rank",
        "rank_field",
        "rank_of",
    ),
    *("status", "scope_words", "source", "reason"),
)


@dataclass(frozen=True)
class RowFault:
    """Why a row cannot be entered; `number` is its row in the sheet."""

    number: int
    reason: str


class FiguresRefused(UserError):  # noqa: N818 (a refusal)
    """A sheet of which nothing was entered, with the faults of its rows."""

    def __init__(self, faults: list[RowFault]) -> None:
        message = _("%(n)s 行有错误，什么都没有写入。") % {"n": len(faults)}
        super().__init__(message, hint=_("请按下面的说明改正，再导入一次。"), field="file")
        self.faults = faults


def import_figures(*, actor: Actor, path: Path, name: str) -> int:
    """Enter every row of a sheet, in one transaction; return how many. Each waits for a second person.

    Rows without value, growth and rank are left out: a template lists more measures than one person fills.

    Raises:
        NotAllowed: the actor may not enter figures.
        FiguresRefused: rows have faults; nothing was entered.
        UserError: the file is no sheet of figures, or it has no row with a figure.
    """
    actor.require(ENTER)
    measures = {measure.key: measure for measure in Measure.objects.filter(active=True)}
    faults: list[RowFault] = []
    count = 0
    with read_table(path, name=name) as table, transaction.atomic():
        header, columns = _find_columns(table)
        for row in table.body(header):
            texts = {field: format_cell(row.cells[index]) for field, index in columns.items()}
            cells = {field: row.cells[index] for field, index in columns.items()}
            if not row.fault and not any(texts.get(field) for field in ("value", "growth", "rank")):
                continue
            count += 1
            if count > MOST_ROWS:
                raise UserError(
                    _("表格超过 %(most)s 行。") % {"most": MOST_ROWS},
                    hint=_("请拆成几份导入。"),
                    field="file",
                )
            try:
                with transaction.atomic():
                    _enter_row(actor, measures, row, texts, cells)
            except (UserError, ValueFault) as fault:
                faults.append(RowFault(row.number, str(fault)))
        if faults:
            raise FiguresRefused(faults)
        if not count:
            raise UserError(
                _("表格里没有填写任何数值、增速或位次。"), hint=_("请在模板中填写后再导入。"), field="file"
            )
        record_entry(
            actor=actor,
            action="indicators.figure:import",
            obj_type="indicators.figure",
            obj_id=None,
            after={"file": name[:200], "rows": count},
        )
    return count


def _find_columns(table: Table) -> tuple[Row, dict[str, int]]:
    """Return the header and the index of each known column; raise UserError where a needed one is missing."""
    words = {normalise_header(str(label)): field for field, label in COLUMNS.items()}
    words |= {normalise_header(field): field for field in COLUMNS}
    best: tuple[Row, dict[str, int]] | None = None
    for row in table.head:
        columns: dict[str, int] = {}
        for index, title in enumerate(read_headers(row)):
            field = words.get(normalise_header(title))
            if field is not None:
                columns.setdefault(field, index)
        if best is None or len(columns) > len(best[1]):
            best = row, columns
    missing = [str(COLUMNS[field]) for field in NEEDED if best is None or field not in best[1]]
    if best is None or missing:
        raise table.refuse(
            _("没有找到列：%(names)s。") % {"names": "、".join(missing)}, _("请用下载的模板填写。")
        )
    return best


def _enter_row(
    actor: Actor,
    measures: Mapping[str, Measure],
    row: Row,
    texts: Mapping[str, str],
    cells: Mapping[str, Any],
) -> None:
    if row.fault:
        raise ValueFault(row.fault)
    measure = measures.get(texts["measure"])
    if measure is None:
        raise UserError(
            _("没有指标“%(key)s”。") % {"key": texts["measure"][:60]}, hint=_("请用模板中的指标代码。")
        )
    unit = measure.unit_label
    entry_input = EntryInput(
        value=_read_decimal(cells.get("value"), unit),
        growth=_read_decimal(cells.get("growth"), "%"),
        rank=_read_rank(cells.get("rank")),
        rank_field=texts.get("rank_field", "")[:40],
        rank_of=_read_rank(cells.get("rank_of")),
        status=_read_status(texts.get("status", "")),
        scope_words=texts.get("scope_words", "")[:80],
        source=texts["source"][:200],
        reason=texts.get("reason", "")[:200],
    )
    place = _read_place(texts)
    enter_figure(
        actor=actor,
        measure=measure,
        period=parse_period(texts["period"]),
        place=place,
        entry_input=entry_input,
    )


def _read_place(texts: Mapping[str, str]) -> Place:
    """Return the place of a row; raise UserError where it names more than one."""
    peer = texts.get("peer", "").strip()
    if not peer:
        return find_place(texts.get("area", ""), texts.get("unit", ""))
    if texts.get("area") or texts.get("unit"):
        raise UserError(
            _("同级单位的数不属于本街道的社区或单位。"), hint=_("请清空社区代码和单位代码。"), field="peer"
        )
    return make_peer(peer[:MOST_PEER])


def _read_decimal(cell: Any, unit: str) -> Decimal | None:
    return None if cell is None or not str(cell).strip() else read_number(cell, unit)


def _read_rank(cell: Any) -> int | None:
    return None if cell is None or not str(cell).strip() else read_whole_number(cell)


def _read_status(text: str) -> str:
    """Return the code of a status, which a sheet names by its label or its code."""
    labels = {str(Status(code).label): code for code in Status.values}
    return labels.get(text, text) or Status.ACTUAL


def write_entry_template(path: Path, period: Period) -> int:
    """Write the sheet that people fill: a row for each entered measure, with the period; return how many."""
    measures = Measure.objects.filter(active=True, kind=MeasureKind.ENTERED).select_related("theme")
    titles = {**COLUMNS, "name": _("指标"), "unit_label": _("计量单位")}
    known = {"period": period.text}
    rows = [
        [
            known.get(field, getattr(measure, {"measure": "key"}.get(field, field), ""))
            if field in {"measure", "name", "unit_label", "period"}
            else None
            for field in TEMPLATE
        ]
        for measure in measures
    ]
    return write_table(
        path,
        sheet=_("填报"),
        note=_("只填知道的格。数值、增速和位次至少填一项；来源文件必填。导入后由另一位同事确认。"),
        headers=[str(titles[field]) for field in TEMPLATE],
        rows=rows,
        count=len(rows),
        widths=[24, 28, 12, 12, 16, 12, 16, 14, 10, 8, 12, 10, 12, 16, 36, 24],
    )
