"""The table of the board as an Excel workbook, with numbers that can be calculated with."""

import tempfile
from pathlib import Path

from django.http import FileResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from jiedao.audit.actions import record_entry
from jiedao.cases.selectors.board import Board, BoardRow
from jiedao.cases.selectors.counting import NO_VALUE
from jiedao.cases.selectors.measures import MEASURES, RATES
from jiedao.desk.board.columns import Columns
from jiedao.desk.board.comparing import (
    Comparison,
    compute_percentage,
    compute_point_change,
    describe_comparison,
)
from jiedao.kernel import clock
from jiedao.kernel.workbook import CONTENT_TYPE, Cell, write_table
from jiedao.orgs.actor import Actor


def sort_rows(board: Board) -> list[BoardRow]:
    """Return the rows in the order of the table: communities in their usual order, others by due cases."""
    if board.by == "area":
        return board.rows
    return sorted(
        board.rows, key=lambda row: (row.key == NO_VALUE, -row.counts["due"], -row.counts["reported"])
    )


def export_board(
    actor: Actor, board: Board, by_label: str, columns: Columns, comparison: Comparison | None
) -> FileResponse:
    """Return the table as a download: the lines and their total, as on the page.

    A rate is a number in percent; its change is in percentage points. A cell without a value is empty.
    """
    now = timezone.localtime(clock.now())
    notes = [board.period.label, _("按%(by)s") % {"by": by_label}]
    if board.places:
        notes.append(_("按现行区划和单位"))
    if comparison is not None:
        notes.append(describe_comparison(comparison))
    notes.append(_("%(at)s 由 %(who)s 导出") % {"at": f"{now:%Y-%m-%d %H:%M}", "who": actor.label})
    usable = comparison if comparison is not None and comparison.total is not None else None
    rows = [_list_cells(row, columns, usable) for row in [*sort_rows(board), board.total]]
    record_entry(
        actor=actor,
        action="cases.board:export",
        obj_type="cases.board",
        obj_id=None,
        after={"period": board.period.text, "by": board.by, "rows": len(rows)},
    )
    headers = [str(by_label), *_list_headers(columns, usable)]
    file = tempfile.NamedTemporaryFile(suffix=".xlsx")  # noqa: SIM115 (FileResponse closes it, which deletes it)
    write_table(
        Path(file.name),
        sheet=_("看板"),
        note=" · ".join(notes),
        headers=headers,
        rows=rows,
        count=len(rows),
        widths=[24, *[16] * (len(headers) - 1)],
    )
    name = _("看板-%(period)s.xlsx") % {"period": board.period.text}
    return FileResponse(file, as_attachment=True, filename=name, content_type=CONTENT_TYPE)


def _list_headers(columns: Columns, comparison: Comparison | None) -> list[str]:
    headers = []
    for code in columns.rates:
        headers.append(_("%(label)s（%%）") % {"label": RATES[code].label})
        if comparison is not None:
            headers.append(_("比%(basis)s（百分点）") % {"basis": comparison.basis.label})
    for code in columns.measures:
        headers.append(str(MEASURES[code].label))
        if comparison is not None:
            headers.append(_("比%(basis)s") % {"basis": comparison.basis.label})
    return headers


def _list_cells(row: BoardRow, columns: Columns, comparison: Comparison | None) -> list[Cell]:
    before = comparison.find_row(row.key) if comparison is not None else None
    cells: list[Cell] = [row.label]
    for code in columns.rates:
        rate = RATES[code]
        cells.append(compute_percentage(rate, row) if row.counts[rate.denominator] else None)
        if comparison is not None:
            cells.append(compute_point_change(rate, row, before))
    for code in columns.measures:
        cells.append(row.counts[code])
        if comparison is not None:
            cells.append(row.counts[code] - before.counts[code] if before is not None else None)
    return cells
