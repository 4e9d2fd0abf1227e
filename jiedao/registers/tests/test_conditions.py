"""Conditions in CEL: what a list of records can show, and what is refused with words that help."""

from decimal import Decimal

import pytest
from django.utils.translation import override

from jiedao.kernel import clock, figures
from jiedao.kernel.errors import UserError
from jiedao.kernel.expressions import ExpressionFault, LocatedText
from jiedao.kernel.periods import parse_period
from jiedao.orgs.actor import make_system_actor
from jiedao.registers.actions.records import add_record
from jiedao.registers.definition import Anchor, Choice, Definition, Field, FieldKind
from jiedao.registers.figures.conditions import build_values, read_conditions
from jiedao.registers.figures.records import check_register_spec
from jiedao.registers.rows import RecordInput
from jiedao.registers.tests.parts import declare
from jiedao.testing.cast import Town

SHEDS = Definition(
    key="sheds",
    name="车棚",
    on=Anchor.TOWN,
    fields=(
        Field(
            "state",
            "状态",
            FieldKind.CHOICE,
            choices=(Choice("OPEN", "使用"), Choice("SHUT", "停用")),
            filter=True,
        ),
        Field("places", "车位", FieldKind.NUMBER, filter=True),
        Field("lit", "有照明", FieldKind.BOOL, filter=True),
        Field("built", "建成日期", FieldKind.DATE, filter=True),
        Field("remark", "备注"),
    ),
)
SPEC = {"source": "register", "register": "sheds"}


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("lit", {"lit": "1"}),
        ("!lit", {"lit": "0"}),
        ("lit == false", {"lit": "0"}),
        ("places >= 10", {"places": "10.."}),
        ("places >= 10 && places <= 20.5", {"places": "10..20.5"}),
        ('state == "OPEN" && !lit', {"state": "OPEN", "lit": "0"}),
        ('built >= "2020-01-01"', {"built": "2020-01-01.."}),
        ('state == "a && !b"', {"state": "a && !b"}),
    ],
)
def test_a_condition_becomes_the_filters_of_a_list(text: str, values: dict[str, str]) -> None:
    assert build_values(text) == values


@pytest.mark.parametrize(
    "text",
    [
        "lit || places >= 10",
        "places > 10",
        'state != "OPEN"',
        "places + 1 >= 2",
        "size(state) == 2",
        "10 <= places",
    ],
)
def test_what_no_list_can_show_is_refused(text: str) -> None:
    with override("en"), pytest.raises(ExpressionFault) as fault:
        read_conditions(text)
    with override("en"):
        assert "two specs in a list" in fault.value.hint


@pytest.mark.parametrize(
    ("text", "number", "words"),
    [
        ("roof", 1, "there is no name 'roof'"),
        ('remark == "x"', 1, "remark cannot be used: lists do not filter by it (filter = true)"),
        ('places == "many"', 11, 'places is a number, "many" is a text: they cannot be compared'),
        ("state == 3", 10, "state is a choice, 3 is a number: they cannot be compared"),
        ("lit && state", 8, "&& needs a condition, state is a choice"),
        ('lit == "yes"', 8, 'lit is true or false, "yes" is a text: they cannot be compared'),
        ('state >= "OPEN"', 7, "state is a choice, which has no order: >= cannot be used"),
        ('state == "GONE"', 10, "state has no code 'GONE'"),
        ('built >= "last year"', 10, "built is a date, 'last year' is not written as one"),
        ("places >= 10 && places >= 5", 17, "places is compared twice"),
        ("places == 10 && places >= 5", 17, "places is compared twice"),
        ('state == "OPEN" && state == "SHUT"', 20, "state is compared twice"),
        ("places >=", 10, "a value is missing after >="),
        ("places > 10", 1, "no list can show 'places > 10'"),
    ],
)
def test_a_condition_is_checked_against_the_fields(text: str, number: int, words: str) -> None:
    with override("en"):
        (fault,) = check_register_spec({**SPEC, "filter": text}, SHEDS)
    assert isinstance(fault, LocatedText)
    assert (str(fault), fault.at + 1) == (f"filter: {words}", number)
    assert fault.hint


def test_a_filter_is_a_condition_in_a_text() -> None:
    for value in ("", 3, ["lit"]):
        (fault,) = check_register_spec({**SPEC, "filter": value}, SHEDS)
        assert "应是写成文字的条件" in fault


def test_a_spec_has_one_kind_of_filter() -> None:
    faults = check_register_spec({**SPEC, "filter": "lit", "where": {"lit": True}}, SHEDS)
    assert faults == ["where 和 filter 只写一个"]


def test_a_measure_counts_and_lists_what_its_condition_names(town: Town) -> None:
    info = declare(SHEDS)
    for code, places, lit in (("S1", 8, True), ("S2", 12, True), ("S3", 40, True), ("S4", 12, False)):
        data = RecordInput(code, "棚", values={"state": "OPEN", "places": places, "lit": lit})
        add_record(actor=make_system_actor(), info=info, data=data)
    spec = {**SPEC, "sum": "places", "filter": "lit && places >= 10 && places <= 40"}
    period = parse_period(f"{clock.today():%Y-%m}")
    assert figures.read(spec, period=period).total == Decimal(52)
    query = dict(figures.list_rows(spec, period=period).query)
    assert query == {"f.lit": "1", "f.places.from": "10", "f.places.to": "40"}
    assert figures.name_rows([spec, {**SPEC, "filter": "!lit"}]) == ["车位 ≥ 10 ≤ 40 · 有照明", "有照明：否"]
    with pytest.raises(UserError, match="roof"):
        figures.read({**SPEC, "filter": "roof"}, period=period)
