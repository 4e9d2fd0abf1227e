"""Two reports compared: figures side by side, texts sentence by sentence."""

from collections.abc import Callable

import pytest

from jiedao.indicators.figure import TOWN
from jiedao.kernel.periods import parse_period
from jiedao.reports.building import build_document
from jiedao.reports.comparing import DiffKind, compare_documents, compare_texts
from jiedao.reports.document import Document
from jiedao.reports.tests.conftest import ReportTown, keep_works_since

Build = Callable[..., Document]
HEAD = "# 月报\n\n## 一、违建\n\n"


@pytest.fixture
def build(report_town: ReportTown) -> Build:
    """Return the document of a text."""

    def build_text(text: str, period: str = "2020-06") -> Document:
        return build_document(HEAD + text, parse_period(period), TOWN)

    return build_text


def test_a_figure_of_two_periods_is_one_row_with_its_difference(build: Build) -> None:
    keep_works_since("2020-01-01")
    text = '拆除违建{{ figure("works.gone", period="%s") }}，面积{{ figure("works.area", period="%s") }}。'

    rows = compare_documents(build(text % ("2020-05", "2020-06")), build(text % ("2020-06", "2020-06")))

    assert [(row.measure.key, row.left_text, row.right_text, row.difference_text) for row in rows] == [
        ("works.gone", "0 处", "2 处", "+2 处"),
        ("works.area", "540 平方米", "540 平方米", ""),
    ]
    assert [row.is_changed for row in rows] == [True, False]


def test_a_figure_of_one_report_only_is_listed_as_such(build: Build) -> None:
    rows = compare_documents(
        build('面积{{ figure("works.area") }}。'), build('拆除违建{{ figure("works.gone") }}。')
    )

    assert [(row.measure.key, row.left is None, row.right is None) for row in rows] == [
        ("works.area", False, True),
        ("works.gone", True, False),
    ]


def test_a_number_that_is_printed_twice_is_one_row(build: Build) -> None:
    document = build('拆除违建{{ figure("works.gone") }}，即{{ figure("works.gone") }}。')
    assert len(compare_documents(document, document)) == 1


def test_the_value_and_the_completion_of_a_figure_are_two_rows(build: Build) -> None:
    document = build('面积{{ figure("works.area") }}，完成任务的{{ completion("works.area") }}。')
    assert [row.part_label for row in compare_documents(document, document)] == ["", "完成率"]


def test_a_changed_sentence_has_its_changed_characters_marked(build: Build) -> None:
    rows = compare_texts(
        build("东区夜间集中巡查两轮。西区清运垃圾。"), build("东区夜间集中巡查三轮。西区清运垃圾。")
    )

    changed = next(row for row in rows if row.kind is DiffKind.CHANGED)
    assert [(piece.text, piece.is_changed) for piece in changed.left] == [
        ("东区夜间集中巡查", False),
        ("两", True),
        ("轮。", False),
    ]
    assert "".join(piece.text for piece in changed.right) == "东区夜间集中巡查三轮。"
    assert [row.kind.value for row in rows] == ["equal", "equal", "changed", "equal"]


def test_added_and_removed_sentences_are_in_their_place(build: Build) -> None:
    rows = compare_texts(
        build("东区完成夜间集中巡查。清退占道摊位。召开例会。"),
        build("东区完成夜间集中巡查。召开例会。新装路灯。"),
    )

    assert [(row.kind.value, "".join(piece.text for piece in row.left + row.right)) for row in rows[2:]] == [
        ("equal", "东区完成夜间集中巡查。东区完成夜间集中巡查。"),
        ("removed", "清退占道摊位。"),
        ("equal", "召开例会。召开例会。"),
        ("added", "新装路灯。"),
    ]


def test_a_heading_is_never_paired_with_a_sentence(build: Build) -> None:
    rows = compare_texts(build("## 二、市容整治"), build("二、市容整治工作。"))
    assert [row.kind.value for row in rows[2:]] == ["removed", "added"]


def test_pairs_follow_the_order_of_both_texts(build: Build) -> None:
    left = build("东区整治占道经营摊位。西区整治河道排口。南区整治老旧管网。")
    right = build("新设一句与各区无关的话。东区整治占道经营摊位两处。南区整治老旧管网三段。")

    rows = [row for row in compare_texts(left, right) if not row.is_heading]

    assert [row.kind.value for row in rows] == ["added", "changed", "removed", "changed"]


def test_equal_texts_have_no_other_rows(build: Build) -> None:
    document = build("东区巡查。")
    assert {row.kind for row in compare_texts(document, document)} == {DiffKind.EQUAL}


def test_a_subject_stays_with_its_sentence(build: Build) -> None:
    rows = compare_texts(build("停车。新建泊位。"), build("停车。新建泊位。"))
    assert "".join(piece.text for piece in rows[-1].left) == "停车。新建泊位。"
