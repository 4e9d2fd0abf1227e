"""A list of cases as an Excel workbook: the complete list, with the number of its rows and without personal data."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

from django.http import FileResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from jiedao.audit.actions import record_entry
from jiedao.cases.selectors.filters import CaseFilters
from jiedao.cases.selectors.lists import CaseRow, read_case_ids, read_rows_by_id
from jiedao.kernel import clock
from jiedao.kernel.errors import UserError
from jiedao.kernel.workbook import Cell, write_table
from jiedao.orgs.actor import Actor

MAX_ROWS = 200_000
CHUNK_SIZE = 500
CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _list_headers() -> list[tuple[str, int]]:
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


def _list_cells(row: CaseRow) -> list[Cell]:
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


def _iterate_rows(actor: Actor, ids: list[int]) -> Iterator[list[Cell]]:
    """Yield the rows; a case that has left the actor's scope since the ids were read becomes a row with its id only."""
    for start in range(0, len(ids), CHUNK_SIZE):
        chunk = ids[start : start + CHUNK_SIZE]
        rows_by_case_id = {row.id: row for row in read_rows_by_id(actor, chunk)}
        for pk in chunk:
            yield _list_cells(rows_by_case_id[pk]) if pk in rows_by_case_id else [str(pk)]


def export_cases(actor: Actor, filters: CaseFilters) -> FileResponse:
    """Return the workbook of the complete list as a download; its first row states the number of cases.

    The ids are read first, so that the stated number is the number of rows. Raise UserError for more than 200,000
    cases.
    """
    ids = read_case_ids(actor, filters, MAX_ROWS + 1)
    if len(ids) > MAX_ROWS:
        raise UserError(
            _("超过 %(most)s 件，一次导不完。") % {"most": f"{MAX_ROWS:,}"},
            hint=_("请用日期或状态缩小范围，分几次导出。"),
        )
    now = timezone.localtime(clock.now())
    note = _("共 %(n)d 件 · %(at)s 由 %(who)s 导出 · 不含反映人信息") % {
        "n": len(ids),
        "at": f"{now:%Y-%m-%d %H:%M}",
        "who": actor.label,
    }
    record_entry(
        actor=actor,
        action="cases.case:export",
        obj_type="cases.case",
        obj_id=None,
        after={"cases": len(ids), "filters": filters.query()},
    )
    titles, widths = zip(*_list_headers(), strict=True)
    file = tempfile.NamedTemporaryFile(suffix=".xlsx")  # noqa: SIM115 (FileResponse closes it, which deletes it)
    write_table(
        Path(file.name),
        sheet=_("案件"),
        note=note,
        headers=titles,
        rows=_iterate_rows(actor, ids),
        count=len(ids),
        widths=widths,
    )
    name = _("案件-%(at)s-%(n)d件.xlsx") % {"at": f"{now:%Y%m%d-%H%M}", "n": len(ids)}
    return FileResponse(file, as_attachment=True, filename=name, content_type=CONTENT_TYPE)
