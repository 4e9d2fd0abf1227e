"""No expression that passed the check fails on a row: random expressions over random names and rows with gaps.

The values are compared with those of another implementation of CEL, which is no part of the product.
"""

import re
from typing import Any

import cel
from hypothesis import given, settings
from hypothesis import strategies as st

from jiedao.kernel.expressions import (
    BOOL,
    DATE,
    NUMBER,
    TEXT,
    ComputingFault,
    Environment,
    Type,
    choice_of,
    compile_expression,
    find_expression_faults,
    list_of,
    object_of,
)
from jiedao.kernel.expressions.types import Base

CODES = {"A": "甲", "B": "乙", "C": "丙"}
DAYS = ("2019-12-31", "2020-01-01", "2020-02-29", "2021-06-30")
TYPES: dict[str, Type] = {
    "n": NUMBER,
    "b": BOOL,
    "t": TEXT,
    "d": DATE,
    "c": choice_of(CODES),
    "o": object_of({"t": TEXT, "n": NUMBER}),
    "l": list_of(TEXT),
}
ALL = [f"{kind}{number}" for kind in TYPES for number in (1, 2)]
numbers = st.one_of(
    st.integers(-3, 3),
    st.sampled_from([0, 0.1, -0.5, 7, 1e12, -1e12]),
    st.floats(-1e12, 1e12, allow_nan=False),
)
texts = st.text("ab'\"\\ 甲\n", max_size=4)
VALUES: dict[Base, st.SearchStrategy[Any]] = {
    Base.NUMBER: numbers,
    Base.BOOL: st.booleans(),
    Base.TEXT: texts,
    Base.DATE: st.sampled_from(DAYS),
    Base.CHOICE: st.sampled_from([*CODES, "RETIRED"]),
    Base.LIST: st.lists(texts, max_size=3),
    Base.OBJECT: st.fixed_dictionaries({}, optional={"t": st.none() | texts, "n": st.none() | numbers}),
}


def find_type(name: str) -> Type:
    return TYPES[name[0]]


environments = st.lists(st.sampled_from(ALL), unique=True).map(
    lambda names: Environment({name: find_type(name) for name in names}, example="n1 > 0")
)
rows = st.fixed_dictionaries({}, optional={name: st.none() | VALUES[find_type(name).base] for name in ALL})
flat_rows = st.fixed_dictionaries(
    {}, optional={name: VALUES[find_type(name).base] for name in ALL if name[0] != "o"}
)
COMPARISONS = ["==", "!=", "<", "<=", ">", ">="]
METHODS = ["contains", "startsWith", "endsWith"]
Draw = Any


def quote(text: str) -> str:
    return "'" + re.sub(r"(['\"\\])", r"\\\1", text).replace("\n", "\\n") + "'"


def choose(draw: Draw, *words: str) -> str:
    return str(draw(st.sampled_from(words)))


def draw_loose(draw: Draw, depth: int) -> str:
    """Return an expression of names, values and operators without regard to their types."""
    if depth == 0 or draw(st.integers(0, 3)) == 0:
        leaf = draw(st.sampled_from([*ALL, "o1.t", "o2.n", "true", "false", "0", "7", "0.5", "1e12", "text"]))
        return (
            quote(draw(st.sampled_from([*CODES, "D", *DAYS, "2020", "甲", ""])))
            if leaf == "text"
            else str(leaf)
        )
    first, second = draw_loose(draw, depth - 1), draw_loose(draw, depth - 1)
    sign = choose(draw, "+", "-", "*", "/", "%", "&&", "||", "in", *COMPARISONS)
    forms = [
        f"({first} {sign} {second})",
        f"({first} ? {second} : {draw_loose(draw, depth - 1)})",
        f"{choose(draw, '!', '-')}{first}",
        f"{choose(draw, 'has', 'size', 'int', 'double')}({first})",
        f"{first}.{choose(draw, *METHODS)}({second})",
        f"[{first}, {second}]",
    ]
    return choose(draw, *forms)


def draw_number(draw: Draw, depth: int) -> str:
    if depth == 0:
        return choose(
            draw, "n1", "n2", "o1.n", "0", "3", "0.5", "1e12", "size(t1)", "l1.size()", "size([1, 2])"
        )
    first, second = draw_number(draw, depth - 1), draw_number(draw, 0)
    forms = [f"({first} {sign} {second})" for sign in "+-*/%" if second != "0" or sign in "+-*"]
    return choose(draw, *forms, f"-{first}", f"double({first})", f"int({first})", second)


def draw_text(draw: Draw) -> str:
    return choose(draw, "t1", "t2", "o1.t", quote(draw(texts)))


