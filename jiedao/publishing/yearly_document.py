"""The text of a yearly report on open information, as a document."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count
from django.utils.translation import gettext as _

from jiedao.publishing.models import Publication, PublicationKind, PublicationState, YearlyReport
from jiedao.publishing.yearly import (
    APPLICANTS,
    CARRIED_OUT,
    DISPUTES,
    INCOMING,
    OUTCOMES,
    RESULTS,
    Balance,
    compute_balance,
    get_number,
    get_year,
    sum_results,
    sum_row,
)
from jiedao.reports.document import Block, Document, Heading, Level, Paragraph, Run, Table
from jiedao.reports.importing import convert_text


@dataclass(frozen=True)
class PublishedCounts:
    """How many publications of each kind were published in a year, and how many were withdrawn."""

    by_kind: dict[str, int]
    withdrawn: int

    @property
    def total(self) -> int:
        """All that were published."""
        return sum(self.by_kind.values())


def count_published(year: int) -> PublishedCounts:
    """Return how many publications of each kind were published in a year, withdrawn ones included."""
    period = get_year(year)
    in_year = {"published_at__gte": period.start_at, "published_at__lt": period.end_at}
    rows = Publication.objects.filter(**in_year).order_by().values_list("kind").annotate(Count("pk"))
    withdrawn = Publication.objects.filter(
        state=PublicationState.WITHDRAWN, withdrawn_at__gte=period.start_at, withdrawn_at__lt=period.end_at
    )
    return PublishedCounts(dict(rows), withdrawn.count())


def build_yearly_document(
    report: YearlyReport, title: str, published: PublishedCounts, matters: Balance
) -> Document:
    """Return the document of a year's report; the numbers are those that were entered and counted."""
    blocks: list[Block] = [
        Heading(Level.TITLE, (Run(title),)),
        _make_heading(_("一、总体情况")),
        *_write_paragraphs(report.overview),
        _make_heading(_("二、主动公开政府信息情况")),
        _build_published_table(published),
        _make_heading(_("三、收到和处理政府信息公开申请情况")),
        _build_applications_table(report.applications),
        _make_paragraph(
            _("平衡关系：新收 + 上年结转 = 办理结果总计 + 结转下年，即 %(sum)s。")
            % {"sum": compute_balance(report.applications).words}
        ),
        _make_heading(_("四、因政府信息公开工作被申请行政复议、提起行政诉讼情况")),
        _build_disputes_table(report.disputes),
        _make_heading(_("五、存在的主要问题及改进情况")),
        *_write_paragraphs(report.problems),
        _make_heading(_("六、其他需要报告的事项")),
        *_write_paragraphs(report.other),
        _build_matters_table(matters),
        _make_paragraph(
            _("平衡关系：本年上报 + 上年未结 = 本年办结 + 年末未结，即 %(sum)s。") % {"sum": matters.words}
        ),
    ]
    return Document(tuple(blocks))


def _make_heading(words: str) -> Heading:
    return Heading(Level.FIRST, (Run(words),))


def _make_paragraph(words: str) -> Paragraph:
    return Paragraph((Run(words),))


def _write_paragraphs(text: str) -> list[Block]:
    lines = [line.strip("# \u3000") for line in convert_text(text).split("\n") if line.strip()]
    return [_make_paragraph(line) for line in lines] or [_make_paragraph(_("无。"))]


def _build_published_table(published: PublishedCounts) -> Table:
    rows = [_make_row(str(kind.label), published.by_kind.get(kind.value, 0)) for kind in PublicationKind]
    rows.append(_make_row(_("合计"), published.total))
    rows.append(_make_row(_("本年撤下"), published.withdrawn))
    return Table((_("信息内容"), _("本年公布件数")), tuple(rows), _("在本网站公布的信息"))


def _build_applications_table(numbers: Any) -> Table:
    header = (_("项目"), *(str(label) for label in APPLICANTS.values()), _("总计"))

    def make_line(row: str, label: Any) -> tuple[tuple[Run, ...], ...]:
        values = [get_number(numbers, row, applicant) for applicant in APPLICANTS]
        return _make_row(str(label), *values, sum_row(numbers, row))

    results = [sum_results(numbers, applicant) for applicant in APPLICANTS]
    rows = [make_line(row, label) for row, label in {**INCOMING, **RESULTS}.items()]
    rows.append(_make_row(_("办理结果总计"), *results, sum(results)))
    rows.append(make_line(CARRIED_OUT, _("结转下年度继续办理")))
    return Table(header, tuple(rows), _("政府信息公开申请"))


def _build_disputes_table(numbers: Any) -> Table:
    header = (_("项目"), *(str(label) for label in OUTCOMES.values()), _("总计"))
    rows = []
    for row, label in DISPUTES.items():
        values = [get_number(numbers, row, outcome) for outcome in OUTCOMES]
        rows.append(_make_row(str(label), *values, sum(values)))
    return Table(header, tuple(rows), _("行政复议、行政诉讼"))


def _build_matters_table(matters: Balance) -> Table:
    rows = (
        _make_row(_("上年未结"), matters.carried_in),
        _make_row(_("本年上报"), matters.new),
        _make_row(_("本年办结（含不予受理、并案和作废）"), matters.out),
        _make_row(_("年末未结"), matters.carried_out),
    )
    return Table((_("项目"), _("件数")), rows, _("群众诉求办理"))


def _make_row(label: str, *numbers: int) -> tuple[tuple[Run, ...], ...]:
    return ((Run(label),), *((Run(f"{number:,}"),) for number in numbers))
