"""A list of cases as an Excel workbook: complete, its row count stated, no personal data."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

from django.http import FileResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from jiedao.audit.actions import record
from jiedao.cases.selectors.filters import CaseFilters
from jiedao.cases.selectors.lists import CaseRow, ids_of, rows_by_id
from jiedao.kernel import clock
from jiedao.kernel.errors import UserError
from jiedao.kernel.workbook import Cell, write_table
from jiedao.orgs.actor import Actor

MOST = 200_000
CHUNK = 500
TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _headers() -> list[tuple[str, int]]:
    return [
        (_("编号"), 15),
        (_("标题"), 44),
        (_("状态"), 10),
        (_("类别"), 18),
        (_("社区、网格"), 22),
        (_("地点"), 28),
        (_("主办单位"), 20),
        (_("来源"), 12),
        (_("上报时间"), 17),
        (_("当前时限"), 17),
        (_("结案时间"), 17),
        (_("督办"), 6),
        (_("退回次数"), 9),
        (_("返工次数"), 9),
        (_("满意度"), 8),
    ]


def _cells(row: CaseRow) -> list[Cell]:
    return [
        row.number,
        row.subject,
        row.state_label,
        row.category_label,
        row.area_label,
        row.place_text,
        row.unit_label,
        row.channel_label,
        row.reported_at,
        row.due_at,
        row.closed_at,
        _("是") if row.supervised else "",
        row.returns,
        row.reworks,
        row.satisfaction,
    ]


def _rows(actor: Actor, ids: list[int]) -> Iterator[list[Cell]]:
    """Yield the rows in chunks; a case that left the actor's scope meanwhile keeps its line, with its id alone."""
    for start in range(0, len(ids), CHUNK):
        chunk = ids[start : start + CHUNK]
        found = {row.id: row for row in rows_by_id(actor, chunk)}
        for pk in chunk:
            yield _cells(found[pk]) if pk in found else [str(pk)]


def export_cases(actor: Actor, filters: CaseFilters) -> FileResponse:
    """Return the workbook of the whole list as a download; its first row says how many cases it holds.

    The ids are read first, so that the count stated and the rows written are the same. Raises UserError beyond
    200,000 cases.
    """
    ids = ids_of(actor, filters, MOST + 1)
    if len(ids) > MOST:
        raise UserError(
            _("超过 %(most)s 件，一次导不完。") % {"most": f"{MOST:,}"},
            hint=_("请用日期或状态缩小范围，分几次导出。"),
        )
    now = timezone.localtime(clock.now())
    note = _("共 %(n)d 件 · %(at)s 由 %(who)s 导出 · 不含反映人信息") % {
        "n": len(ids),
        "at": f"{now:%Y-%m-%d %H:%M}",
        "who": actor.label,
    }
    record(
        actor=actor,
        action="cases.case:export",
        obj_type="cases.case",
        obj_id=None,
        after={"cases": len(ids), "filters": filters.query()},
    )
    titles, widths = zip(*_headers(), strict=True)
    file = tempfile.NamedTemporaryFile(suffix=".xlsx")  # noqa: SIM115 (FileResponse closes it, which deletes it)
    write_table(
        Path(file.name),
        sheet=_("案件"),
        note=note,
        headers=titles,
        rows=_rows(actor, ids),
        count=len(ids),
        widths=widths,
    )
    name = _("案件-%(at)s-%(n)d件.xlsx") % {"at": f"{now:%Y%m%d-%H%M}", "n": len(ids)}
    return FileResponse(file, as_attachment=True, filename=name, content_type=TYPE)