def draw_condition(draw: Draw, depth: int) -> str:  # noqa: PLR0911 (one for each form)
    """Return a condition whose types fit."""
    if depth:
        first, second, third = (draw_condition(draw, depth - 1) for _number in range(3))
        sign = choose(draw, "&&", "||", "==", "!=")
        return choose(draw, f"({first} {sign} {second})", f"!({first})", f"(({first}) ? {second} : {third})")
    sign, day, code = choose(draw, *COMPARISONS), quote(choose(draw, *DAYS)), quote(choose(draw, *CODES))
    form = draw(st.integers(0, 9))
    if form == 0:
        return choose(draw, "b1", "b2", "true", "false")
    if form in {1, 2}:
        return f"({draw_number(draw, 2)} {sign} {draw_number(draw, 1)})"
    if form == 3:
        return f"({draw_text(draw)} {sign} {draw_text(draw)})"
    if form == 4:
        return f"{draw_text(draw)}.{choose(draw, *METHODS)}({draw_text(draw)})"
    if form == 5:
        return f"(d1 {sign} {choose(draw, day, 'd2')})"
    if form == 6:
        return choose(
            draw, f"(c1 == {code})", f"(c1 != {code})", "(c2 in ['A', 'B'])", "(c1 == c2)", "(c1 in [])"
        )
    if form == 7:
        return f"({draw_text(draw)} in l1)"
    if form == 8:
        return f"({draw_number(draw, 1)} in [1, 2.5, 0])"
    return f"has({choose(draw, *(name for name in ALL if name[0] != 'o'))})"


@st.composite
def loose(draw: Draw) -> str:
    return draw_loose(draw, 3)


@st.composite
def typed(draw: Draw) -> str:
    return draw_condition(draw, draw(st.integers(0, 2)))


FULL = Environment({name: find_type(name) for name in ALL}, example="n1 > 0")


def evaluate(text: str, names: Environment, row: dict[str, Any]) -> Any:
    """Return the value of an expression that passed, or the fault of the row."""
    try:
        return compile_expression(text, names, wanted=BOOL).evaluate(row)
    except ComputingFault as fault:
        return fault


def need_sound(text: str, value: Any) -> None:
    """Require true, false, undecided, or for a calculation a fault in words."""
    assert value is None or isinstance(value, bool | ComputingFault)
    if isinstance(value, ComputingFault):
        assert re.search(r"[/%*+-]", text), text
        assert value.cause


@settings(max_examples=150, deadline=None)
@given(typed(), rows)
def test_a_condition_that_fits_passes_and_decides_every_row_or_leaves_it_undecided(
    text: str, row: dict[str, Any]
) -> None:
    assert find_expression_faults(text, FULL, wanted=BOOL) == []
    need_sound(text, evaluate(text, FULL, row))


@settings(max_examples=150, deadline=None)
@given(loose(), environments, rows)
def test_what_passes_never_fails_and_what_does_not_has_a_fault_in_words(
    text: str, names: Environment, row: dict[str, Any]
) -> None:
    faults = find_expression_faults(text, names, wanted=BOOL)
    for fault in faults:
        assert fault.message
        assert fault.hint
        assert 0 <= fault.at <= len(text)
    if not faults:
        need_sound(text, evaluate(text, names, row))


@settings(max_examples=150, deadline=None)
@given(st.text("ab12 .,:?!<>=&|+-*/%()[]'\"\\“”（）【】＝　，。truefalsn_and", max_size=40))
def test_any_text_is_read_or_refused_in_words(text: str) -> None:
    for fault in find_expression_faults(text, FULL, wanted=BOOL):
        assert fault.message
        assert fault.hint
        assert 0 <= fault.at <= len(text)


def evaluate_by_cel(text: str, row: dict[str, Any]) -> Any:
    """Return the value by the other implementation; None where it refuses a value that is left out."""
    doubled = re.sub(r"'(?:\\.|[^'\\])*'|\w*[a-z_]\w*|\d+(?:\.\d+)?", _make_double, text)
    values = {name: float(value) if name[0] == "n" else value for name, value in row.items()}
    try:
        return cel.compile(doubled).execute(values)
    except (RuntimeError, TypeError):
        return None


def _make_double(match: re.Match[str]) -> str:
    return f"{match[0]}.0" if match[0].isdigit() else match[0]


def is_shared(text: str) -> bool:
    """Return whether both implementations define it alike: CEL has no % of doubles, has() of names, nor our size()."""
    return not re.search(r"%|has\(|size\(|int\(|o1\.", text)


@settings(max_examples=200, deadline=None)
@given(typed().filter(is_shared), flat_rows)
def test_values_are_those_of_another_implementation_of_cel(text: str, row: dict[str, Any]) -> None:
    value = evaluate(text, FULL, row)
    if not isinstance(value, ComputingFault):  # CEL divides doubles by zero without a fault
        assert value == evaluate_by_cel(text, row)
