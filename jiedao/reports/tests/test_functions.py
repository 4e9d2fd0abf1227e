"""What the functions of a text print: periods in official words, changes from zero, sentences that need data."""

import pytest

from jiedao.indicators.figure import TOWN, Place
from jiedao.indicators.models import Measure
from jiedao.kernel.errors import UserError
from jiedao.kernel.periods import parse_period
from jiedao.reports.building import build_document
from jiedao.reports.document import Table
from jiedao.reports.functions import write_period
from jiedao.reports.models import PeriodKind, ReportTemplate
from jiedao.reports.selectors import find_report_template
from jiedao.reports.templating import Marks, build_blocks
from jiedao.reports.tests.conftest import ReportTown, keep_works_since
from jiedao.testing.cast import Town, make_cases

JUNE = parse_period("2020-06")


def build(words: str, period: str = "2020-06", place: Place = TOWN) -> str:
    return build_document(words, parse_period(period), place).text


@pytest.mark.parametrize(
    ("period", "words"),
    [
        ("2020-06-30", "2020年6月30日"),
        ("2020-W26", "2020年第26周"),
        ("2020-06", "2020年6月"),
        ("2020Q2", "2020年第二季度"),
        ("2020H1", "2020年上半年"),
        ("2020", "2020年"),
    ],
)
def test_a_period_is_written_as_in_official_texts(period: str, words: str) -> None:
    assert write_period(parse_period(period)) == words


def test_a_change_from_zero_is_an_amount_and_no_percentage(report_town: ReportTown) -> None:
    assert build('{{ change("works.gone") }}') == "（无数据）"  # nothing was recorded before June
    keep_works_since("2020-01-01")
    assert build('{{ change("works.gone") }}') == "增加2处"
    assert build('{{ change("works.gone") }}', "2020-05") == "持平"


def test_a_rate_changes_in_percentage_points(report_town: ReportTown) -> None:
    assert "（无数据）" in build('{{ change("works.rate") }}')


def test_a_sentence_is_left_out_without_data(report_town: ReportTown) -> None:
    words = '甲{% if has("works.rate") %}，率{{ figure("works.rate") }}{% endif %}。'
    assert build(words) == "甲，率66.7%。"
    assert build(words, "2020-05") == "甲。"
    target = '{% if has("works.area", part="target") %}有任务{% else %}没有任务{% endif %}'
    assert (build(target), build(target, "2020-05")) == ("有任务", "没有任务")
    with pytest.raises(UserError, match="没有“colour”这个部分"):
        build('{{ has("works.area", part="colour") }}')


def test_a_fault_in_a_text_names_its_line(report_town: ReportTown) -> None:
    with pytest.raises(UserError, match=r"第 3 行：报告用到的指标“works\.none”已不存在"):
        build('# 题\n\n{{ figure("works.none") }}')
    with pytest.raises(UserError, match="第 2 行：模板有错。没有“figur”"):
        build('# 题\n{{ figur("works.gone") }}')


def test_the_report_of_a_unit_can_name_the_figure_of_the_town(town: Town) -> None:
    unit = Place(unit_code="WATER", label="水务所")
    words = '{{ figure("due") }}，全街道{{ figure("due", area="town") }}'
    make_cases(town, [], index=False)
    whole, own = build('{{ figure("due") }}'), build('{{ figure("due") }}', place=unit)
    assert whole != own
    assert build(words, place=unit) == f"{own}，全街道{whole}"


def test_a_table_of_units_leaves_out_those_without_a_part(town: Town) -> None:
    Measure.objects.filter(key="due").update(splits=["area", "unit"])
    (table,) = build_document('{{ table("due", by="unit") }}', JUNE).blocks
    assert isinstance(table, Table)
    assert [row[1][0].text for row in table.rows]
    assert "0" not in [row[1][0].text for row in table.rows]


def add_template(key: str, kind: PeriodKind, scope: str = "town") -> ReportTemplate:
    return ReportTemplate.objects.create(
        key=key, name=key, period_kind=kind.value, scope=scope, text="# 题\n", position=1
    )


@pytest.mark.parametrize(
    ("kind", "period"),
    [
        (PeriodKind.DAY, "2020-06-30"),
        (PeriodKind.WEEK, "2020-W26"),
        (PeriodKind.QUARTER, "2020Q2"),
        (PeriodKind.HALF, "2020H1"),
        (PeriodKind.YEAR, "2020"),
    ],
)
def test_a_period_chooses_the_report_of_its_length(
    report_town: ReportTown, kind: PeriodKind, period: str
) -> None:
    template = add_template("own", kind)
    assert find_report_template(period) == (template, parse_period(period))
    assert find_report_template(f"own:{period}")[0] == template


