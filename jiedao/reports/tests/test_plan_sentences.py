"""The sentences of a plan: where it begins and ends, and how similar two sentences are."""

import pytest

from jiedao.indicators.figure import TOWN
from jiedao.reports.actions.writing import begin_report
from jiedao.reports.building import build_document
from jiedao.reports.document import Document, Heading, Level, Paragraph, Run
from jiedao.reports.models import Report
from jiedao.reports.planning.reviewing import review_promises
from jiedao.reports.planning.sentences import Words, is_plan_heading, split_document
from jiedao.reports.selectors import read_report
from jiedao.reports.tests.conftest import ReportTown
from jiedao.reports.tests.plans import JULY, JUNE


@pytest.mark.parametrize(
    "heading",
    [
        "三、下一步计划",
        "（二）下半年工作打算",
        "四、下一步工作",
        "三、2021年工作安排",
        "二、明年重点任务",
        "工作计划",
        "六、下一步",
    ],
)
def test_a_heading_that_names_a_plan_is_recognised(heading: str) -> None:
    assert is_plan_heading(heading)


@pytest.mark.parametrize(
    "heading",
    ["一、上半年主要工作", "二、困难和问题", "一、下半年主要工作", "年度任务完成情况", "计划落实情况"],
)
def test_a_heading_of_results_is_no_plan(heading: str) -> None:
    assert not is_plan_heading(heading)


def test_the_plan_ends_at_the_next_heading_of_its_level() -> None:
    heads = {
        text: Heading(level, (Run(text),))
        for text, level in (
            ("一、下一步计划", Level.FIRST),
            ("（一）停车", Level.SECOND),
            ("二、请示事项", Level.FIRST),
        )
    }
    texts = ["先做甲。", "再做乙。", "请批准丙。"]
    blocks = [
        block
        for head, text in zip(heads.values(), texts, strict=True)
        for block in (head, Paragraph((Run(text),)))
    ]

    sentences = split_document(Document(tuple(blocks)))

    assert [(row.text, row.is_plan) for row in sentences] == [
        ("先做甲。", True),
        ("再做乙。", True),
        ("请批准丙。", False),
    ]


def test_a_mark_goes_before_the_words_of_headings() -> None:
    marked = Heading(Level.FIRST, (Run("二、几件事"),), is_plan=True)
    unmarked = Heading(Level.FIRST, (Run("一、下一步计划"),))
    document = Document((unmarked, Paragraph((Run("甲。"),)), marked, Paragraph((Run("乙。"),))))

    assert [row.text for row in split_document(document) if row.is_plan] == ["乙。"]


def test_similar_sentences_score_higher_than_others() -> None:
    promise = Words.of("年内新建停车泊位40个，缓解停车难。")

    assert promise.measure_similarity(Words.of("新建停车泊位21个，东区停车场启用。")) > 0.36
    assert promise.measure_similarity(Words.of("垃圾转运站整治提升完成3座。")) < 0.2


def test_a_section_of_difficulties_has_no_results(plan_town: ReportTown, report: Report) -> None:
    text = (
        "# 题\n\n## 一、工作\n\n拆除旧棚8处。\n\n## 二、困难和问题\n\n### （一）改造\n\n"
        "改造缺口大的老旧住宅区近20个。\n\n## 三、问题整改情况\n\n消除隐患9处。"
    )
    sentences = split_document(build_document(text, JUNE))
    assert [(row.text, row.is_difficulty) for row in sentences] == [
        ("拆除旧棚8处。", False),
        ("改造缺口大的老旧住宅区近20个。", True),
        ("消除隐患9处。", False),
    ]

    plan_town.template.text = text
    plan_town.template.save()
    later = begin_report(
        actor=plan_town.town.actor("handler"), template=plan_town.template, period=JULY, place=TOWN
    )
    review = review_promises(plan_town.town.actor("leader"), later, read_report(later))
    assert [row.text for row in review.sentences] == ["拆除旧棚8处。", "消除隐患9处。"]
