"""A measure's sources are compared with what the pack itself declares, before it is applied."""

import pytest

from jiedao.packs.tests.tiny import TinyPack, check_in_english

MEASURE = """
[[theme]]
key = "t"
name = "测试"

[[measure]]
key = "m"
theme = "t"
name = "测试"
meaning = "测试用的口径"
unit = "件"
"""


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ('kind = "amount"\nspec = { source = "inspections", count = "moon" }', "no count 'moon'; known: "),
        (
            'kind = "amount"\nspec = { source = "inspections", count = "done", register = "none" }',
            "no register 'none'",
        ),
        ('kind = "amount"\nspec = { source = "projects", sum = "none" }', "no sum 'none'"),
        ('kind = "amount"\nspec = { source = "projects", kind = "none" }', "no kind 'none'"),
        ('kind = "amount"\nspec = { source = "campaigns", campaign = "none" }', "no campaign 'none'"),
        ('kind = "amount"\nspec = { source = "pledges", count = "moon" }', "no count 'moon'; known: "),
        (
            'kind = "amount"\nspec = { source = "pledges", count = "late" }\nsplits = ["area"]',
            "no split by 'area'",
        ),
        ('kind = "duration"\nspec = { source = "cases", duration = "moon" }', "no duration 'moon'"),
        ('kind = "duration"\nspec = { source = "register", register = "r" }', "no durations of 'register'"),
        (
            'kind = "duration"\nquantile = 2\nspec = { source = "cases", duration = "reported_closed" }',
            "from 0 to 1",
        ),
        (
            'kind = "duration"\nspec = { source = "cases", duration = "reported_closed", where = { channel = "X" } }',
            "there is no 'X'",
        ),
    ],
)
def test_a_source_that_the_pack_does_not_declare_is_named(tiny: TinyPack, lines: str, words: str) -> None:
    (tiny.folder / "measures.toml").write_text(MEASURE + lines, encoding="utf-8")
    errors = check_in_english(tiny.folder)[1].errors
    assert words in "\n".join(fault.message for fault in errors)


@pytest.mark.parametrize(
    "lines",
    [
        'kind = "amount"\nspec = { source = "inspections", count = "done" }\nsplits = ["area"]',
        'kind = "amount"\nspec = { source = "projects" }\nsplits = ["area", "unit"]',
        'kind = "amount"\nspec = { source = "pledges", count = "late", kind = "ITEM" }\nsplits = ["unit"]',
        'kind = "duration"\nquantile = 0.9\nspec = { source = "cases", duration = "reported_closed" }',
        'kind = "duration"\nspec = { source = "cases", duration = "reported_closed", hours = "working" }',
    ],
)
def test_a_sound_source_passes(tiny: TinyPack, lines: str) -> None:
    text = MEASURE.replace("件", "小时") if 'kind = "duration"' in lines else MEASURE
    (tiny.folder / "measures.toml").write_text(text + lines, encoding="utf-8")
    assert check_in_english(tiny.folder)[1].errors == []


PLOTS = """
[register]
name = "地块"
on = "town"

[[field]]
key = "land"
name = "面积"
kind = "number"
unit = "平方米"

[[field]]
key = "paid"
name = "补偿"
kind = "money"
"""
LAND = '{ source = "register", register = "plots", sum = "land" }'
PAID = '{ source = "register", register = "plots", sum = "paid" }'
ALL = '{ source = "register", register = "plots" }'


def write_measure(key: str, unit: str, lines: str) -> str:
    return f"""
[[measure]]
key = "{key}"
theme = "t"
name = "测试 {key}"
meaning = "测试用的口径"
unit = "{unit}"
{lines}
"""


def list_errors(tiny: TinyPack, *measures: str) -> str:
    (tiny.folder / "registers").mkdir(exist_ok=True)
    (tiny.folder / "registers" / "plots.toml").write_text(PLOTS, encoding="utf-8")
    theme = MEASURE[: MEASURE.index("[[measure]]")]
    (tiny.folder / "measures.toml").write_text(theme + "".join(measures), encoding="utf-8")
    return "\n".join(fault.message for fault in check_in_english(tiny.folder)[1].errors)


