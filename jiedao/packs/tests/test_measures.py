"""A measure's sources are compared with what the pack itself declares, before it is applied."""

import pytest

from jiedao.packs.check import check_pack
from jiedao.packs.tests.tiny import TinyPack

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
        ('kind = "amount"\nspec = { source = "inspections", count = "moon" }', "'count' is none of"),
        (
            'kind = "amount"\nspec = { source = "inspections", count = "done", register = "none" }',
            "no register 'none'",
        ),
        ('kind = "amount"\nspec = { source = "projects", sum = "none" }', "no sum 'none'"),
        ('kind = "amount"\nspec = { source = "projects", kind = "none" }', "no kind 'none'"),
        ('kind = "amount"\nspec = { source = "campaigns", campaign = "none" }', "no campaign 'none'"),
        ('kind = "amount"\nspec = { source = "pledges", count = "moon" }', "'count' is none of"),
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
    errors = check_pack(tiny.folder)[1].errors
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
    (tiny.folder / "measures.toml").write_text(MEASURE + lines, encoding="utf-8")
    assert check_pack(tiny.folder)[1].errors == []
