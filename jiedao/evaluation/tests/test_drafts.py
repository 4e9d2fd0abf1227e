"""Drafts of a next version: tried on a period without being stored, read from a file, written for a pack."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from jiedao.cases.models import Case
from jiedao.evaluation.actions.appealing import decide_appeal, make_appeal
from jiedao.evaluation.actions.publishing import give_points, publish_scores
from jiedao.evaluation.drafts import MOST_BYTES, Draft, build_draft, read_draft, simulate, write_draft
from jiedao.evaluation.models import Score, SheetVersion
from jiedao.kernel.errors import UserError
from jiedao.kernel.periods import parse_period
from jiedao.testing.cast import Town

JUNE = parse_period("2020-06")


def change(draft: Draft, **rules: dict[str, Any]) -> Draft:
    """Return a draft with other rules for some items."""
    items = tuple(item.change_rule(rules[item.key]) if item.key in rules else item for item in draft.items)
    return Draft(draft.total, draft.digits, draft.appeal_days, draft.basis, draft.spec, items)


def find_points(version: SheetVersion, draft: Draft) -> dict[str, Decimal | None]:
    """Return the points of each unit by a draft."""
    return {result.subject.code: result.points for result in simulate(version, draft, JUNE)}


def test_an_unchanged_draft_gives_the_same_points(scored_town: Town, version: SheetVersion) -> None:
    assert find_points(version, build_draft(version)) == {
        "URBAN": Decimal("80.00"),
        "CLEAN": Decimal("100.00"),
        "WATER": Decimal("100.00"),
    }


def test_weights_rules_caps_and_bands_can_be_tried(scored_town: Town, version: SheetVersion) -> None:
    draft = build_draft(version)
    weights = change(
        draft, rate={"rule": "rate", "points": 30}, open={"rule": "deduct", "points": 60, "per": 5}
    )
    assert find_points(version, weights)["URBAN"] == Decimal("87.50")  # 22.5 + 55 + 10
    steeper = change(draft, open={"rule": "deduct", "points": 30, "per": 50, "floor": 10})
    assert find_points(version, steeper)["URBAN"] == Decimal("65.00")  # 45 + 10 + 10
    bands = [{"points": 60, "low": 90}, {"points": 20, "low": 50, "high": 90}, {"points": 0, "high": 50}]
    banded = change(draft, rate={"rule": "bands", "points": 60, "bands": bands})
    assert find_points(version, banded)["URBAN"] == Decimal("55.00")  # 20 + 25 + 10
    assert not Score.objects.exists()
    assert version.items.get(key="rate").spec["rule"]["rule"] == "rate"


def test_struck_cases_and_given_points_count_in_a_draft(scored_town: Town, version: SheetVersion) -> None:
    publish_scores(actor=scored_town.actor("supervisor"), sheet=version.sheet, period=JUNE)
    give_points(
        actor=scored_town.actor("supervisor"),
        item=version.items.get(key="other"),
        period=JUNE,
        code="URBAN",
        points=Decimal(4),
        reason="巡查发现两处",
    )
    score = Score.objects.get(place_key="unit:URBAN", current=True)
    number = Case.objects.get(handled_at=None).number
    appeal = make_appeal(
        actor=scored_town.actor("handler"), score_id=score.pk, numbers=[number], reason="不在本单位管辖范围"
    )
    decide_appeal(actor=scored_town.actor("leader"), appeal_id=appeal.pk, granted=None, decision="情况属实")
    assert find_points(version, build_draft(version))["URBAN"] == Decimal("94.00")  # 60 + 30 + 4


def test_a_draft_survives_its_file(scored_town: Town, version: SheetVersion) -> None:
    draft = change(
        build_draft(version),
        open={"rule": "deduct", "points": "30", "per": "0.5", "step": "2", "cap": "30"},
    )
    text = write_draft(version.sheet, draft, date(2020, 8, 1))
    assert 'key = "2020-08"\nfrom = 2020-08-01' in text
    assert read_draft(version.sheet, text.encode()).reached == Decimal(100)
    assert find_points(version, read_draft(version.sheet, text.encode())) == find_points(version, draft)


def test_codes_stay_texts_in_the_file(scored_town: Town, version: SheetVersion) -> None:
    version.spec = {**version.spec, "only": ["990001001001"], "minimum_measure": "due", "minimum": "2"}
    text = write_draft(version.sheet, build_draft(version), date(2020, 8, 1))
    assert 'only = ["990001001001"]' in text
    assert "minimum = 2" in text


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"[[scoresheet_version", "第 1 行：表头 [[scoresheet_version 没有用 ]] 结束（写 ]]）"),
        (b"\xff\xfe", "不是 UTF-8 编码"),
        (b"x" * (MOST_BYTES + 1), "文件过大"),
        (b"", "没有评分表"),
        (b'[[scoresheet_version]]\nsheet = "units"\nkey = "a"\nfrom = 2020-01-01\n', "没有项目"),
        (
            (
                b'[[scoresheet_version]]\nsheet = "units"\nkey = "a"\nfrom = 2020-01-01\n[[scoresheet_item]]\n'
                b'sheet = "units"\nversion = "a"\nkey = "b"\nname = "b"\nrule = { rule = "luck", points = 5 }\n'
            ),
            "rule 不能写 luck",
        ),
        (
            (
                b'[[scoresheet_version]]\nsheet = "units"\nkey = "a"\nfrom = 2020-01-01\nminimum = 5\n'
                b'[[scoresheet_item]]\nsheet = "units"\nversion = "a"\nkey = "b"\nname = "b"\n'
                b'rule = { rule = "manual", points = 5 }\n'
            ),
            "缺少 minimum_measure",
        ),
        (b'[[scoresheet_version]]\nsheet = "units"\nkey = "a"\n', "from"),
    ],
)
def test_a_file_with_faults_is_refused(
    scored_town: Town, version: SheetVersion, raw: bytes, words: str
) -> None:
    with pytest.raises(UserError) as refusal:
        read_draft(version.sheet, raw)
    assert words in str(refusal.value)
    assert refusal.value.field == "file"


def test_a_draft_that_names_an_unknown_measure_is_refused(scored_town: Town, version: SheetVersion) -> None:
    text = write_draft(version.sheet, build_draft(version), date(2020, 8, 1)).replace(
        'measure = "rate"', 'measure = "luck"'
    )
    with pytest.raises(UserError, match="没有指标"):
        simulate(version, read_draft(version.sheet, text.encode()), JUNE)