@pytest.mark.parametrize(
    ("unit", "lines", "words"),
    [
        ("万平方米", f'kind = "amount"\nspec = {LAND}', "the factor is 10000, not 1"),
        ("万元", f'kind = "amount"\nspec = {LAND}\nfactor = 10000', "its source is in 平方米"),
        ("万元", f'kind = "amount"\nspec = [{PAID}, {LAND}]\nfactor = 10000', "its source is in 平方米"),
        (
            "%",
            f'kind = "rate"\nnumerator = {LAND}\ndenominator = {ALL}\ndenominator_name = "在册"',
            "different units: counted rows, 平方米",
        ),
        (
            "平方米",
            f'kind = "rate"\nnumerator = {LAND}\ndenominator = {LAND}\ndenominator_name = "在册"',
            "a rate is in %",
        ),
        (
            "天",
            'kind = "duration"\nspec = { source = "cases", duration = "reported_closed" }',
            "the factor is 24",
        ),
        (
            "宗",
            'kind = "duration"\nspec = { source = "cases", duration = "reported_closed" }',
            "a duration is in",
        ),
        ("平方米", f'kind = "amount"\nspec = {LAND.replace("land", "moon")}', "'moon'"),
        (
            "平方米",
            'kind = "amount"\nspec = { source = "register", register = "plots", where = { moon = 1 } }',
            "'moon'",
        ),
    ],
)
def test_units_that_do_not_fit_and_missing_fields_are_named(
    tiny: TinyPack, unit: str, lines: str, words: str
) -> None:
    assert words in list_errors(tiny, write_measure("m", unit, lines))


@pytest.mark.parametrize(
    ("unit", "lines"),
    [
        ("万平方米", f'kind = "amount"\nspec = {LAND}\nfactor = 10000'),
        ("公顷", 'kind = "entered"'),
        ("块", f'kind = "amount"\nspec = {ALL}'),
        ("万元", f'kind = "amount"\nspec = {PAID}\nfactor = 10000'),
        ("%", f'kind = "rate"\nnumerator = {LAND}\ndenominator = {LAND}\ndenominator_name = "总面积"'),
        ("天", 'kind = "duration"\nfactor = 24\nspec = { source = "cases", duration = "reported_closed" }'),
    ],
)
def test_units_that_fit_pass(tiny: TinyPack, unit: str, lines: str) -> None:
    assert list_errors(tiny, write_measure("m", unit, lines)) == ""


ENTERED = write_measure("a", "亿元", 'kind = "entered"') + write_measure("b", "万元", 'kind = "entered"')
TERMS = 'terms = { x = "a", y = "b" }'


@pytest.mark.parametrize(
    ("unit", "formula", "words"),
    [
        ("亿元", "x + y", "adds 亿元 and 万元"),
        ("亿元", "100.0 * (x - y)", "subtracts 亿元 and 万元"),
        ("万元", "x + x", "the formula is in 亿元, the measure in 万元"),
        ("亿元", "x + z", "no name 'z'"),
        ("亿元", "x +", "a value is missing after +"),
    ],
)
def test_a_formula_adds_only_what_is_in_one_unit(tiny: TinyPack, unit: str, formula: str, words: str) -> None:
    measure = write_measure("m", unit, f'kind = "formula"\nformula = "{formula}"\n{TERMS}')
    assert words in list_errors(tiny, ENTERED, measure)


@pytest.mark.parametrize(
    ("unit", "formula"), [("亿元", "x + y / 10000.0"), ("%", "y / x"), ("万元", "y - y")]
)
def test_a_formula_that_converts_units_passes(tiny: TinyPack, unit: str, formula: str) -> None:
    measure = write_measure("m", unit, f'kind = "formula"\nformula = "{formula}"\n{TERMS}')
    assert list_errors(tiny, ENTERED, measure) == ""


def test_a_formula_is_split_only_as_its_terms_are(tiny: TinyPack) -> None:
    counted = write_measure("c", "块", f'kind = "amount"\nspec = {ALL}\nsplits = ["area"]')
    formula = write_measure(
        "m", "块", 'kind = "formula"\nformula = "c * 2"\nterms = { c = "c" }\nsplits = ["area", "unit"]'
    )
    assert list_errors(tiny, counted, formula) == "m: it is split by unit, but its term c is not"


def write_target(period: str, place: str = "") -> str:
    return f'\n[[target]]\nmeasure = "a"\nperiod = "{period}"\nvalue = 10\n{place}\n'


@pytest.mark.parametrize(
    ("first", "second"),
    [("2020H1", "2020-04..2020-09"), ("2020H1", "2020-01..2020-06"), ("2020-05", "2020-05-10..2020-06-10")],
)
def test_targets_that_overlap_are_refused(tiny: TinyPack, first: str, second: str) -> None:
    errors = list_errors(tiny, ENTERED, write_target(first), write_target(second))
    assert errors == f"the targets of a for {second} and {first} overlap"


def test_targets_of_parts_of_a_period_and_of_other_places_do_not_overlap(tiny: TinyPack) -> None:
    targets = [write_target(period) for period in ("2020", "2020H1", "2020H2", "2020Q1")]
    targets += [write_target("2020-02..2021-01", 'area = "440307014001"')]
    assert list_errors(tiny, ENTERED, *targets) == ""