@pytest.mark.parametrize("key", ["2020Q2", "2020-05..2020-06", "June", "mothly:2020-06", "own:June"])
def test_an_unknown_report_is_answered_with_those_that_are_possible(
    report_town: ReportTown, key: str
) -> None:
    add_template("own", PeriodKind.DAY)
    with pytest.raises(UserError) as refusal:
        find_report_template(key)
    assert "own:2020-07-01" in str(refusal.value.hint)
    assert ("monthly:2020-07" in str(refusal.value.hint)) is not key.startswith("own")


@pytest.mark.parametrize("words", ["{{ ['a', 'b'] }}", "{{ ('a', 'b') ~ 'c' }}", "{{ ['a']|trim }}"])
def test_a_list_is_not_printed(report_town: ReportTown, words: str) -> None:
    with pytest.raises(UserError, match="列表不能直接写出来"):
        build(words)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("{{ 1e400 }}{{ (1e400)|int }}", "第 1 行：模板有错。循环、文字或数太多太大。"),
        ("{{ '1e400'|float }}", "第 1 行：模板有错。循环、文字或数太多太大。"),
        ('{{ "\\ue000" ~ 5 ~ "\\ue001" }}', "第 1 行：模板有错。文字中有不能使用的字符，请删去私用区字符。"),
        ('{{ name("a")[0] }}5{{ name("a")[-1] }}', "第 1 行：文字中有不能使用的字符。"),
        ('{{ name("a")[0] + "5" + name("a")[-1] }}', "第 1 行：文字中有不能使用的字符。"),
        ("\n{{ figure.__globals__ }}", "第 2 行：模板有错。这里不能运行程序，也不能读取“__globals__”。"),
        ("{% for x in %}a{% endfor %}", "第 1 行：模板有错。标记没有写完，或是空的。"),
        ("{{ 'a }}", "第 1 行：模板有错。引号没有成对。"),
        ("{{ 12abc }}", "第 1 行：模板有错。“abc”前面多了或少了逗号、引号或括号。"),
        ("a{% endif %}", "第 1 行：模板有错。“endif”前面没有和它成对的标记。"),
        ("{{ []|first }}", "第 1 行：模板有错。列表是空的，没有可取的值。"),
        ("{{ period() }}", "第 1 行：模板有错。括号前面的不是函数。"),
        ("{{ figure(a=1, 2) }}", "第 1 行：模板有错。标记的写法不对。"),  # which Jinja states in English
        ("\n{% include 'a' %}", "第 2 行：模板有错。不能引用别的模板。"),
        ("\n{% extends 'a' %}", "第 2 行：模板有错。不能引用别的模板。"),
        (
            "{% macro m(x) %}{{ m(x)|int }}{% endmacro %}\n{{ m(1) }}",
            "第 1 行：模板有错。循环、括号或宏一层套一层，太深了。",
        ),
        ("{% for a in [1] %}" * 25 + "{% endfor %}" * 25, "模板有错。循环、括号或宏一层套一层，太深了。"),
        ("{{ " + "(" * 3000 + "1" + ")" * 3000 + " }}", "模板有错。循环、括号或宏一层套一层，太深了。"),
        ("\n{{ 1 / 0 }}", "第 2 行：模板有错。除数是 0。"),
        ("{{ figure }}", "第 1 行：函数不能直接写出来。"),
    ],
)
def test_a_text_that_cannot_run_is_refused_in_words_with_its_line(
    report_town: ReportTown, words: str, message: str
) -> None:
    with pytest.raises(UserError) as refusal:
        build(words)
    assert refusal.value.message == message


def test_a_text_for_which_the_memory_does_not_suffice_is_refused() -> None:
    def fill() -> str:
        raise MemoryError

    with pytest.raises(UserError, match="太多太大"):
        build_blocks("{{ fill() }}", {"fill": fill}, Marks())


def test_a_mark_that_no_function_returned_places_nothing() -> None:
    with pytest.raises(UserError, match="不能使用的字符"):
        build_blocks("{{ title }}", {"title": "\ue0005\ue001"}, Marks())


def test_ordinary_filters_and_blocks_work(report_town: ReportTown) -> None:
    words = (
        "{% macro pair(a, b) %}{{ a }}和{{ b }}{% endmacro %}{% set end %}。{% endset %}"
        "{% for key, word in [('甲', '乙'), ('丙', '丁')] %}{{ pair(key, word) }}{% endfor %}{{ end }}"
        "{{ [1, 2]|sum }}{{ 2.345|round(2, 'floor') }}{{ ' 戊 '|trim }}"
    )
    assert build(words) == "甲和乙丙和丁。32.34戊"


def test_ordinary_loops_and_joined_texts_work(report_town: ReportTown) -> None:
    words = '{% for key in ["gone", "area"] %}{{ loop.index }}{{ figure("works." ~ key) }}；{% endfor %}{{ 1 + 2 * 3 }}'
    assert build(words) == "12处；2540平方米；7"
