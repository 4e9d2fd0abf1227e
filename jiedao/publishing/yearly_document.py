"""The text of a yearly report on open information, as a document."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from jiedao.publishing.models import PublicationKind, YearlyReport
from jiedao.publishing.yearly import (
    APPLICANTS,
    CARRIED_OUT,
    DISPUTES,
    INCOMING,
    MATTERS,
    OUTCOMES,
    PUBLISHED,
    RESULTS,
    SOURCE,
    TYPED,
    Balance,
    Coverage,
    PublishedCounts,
    compute_balance,
    get_number,
    is_entered,
    sum_results,
    sum_row,
)
from jiedao.reports.document import Block, Document, Heading, Level, Paragraph, Run, Table
from jiedao.reports.importing import convert_text


def build_yearly_document(
    report: YearlyReport,
    title: str,
    published: PublishedCounts | None,
    matters: Balance | None,
    coverages: Mapping[str, Coverage],
) -> Document:
    """Return the document of a year's report; the numbers are those that were entered and counted.

    Args:
        published, matters: None where nothing is recorded.
        coverages: which part of the year the publications and the cases cover, by section.
    """

    def build_coverage_note(section: str) -> list[Block]:
        words = _describe_coverage(section, coverages[section], report.typed.get(section, {}))
        return [_make_paragraph(words)] if words else []

    blocks: list[Block] = [
        Heading(Level.TITLE, (Run(title),)),
        _make_heading(_("一、总体情况")),
        *_write_paragraphs(report.overview),
        _make_heading(_("二、主动公开政府信息情况")),
        *([_build_published_table(published)] if published is not None else []),
        *build_coverage_note(PUBLISHED),
        _make_heading(_("三、收到和处理政府信息公开申请情况")),
        *_build_applications(report.applications),
        _make_heading(_("四、因政府信息公开工作被申请行政复议、提起行政诉讼情况")),
        *([_build_disputes_table(report.disputes)] if is_entered(report.disputes) else [_make_unrecorded()]),
        _make_heading(_("五、存在的主要问题及改进情况")),
        *_write_paragraphs(report.problems),
        _make_heading(_("六、其他需要报告的事项")),
        *_write_paragraphs(report.other),
        *(_build_matters(matters) if matters is not None else []),
        *build_coverage_note(MATTERS),
    ]
    return Document(tuple(blocks))


def _describe_coverage(section: str, coverage: Coverage, typed: Mapping[str, Any]) -> str:
    """Return where the numbers of a section come from, "" where the records cover the complete year."""
    if coverage.is_complete:
        return ""
    sentences = {
        PUBLISHED: (_("本年公布的信息：无记录。"), _("在本网站公布的信息从 %(day)s 起有记录。")),
        MATTERS: (_("本年的群众诉求：无记录。"), _("群众诉求从 %(day)s 起有记录，以前未结的没有记录。")),
    }[section]
    if typed:
        return _("以上数字不是由系统数出的，来源：%(source)s。") % {"source": typed.get(SOURCE, "")}
    if coverage.is_empty or coverage.first_date is None:
        return sentences[0]
    return sentences[1] % {"day": coverage.first_date.isoformat()}


def _build_applications(numbers: Any) -> list[Block]:
    if not is_entered(numbers):
        return [_make_unrecorded()]
    words = _("平衡关系：新收 + 上年结转 = 办理结果总计 + 结转下年，即 %(sum)s。")
    return [
        _build_applications_table(numbers),
        _make_paragraph(words % {"sum": compute_balance(numbers).words}),
    ]


def _build_matters(matters: Balance) -> list[Block]:
    words = (
        _("平衡关系：本年上报 = 本年办结 + 年末未结，即 %(sum)s。")
        if matters.carried_in is None
        else _("平衡关系：本年上报 + 上年未结 = 本年办结 + 年末未结，即 %(sum)s。")
    )
    return [_build_matters_table(matters), _make_paragraph(words % {"sum": matters.words})]


def _make_unrecorded() -> Paragraph:
    return _make_paragraph(_("无记录。"))


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
    numbers = vars(matters)
    rows = tuple(
        _make_row(str(label), numbers[name])
        if numbers[name] is not None
        else ((Run(str(label)),), (Run(_("无记录")),))
        for name, label in TYPED[MATTERS].items()
    )
    return Table((_("项目"), _("件数")), rows, _("群众诉求办理"))


def _make_row(label: str, *numbers: int) -> tuple[tuple[Run, ...], ...]:
    return ((Run(label),), *((Run(f"{number:,}"),) for number in numbers))
