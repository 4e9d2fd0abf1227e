"""Score sheets of a pack: what is checked, and what applying a new version leaves unchanged."""

import pytest

from jiedao.evaluation.models import ScoreSheet, SheetItem, SheetVersion
from jiedao.orgs.actor import make_system_actor
from jiedao.packs.actions import apply_pack
from jiedao.packs.tests.tiny import TinyPack, check_in_english

MEASURES = """[[theme]]
key = "cases"
name = "案件"

[[measure]]
key = "rate"
theme = "cases"
name = "处置率"
meaning = "处置数除以应处置数。"
unit = "%"
kind = "rate"
numerator = { source = "cases", measure = "handled" }
denominator = { source = "cases", measure = "due" }
denominator_name = "应处置"
splits = ["unit"]

[[measure]]
key = "due"
theme = "cases"
name = "应处置数"
meaning = "应处置的案件。"
unit = "件"
kind = "amount"
spec = { source = "cases", measure = "due" }
"""
SHEET = """[[scoresheet]]
key = "units"
name = "月度考评"
subject = "unit"
period = "month"

[[scoresheet_version]]
sheet = "units"
key = "2020"
from = 2020-01-01
total = 100
exclude = ["CG"]
grades = [{ label = "优", least = 90 }, { label = "差", least = 0 }]

[[scoresheet_item]]
sheet = "units"
version = "2020"
key = "rate"
name = "处置率"
measure = "rate"
rule = { rule = "rate", points = 70 }

[[scoresheet_item]]
sheet = "units"
version = "2020"
key = "other"
name = "其他"
rule = { rule = "manual", points = 30 }
missing = "full"
"""
VERSION_2021 = """
[[scoresheet_version]]
sheet = "units"
key = "2021"
from = 2021-01-01

[[scoresheet_item]]
sheet = "units"
version = "2021"
key = "rate"
name = "处置率"
measure = "rate"
rule = { rule = "rate", points = 100 }
"""


def write(tiny: TinyPack, sheet: str = SHEET) -> None:
    """Write the measures and a sheet into the pack."""
    for name, text in (("measures.toml", MEASURES), ("scoresheets.toml", sheet)):
        tiny.write(name, text)


def find_errors(tiny: TinyPack) -> list[str]:
    """Return the errors of the pack as texts."""
    return [f"{fault.code}: {fault.message}" for fault in check_in_english(tiny.folder)[1].errors]


def test_a_sound_sheet_passes(tiny: TinyPack) -> None:
    write(tiny)
    assert find_errors(tiny) == []


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("points = 70", "points = 60", "60 + 30 = 90 points, not 100"),
        ('measure = "rate"\nrule', 'measure = "ratio"\nrule', "no measure ratio"),
        ('measure = "rate"\nrule', 'measure = "due"\nrule', "due is not split by unit"),
        ('splits = ["unit"]', 'splits = ["area"]', "rate is not split by unit"),
        ('exclude = ["CG"]', 'exclude = ["CH"]', "no unit CH"),
        ('exclude = ["CG"]', 'unit_kinds = ["OFFICES"]', "no kind of unit OFFICES"),
        ('least = 0 }', 'least = 10 }', "no grade is below 10"),
        ('version = "2020"\nkey = "other"', 'version = "2019"\nkey = "other"', "no version 2019"),
        ('subject = "unit"', 'subject = "resident"', "'subject' cannot be 'resident'"),
        ("from = 2020-01-01", "from = 2020-01-01\nuntil = 2019-12-31", "ends before it begins"),
        ("from = 2020-01-01", 'from = 2020-01-01\nminimum = 3', "'minimum_measure' is missing"),
        (
            '{ rule = "rate", points = 70 }',
            '{ rule = "deduct", points = 70, per = 0.5, cap = 5 }',
            "deductions stop at 5, so the 70 points can never be lost",
        ),
        (
            '{ rule = "rate", points = 70 }',
            '{ rule = "bands", points = 70, bands = [{ points = 0, high = 50 }, { points = 70, low = 60 }] }',
            "there is a gap between the bands",
        ),
        (
            '{ rule = "rate", points = 70 }',
            '{ rule = "bands", points = 70, bands = [{ points = 0, high = 60 }, { points = 70, low = 50 }] }',
            "overlap",
        ),
        (
            '{ rule = "rate", points = 70 }',
            '{ rule = "bands", points = 70, bands = [{points = 0, high = 50}, {points = 70, low = 50, high = 90}] }',
            "no band holds values above [50, 90)",
        ),
        (
            '{ rule = "rate", points = 70 }',
            '{ rule = "bands", points = 70, bands = [{ points = 0, high = 50 }, { points = 60, low = 50 }] }',
            "no band gives more than 60 of the 70 points",
        ),
        (
            '{ rule = "rate", points = 70 }',
            '{ rule = "rank_table", points = 70, table = [60, 50] }',
            "the first rank gets only 60 of the 70 points",
        ),
        (
            '{ rule = "rate", points = 70 }',
            '{ rule = "threshold", points = 70, threshold = 101 }',
            "no share reaches the threshold 101",
        ),
        ("from = 2020-01-01", 'from = 2020-01-01\nroles = ["GRID"]', "'roles' is of a sheet of posts"),
        ('measure = "rate"\nrule', 'scores_of = "months"\nrule', "no sheet months"),
        ('measure = "rate"\nrule', 'scores_of = "units"\nrule', "not shorter than those of this one"),
        (
            'measure = "rate"\nrule',
            'measure = "rate"\nscores_of = "units"\nrule',
            "'scores_of' takes the place of the measure",
        ),
    ],
)  # fmt: skip
def test_faults_are_found(tiny: TinyPack, before: str, after: str, words: str) -> None:
    sheet, measures = SHEET, MEASURES
    assert before in sheet + measures
    write(tiny, sheet.replace(before, after, 1))
    tiny.write("measures.toml", measures.replace(before, after, 1))
    assert any(words in error for error in find_errors(tiny)), find_errors(tiny)


