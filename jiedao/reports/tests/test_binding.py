"""Numbers of our own reports that are neither a figure nor a name."""

import pytest

from jiedao.kernel.periods import parse_period
from jiedao.reports.binding import find_targets, find_unbound
from jiedao.reports.building import build_document
from jiedao.reports.tests.conftest import ReportTown


@pytest.mark.parametrize(
    ("sentence", "unbound"),
    [
        ('拆除{{ figure("works.gone") }}。', []),
        ("开展宣传25场。", ["25场"]),
        ("投入3.5万元，覆盖十个小区。", ["3.5万元", "十个"]),
        ("落实“十个一律”。", []),
        ('落实{{ name("十个一律") }}。', []),
        ("6月30日前完成，一是巡查，二是拆除。", []),
        ("{{ period }}，第3次会议。", []),
        ('拆除{{ figure("works.gone", bare=true) }}5处。', ["5处"]),
    ],
)
def test_every_number_is_a_figure_or_a_name(
    report_town: ReportTown, sentence: str, unbound: list[str]
) -> None:
    document = build_document(sentence, parse_period("2020-06"))
    assert [number.words for number in find_unbound(document)] == unbound


def test_a_number_of_the_plan_is_a_target(report_town: ReportTown) -> None:
    text = "## 一、工作\n\n宣传25场。\n\n## 二、打算 {{ plan() }}\n\n7月底前办结信访积案12件。"

    document = build_document(text, parse_period("2020-06"))

    assert [number.words for number in find_unbound(document)] == ["25场"]
    assert [number.snippet for number in find_unbound(document)] == ['{{ name("25场") }}']
    assert [number.words for number in find_targets(document)] == ["12件"]
