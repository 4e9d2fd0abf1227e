"""The results as an Excel workbook and as Word, and the sheet of one unit as Word."""

import tempfile
from io import BytesIO
from pathlib import Path
from typing import Any

from django.http import FileResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from jiedao.audit.actions import record_entry
from jiedao.desk.evaluation.page import build_line
from jiedao.evaluation.selectors import (
    LineView,
    Results,
    ResultView,
    describe_subject,
    format_points,
    write_points,
)
from jiedao.kernel import clock
from jiedao.kernel.workbook import CONTENT_TYPE, Cell, Sheet, Toned, write_sheets
from jiedao.orgs.actor import Actor
from jiedao.reports.document import Block, Document, Heading, Level, Paragraph, Run, Table
from jiedao.reports.output.files import FORMATS, write_file


def export_workbook(actor: Actor, results: Results) -> FileResponse:
    """Return the results as a workbook: the ranking in colours, and a sheet that explains each point."""
    _record(actor, results, "xlsx")
    note = " · ".join([results.sheet.label, results.period.label, _describe_state(actor, results)])
    file = tempfile.NamedTemporaryFile(suffix=".xlsx")  # noqa: SIM115 (FileResponse closes it, which deletes it)
    write_sheets(Path(file.name), [_build_ranking(results, note), _build_explanations(actor, results, note)])
    return FileResponse(file, as_attachment=True, filename=_name(results, "xlsx"), content_type=CONTENT_TYPE)


def _build_ranking(results: Results, note: str) -> Sheet:
    items = _get_longest(results)
    headers = [
        *(_("名次"), describe_subject(results.sheet), _("得分"), _("等次")),
        *(
            _("%(item)s（%(points)s 分）") % {"item": line.item.label, "points": format_points(line.out_of)}
            for line in items
        ),
        _("说明"),
    ]
    rows = [_list_cells(row, len(items)) for row in results.rows]
    return Sheet(_("考评结果"), note, headers, rows, [8, 28, 10, 10, *[16] * len(items), 40])


def _build_explanations(actor: Actor, results: Results, note: str) -> Sheet:
    """Return one row for each item of each result: the data, the formula with its numbers, and the points."""
    headers = [
        *(describe_subject(results.sheet), _("项目"), _("分值"), _("得分")),
        *(_("数据"), _("计算"), _("说明")),
    ]
    rows = []
    for row in results.rows:
        for line in row.lines:
            built = build_line(actor, line)
            points = float(line.points) if line.points is not None else None
            rows.append(
                [
                    *(row.label, line.item.label, float(line.out_of), Toned(points, line.tone)),
                    *(_describe_values(built), built["formula"], line.note),
                ]
            )
    return Sheet(_("每一分的来历"), note, headers, rows, [28, 18, 8, 10, 44, 36, 36])


def _get_longest(results: Results) -> tuple[LineView, ...]:
    """Return the lines of a result that has all items: a post with too few holders has none."""
    return max((row.lines for row in results.rows), key=len, default=())


def _list_cells(row: ResultView, width: int) -> list[Cell | Toned]:
    points = [Toned(float(line.points) if line.points is not None else None, line.tone) for line in row.lines]
    total = float(row.points) if row.points is not None else None
    empty = [None] * (width - len(points))
    return [row.rank, row.label, total, Toned(row.grade, row.tone), *points, *empty, row.note]


def export_document(actor: Actor, results: Results, row: ResultView | None = None) -> FileResponse:
    """Return the results as Word, or the sheet of one unit with every point explained."""
    _record(actor, results, "docx")
    title = f"{results.sheet.label}（{results.period.label}）"
    blocks: list[Block] = [Heading(Level.TITLE, (Run(title if row is None else f"{row.label} {title}"),))]
    blocks.append(Paragraph((Run(_describe_state(actor, results)),)))
    blocks += _list_result_blocks(results) if row is None else _list_score_blocks(actor, row)
    file = BytesIO(write_file(Document(tuple(blocks)), "docx"))
    name = _name(results, "docx", row.label if row is not None else "")
    return FileResponse(file, as_attachment=True, filename=name, content_type=FORMATS["docx"])


def _list_result_blocks(results: Results) -> list[Block]:
    table = Table(
        (_("名次"), describe_subject(results.sheet), _("得分"), _("等次"), _("说明")),
        tuple(
            _list_runs(
                [
                    row.rank or "—",
                    row.label,
                    write_points(row.points, results.version.digits),
                    row.grade or "—",
                    row.note,
                ]
            )
            for row in results.rows
        ),
    )
    items = Table(
        (_("项目"), _("分值"), _("计分办法")),
        tuple(
            _list_runs([line.item.label, format_points(line.out_of), line.item.meaning_label])
            for line in _get_longest(results)
        ),
    )
    return [table, Heading(Level.FIRST, (Run(_("一、计分办法")),)), items]


def _list_score_blocks(actor: Actor, row: ResultView) -> list[Block]:
    words = _("得分 %(points)s 分（满分 %(total)s 分）") % {
        "points": format_points(row.points),
        "total": format_points(row.total),
    }
    if row.rank is not None:
        words += _("，第 %(rank)s 名，共 %(of)s 个") % {"rank": row.rank, "of": row.rank_of}
    if row.grade:
        words += _("，%(grade)s") % {"grade": row.grade}
    lines = [build_line(actor, line) for line in row.lines]
    table = Table(
        (_("项目"), _("数据"), _("计算"), _("得分"), _("说明")),
        tuple(_list_runs(_describe_line(line)) for line in lines),
    )
    notes = [Paragraph((Run(row.note + _("。")),))] if row.note else []
    return [Paragraph((Run(words + _("。")),)), *notes, table]


def _describe_line(line: dict[str, Any]) -> list[str]:
    points = f"{line['points']} / {line['out_of']}"
    return [line["label"], _describe_values(line) or "—", line["formula"] or "—", points, line["note"]]


def _describe_values(line: dict[str, Any]) -> str:
    return _("；").join(
        f"{value['label']} {value['text']}" + (f"（{value['fraction']}）" if value["fraction"] else "")
        for value in line["values"]
    )


def _list_runs(cells: list[Any]) -> tuple[tuple[Run, ...], ...]:
    return tuple((Run(str(cell)),) for cell in cells)


def _describe_state(actor: Actor, results: Results) -> str:
    state = _("已公布") if results.is_published else _("试算，尚未公布")
    now = timezone.localtime(clock.now())
    made = _("%(at)s 由 %(who)s 导出") % {"at": f"{now:%Y-%m-%d %H:%M}", "who": actor.label}
    return f"{state} · {made}"


def _name(results: Results, extension: str, label: str = "") -> str:
    parts = [results.sheet.label, label, results.period.text]
    return "-".join(part for part in parts if part) + f".{extension}"


def _record(actor: Actor, results: Results, form: str) -> None:
    record_entry(
        actor=actor,
        action="evaluation.score:export",
        obj_type="evaluation.scoresheet",
        obj_id=results.sheet.pk,
        after={"sheet": results.sheet.key, "period": results.period.text, "format": form},
    )