def test_two_versions_do_not_hold_at_once(tiny: TinyPack) -> None:
    write(tiny, SHEET + VERSION_2021)
    assert any("still holds when 2021 begins" in error for error in find_errors(tiny))
    write(tiny, SHEET.replace("from = 2020-01-01", "from = 2020-01-01\nuntil = 2020-12-31") + VERSION_2021)
    assert find_errors(tiny) == []


def test_applying_stores_sheets_and_retires_what_is_left_out(db: None, tiny: TinyPack) -> None:
    write(tiny)
    actor = make_system_actor()
    apply_pack(pack=check_in_english(tiny.folder)[0], actor=actor)
    version = SheetVersion.objects.get()
    assert (version.sheet.key, version.spec["exclude"]) == ("units", ["CG"])
    assert list(version.items.values_list("key", flat=True)) == ["rate", "other"]
    assert version.items.get(key="rate").spec["values"] == {"value": "rate"}
    item = '\n[[scoresheet_item]]\nsheet = "units"\nversion = "2020"\nkey = "other"'
    write(tiny, SHEET.split(item, maxsplit=1)[0].replace("points = 70", "points = 100"))
    apply_pack(pack=check_in_english(tiny.folder)[0], actor=actor)
    assert not SheetItem.objects.get(key="other").active
    assert ScoreSheet.objects.get().active


def make_posts(**changes: str) -> str:
    """Return a sheet that scores posts, with other lines in its version."""
    sheet = SHEET.replace('subject = "unit"', 'subject = "post"').replace('exclude = ["CG"]\n', "")
    lines = {"roles": '["HANDLER"]', "measured_by": '"unit"', **changes}
    written = "\n".join(f"{name} = {value}" for name, value in lines.items() if value)
    return sheet.replace("from = 2020-01-01", f"from = 2020-01-01\n{written}")


def test_a_sheet_of_posts_passes(tiny: TinyPack) -> None:
    write(tiny, make_posts())
    assert find_errors(tiny) == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"roles": ""}, "'roles' is missing"),
        ({"roles": '["PILOT"]'}, "no post has the role PILOT"),
        ({"measured_by": '"street"'}, "'measured_by' cannot be 'street'"),
        ({"measured_by": '"area"'}, "rate is not split by area"),
        ({"minimum_holders": "1"}, "minimum_holders"),
        ({"black": "3"}, "a black list names no posts"),
    ],
)
def test_faults_of_a_sheet_of_posts(tiny: TinyPack, changes: dict[str, str], words: str) -> None:
    write(tiny, make_posts(**changes))
    assert any(words in error for error in find_errors(tiny)), find_errors(tiny)
