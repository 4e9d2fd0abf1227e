"""All published figures of a period as a workbook: one sheet side by side, one with every figure and its source."""

import tempfile
from pathlib import Path

from django.http import FileResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from jiedao.audit.actions import record_entry
from jiedao.district.models import Office
from jiedao.district.ranking import Ranking, RankingRow, build_rankings
from jiedao.kernel import clock
from jiedao.kernel.periods import Period
from jiedao.kernel.workbook import CONTENT_TYPE, Cell, Sheet, Toned, write_sheets
from jiedao.orgs.actor import Actor


def export_matrix(actor: Actor, period: Period) -> FileResponse:
    """Return the workbook. A figure that is not compared has the tone of a warning, an older one that of a note."""
    rankings = list(build_rankings(period).values())
    offices = list(Office.objects.filter(active=True))
    note = _("%(period)s，各街道公布的指标，导出于 %(now)s。") % {
        "period": period.label,
        "now": f"{timezone.localtime(clock.real_now()):%Y-%m-%d %H:%M}",
    }
    file = tempfile.NamedTemporaryFile(suffix=".xlsx")  # noqa: SIM115 (FileResponse closes it, which deletes it)
    write_sheets(
        Path(file.name), [_build_matrix(offices, rankings, note), _build_list(offices, rankings, note)]
    )
    record_entry(
        actor=actor,
        action="district.figure:export",
        obj_type="district.officefigure",
        obj_id=None,
        after={"period": period.text},
    )
    name = _("各街道指标-%(period)s.xlsx") % {"period": period.text}
    return FileResponse(file, as_attachment=True, filename=name, content_type=CONTENT_TYPE)


def _build_matrix(offices: list[Office], rankings: list[Ranking], note: str) -> Sheet:
    headers = [_("街道"), _("状态")]
    headers += [f"{row.reference.label}（{row.reference.unit_text}）" for row in rankings]
    rows: list[list[Cell | Toned]] = [
        [
            office.name,
            str(office.state.label),
            *(_build_cell(ranking.find_row(office)) for ranking in rankings),
        ]
        for office in offices
    ]
    return Sheet(_("全部指标"), note, headers, rows, [18, 12, *([16] * len(rankings))])


def _build_cell(row: RankingRow) -> Cell | Toned:
    if row.figure is None or row.figure.value is None:
        return None
    value = float(row.figure.value)
    if row.is_apart:
        return Toned(value, "warn")
    return Toned(value, "info") if row.is_stale else value


def _build_list(offices: list[Office], rankings: list[Ranking], note: str) -> Sheet:
    headers = [
        *(_("指标"), _("街道"), _("名次"), _("数值"), _("计量单位"), _("分子"), _("分母")),
        *(_("不排名或没有数据的原因"), _("数字截至"), _("读取时间"), _("口径"), _("口径版本")),
    ]
    rows = [_build_line(ranking.find_row(office), ranking) for ranking in rankings for office in offices]
    return Sheet(_("明细"), note, headers, rows, [24, 16, 8, 12, 10, 10, 10, 40, 18, 18, 50, 20])


def _build_line(row: RankingRow, ranking: Ranking) -> list[Cell | Toned]:
    figure = row.figure
    reason = str(row.reason) if row.reason else ""
    head: list[Cell | Toned] = [ranking.reference.label, row.office.name, row.rank]
    if figure is None:
        return [*head, None, "", None, None, reason, None, None, "", ""]
    numbers = [
        float(number) if number is not None else None
        for number in (figure.value, figure.numerator, figure.denominator)
    ]
    return [
        *(*head, numbers[0], figure.unit_text, *numbers[1:]),
        *(reason, figure.as_of, figure.read_at, figure.meaning_label, figure.version),
    ]
