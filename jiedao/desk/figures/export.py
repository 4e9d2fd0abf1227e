"""Figures as an Excel workbook, with numbers that can be calculated with."""

import tempfile
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

from django.http import FileResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from jiedao.audit.actions import record_entry
from jiedao.indicators.comparison import Change, Comparison
from jiedao.indicators.figure import Figure, Place
from jiedao.indicators.models import Status
from jiedao.kernel import clock
from jiedao.kernel.periods import Period
from jiedao.kernel.workbook import CONTENT_TYPE, Cell, write_table
from jiedao.orgs.actor import Actor

HUNDREDTH = Decimal("0.01")


def send_table(
    name: str,
    *,
    sheet: str,
    note: str,
    headers: Sequence[str],
    rows: Sequence[Sequence[Cell]],
    widths: Sequence[int],
) -> FileResponse:
    """Return a download of one sheet."""
    file = tempfile.NamedTemporaryFile(suffix=".xlsx")  # noqa: SIM115 (FileResponse closes it, which deletes it)
    path = Path(file.name)
    write_table(path, sheet=sheet, note=note, headers=headers, rows=rows, count=len(rows), widths=widths)
    return FileResponse(file, as_attachment=True, filename=name, content_type=CONTENT_TYPE)


def export_catalogue(
    actor: Actor, comparisons: Sequence[Comparison], period: Period, place: Place, name: str
) -> FileResponse:
    """Return a line for each measure. A measure without data has an empty cell and states why in the last column."""
    headers = [
        _("代码"),
        _("类别"),
        _("指标"),
        _("数值"),
        _("计量单位"),
        _("分子"),
        _("分母"),
        _("分母含义"),
        _("记录数"),
        _("增速（%）"),
        _("位次"),
        _("数据状态"),
        _("口径说明"),
        _("上期"),
        _("去年同期"),
        _("目标"),
        _("完成率（%）"),
        _("序时进度（%）"),
        _("来源"),
        _("口径"),
        _("说明"),
    ]
    rows = [_list_cells(comparison) for comparison in comparisons]
    _record_export(actor, period, place, len(rows))
    widths = [24, 12, 28, *[12] * 6, *[10] * 9, 28, 48, 28]
    note = _describe_export(actor, period, place)
    return send_table(name, sheet=_("指标"), note=note, headers=headers, rows=rows, widths=widths)


def export_figure(
    actor: Actor, figure: Figure, trend: Sequence[Figure], splits: Sequence[tuple[str, Sequence[Figure]]]
) -> FileResponse:
    """Return one measure: the figure, its course, and its splits, one line each."""
    headers = [
        _("分组"),
        _("时段"),
        _("地方"),
        _("数值"),
        _("计量单位"),
        _("分子"),
        _("分母"),
        _("记录数"),
        _("说明"),
    ]
    groups = [(_("本期"), [figure]), (_("走势"), trend), *splits]
    rows = [
        [
            label,
            line.period.label,
            line.place.label or _("全街道"),
            _to_cell(line.rounded),
            line.measure.unit_text,
            _to_cell(line.numerator),
            _to_cell(line.denominator),
            line.rows,
            line.note,
        ]
        for label, lines in groups
        for line in lines
    ]
    _record_export(actor, figure.period, figure.place, len(rows), measure=figure.measure.key)
    note = f"{figure.measure.label}：{figure.measure.meaning_label} · " + _describe_export(
        actor, figure.period, figure.place
    )
    name = f"{figure.measure.label}-{figure.period.text}.xlsx"
    return send_table(
        name,
        sheet=figure.measure.label,
        note=note,
        headers=headers,
        rows=rows,
        widths=[10, 24, 24, *[12] * 5, 32],
    )


def _list_cells(comparison: Comparison) -> list[Cell]:
    figure, progress = comparison.figure, comparison.progress
    measure = figure.measure
    return [
        measure.key,
        measure.theme.label,
        measure.label,
        _to_cell(figure.rounded),
        measure.unit_text,
        _to_cell(figure.numerator),
        _to_cell(figure.denominator),
        figure.denominator_name,
        figure.rows,
        _to_cell(figure.growth),
        figure.rank,
        str(Status(figure.status).label),
        figure.scope_words,
        _get_earlier(comparison.before),
        _get_earlier(comparison.year_before),
        _to_cell(progress.target.value) if progress is not None else None,
        _to_cell(_round(progress.completion)) if progress is not None else None,
        _to_cell(_round(progress.pace)) if progress is not None else None,
        figure.source,
        measure.meaning_label,
        figure.note,
    ]


def _get_earlier(change: Change | None) -> Cell:
    return _to_cell(change.earlier.rounded) if change is not None else None


def _round(number: Decimal | None) -> Decimal | None:
    return None if number is None else number.quantize(HUNDREDTH)


def _to_cell(number: Decimal | None) -> Cell:
    if number is None:
        return None
    return int(number) if number == number.to_integral_value() else float(number)


def _describe_export(actor: Actor, period: Period, place: Place) -> str:
    now = timezone.localtime(clock.now())
    exported = _("%(at)s 由 %(who)s 导出") % {"at": f"{now:%Y-%m-%d %H:%M}", "who": actor.label}
    return " · ".join([period.label, place.label or _("全街道"), exported])


def _record_export(actor: Actor, period: Period, place: Place, rows: int, measure: str = "") -> None:
    values = {"measure": measure, "period": period.text, "place": place.key, "rows": rows}
    record_entry(
        actor=actor,
        action="indicators.figure:export",
        obj_type="indicators.figure",
        obj_id=None,
        after={name: value for name, value in values.items() if value != ""},
    )
