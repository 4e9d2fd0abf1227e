"""The file of chosen cases, with every field but the reporter, for the lists of several subjects."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, cast

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from jiedao.audit.actions import record_entry
from jiedao.cases.questions import QuestionInfo
from jiedao.cases.selectors.exporting import ExportRow, list_answered_questions, read_export_rows
from jiedao.desk.exporting import ListExport
from jiedao.kernel import clock
from jiedao.kernel.listfile import Advance, write_list
from jiedao.kernel.workbook import Cell
from jiedao.orgs.actor import Actor

CHUNK_SIZE = 500


def _list_columns(questions: Sequence[QuestionInfo]) -> list[tuple[str, int, Callable[[ExportRow], Cell]]]:
    """Return header, width and value of each column: those of every case, then one for each question."""

    def of(name: str) -> Callable[[ExportRow], Cell]:
        return lambda row: cast(Cell, row.get(name))

    return [
        (_("编号"), 15, of("number")),
        (_("来源编号"), 15, of("source_key")),
        (_("标题"), 44, of("subject")),
        (_("内容"), 60, of("detail")),
        (_("状态"), 10, of("state")),
        (_("大类"), 14, lambda row: row.major_label),
        (_("类别"), 18, of("category_id")),
        (_("社区、网格"), 22, of("area_path")),
        (_("地点"), 28, of("place_text")),
        (_("小区、楼栋"), 20, of("premise__name")),
        (_("经度"), 11, of("lon")),
        (_("纬度"), 11, of("lat")),
        (_("主办单位"), 20, of("lead_unit_id")),
        (_("协办单位"), 20, lambda row: row.helpers),
        (_("来源"), 12, of("channel")),
        (_("上报时间"), 17, of("reported_at")),
        (_("受理时间"), 17, of("accepted_at")),
        (_("立案时间"), 17, of("filed_at")),
        (_("派遣时间"), 17, of("dispatched_at")),
        (_("处置时间"), 17, of("handled_at")),
        (_("核查通过时间"), 17, of("checked_at")),
        (_("结案时间"), 17, of("closed_at")),
        (_("答复时间"), 17, of("replied_at")),
        (_("回访时间"), 17, of("visited_at")),
        (_("办结时间"), 17, of("ended_at")),
        (_("当前时限"), 17, of("due_at")),
        (_("处置时限"), 17, of("handle_due_at")),
        (_("全程时限"), 17, of("close_due_at")),
        (_("按期处置"), 9, of("handled_on_time")),
        (_("按期结案"), 9, of("closed_on_time")),
        (_("处置结果"), 50, lambda row: row.result),
        (_("答复内容"), 50, lambda row: row.reply),
        (_("认为已解决"), 10, of("solved")),
        (_("满意度"), 8, of("satisfaction")),
        (_("回访记录"), 30, lambda row: row.visit),
        (pgettext("export", "督办"), 6, of("supervised")),
        (pgettext("export", "紧急"), 6, of("urgent")),
        (_("退回次数"), 9, of("returns")),
        (_("返工次数"), 9, of("reworks")),
        (_("重办次数"), 9, of("reopens")),
        (_("延期次数"), 9, of("extensions")),
        (_("催办次数"), 9, of("reminders")),
        (_("并入案件"), 15, of("merged_into__number")),
        *(
            (question.label, 20, partial(ExportRow.format_answer, question=question))
            for question in questions
        ),
    ]


def _iterate_rows(
    actor: Actor, ids: list[int], columns: list[Any], advance: Callable[[int], None]
) -> Iterator[list[Cell]]:
    """Yield the rows; a case that has left the actor's scope since the ids were read becomes a row with its id only."""
    for start in range(0, len(ids), CHUNK_SIZE):
        chunk = ids[start : start + CHUNK_SIZE]
        rows = read_export_rows(actor, chunk)
        for pk in chunk:
            yield [value(rows[pk]) for _header, _width, value in columns] if pk in rows else [str(pk)]
        advance(len(chunk))


def _describe_export(actor: Actor, count: int) -> str:
    now = timezone.localtime(clock.now())
    return _("共 %(n)d 件 · %(at)s 由 %(who)s 导出 · 不含反映人信息") % {
        "n": count,
        "at": f"{now:%Y-%m-%d %H:%M}",
        "who": actor.label,
    }


def _write_file(actor: Actor, ids: list[int], format_: str, path: Path, advance: Advance) -> None:
    columns = _list_columns(list_answered_questions(ids))
    write_list(
        path,
        format_,
        sheet=_("案件"),
        note=_describe_export(actor, len(ids)),
        columns=[(header, width) for header, width, _value in columns],
        rows=_iterate_rows(actor, ids, columns, advance),
        count=len(ids),
    )


def _record_export(actor: Actor, query: str, format_: str, count: int, figure: str) -> None:
    after = {"cases": count, "format": format_, "filters": query} | ({"figure": figure} if figure else {})
    record_entry(actor=actor, action="cases.case:export", obj_type="cases.case", obj_id=None, after=after)


def build_export(actor: Actor, ids: list[int], query: str, format_: str, figure: str = "") -> ListExport:
    """Return the export of cases.

    Args:
        query: what chose the cases, for the audit. figure: the figure behind which they are, "" for a list.
    """
    values = {"n": len(ids), "format": format_, "at": f"{timezone.localtime(clock.now()):%Y%m%d-%H%M}"}
    return ListExport(
        count=len(ids),
        title=_("导出 %(n)d 件案件（%(format)s）") % values,
        name=_("案件-%(at)s-%(n)d件") % values,
        summary=_("共 %(n)d 件") % values,
        write=lambda path, advance: _write_file(actor, ids, format_, path, advance),
        record=lambda: _record_export(actor, query, format_, len(ids), figure),
        format=format_,
    )
