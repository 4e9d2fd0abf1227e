"""Words that only fill the field of a missing reporter name nobody; a source key is the same in every spelling."""

import json
from datetime import datetime, timedelta

import pytest
from click.testing import CliRunner

from jiedao.cases.actions.intake import NewCase, file_case
from jiedao.cases.commands import hotspots
from jiedao.cases.models import Case, Reporter
from jiedao.cases.reporters import drop_placeholder
from jiedao.kernel import clock, crypto
from jiedao.kernel.models import Policy
from jiedao.kernel.policies import POLICIES
from jiedao.testing.cast import Town

pytestmark = pytest.mark.django_db
MONDAY = datetime(2022, 5, 2, 9, 0, tzinfo=clock.TOWN_TZ)


def file_message(town: Town, number: int, **columns: str) -> Case:
    new = NewCase(
        "WEB",
        "清河苑小区噪音扰民",
        f"清河苑小区楼下的棋牌室第{number}个晚上吵闹到半夜，请管一管。",
        place_text="清河苑小区",
        reported_at=MONDAY + timedelta(days=number),
        **columns,  # type: ignore[arg-type]
    )
    case: Case = Case.objects.get(pk=file_case(new, actor=town.actor("registrar")).id)
    return case


def measure_heat() -> float:
    result = CliRunner().invoke(
        hotspots, ["--from", "2022-05-01", "--to", "2022-05-31", "--json"], catch_exceptions=False
    )
    first = json.loads(result.stdout)[0]
    return float(first["heat"])


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("匿名", ""),
        (" 匿　名 ", ""),
        ("（不愿透露）", ""),
        ("UNKNOWN", ""),
        ("０", ""),
        ("000-0000", ""),
        ("——", ""),
        ("無名", "無名"),
        ("吴", "吴"),
        ("无为", "无为"),
        ("10086", "10086"),
        ("", ""),
    ],
)
def test_a_placeholder_is_no_value(town: Town, text: str, value: str) -> None:
    assert drop_placeholder(text) == value


def test_the_list_of_placeholders_is_that_of_the_pack(town: Town) -> None:
    Policy.objects.create(key="placeholders", value=["路人甲"])
    POLICIES.forget()

    assert [drop_placeholder(text) for text in ("路人甲", "匿名", "-")] == ["", "匿名", ""]


def test_a_case_whose_reporter_is_a_placeholder_has_no_reporter(town: Town) -> None:
    case = file_message(town, 1, reporter_name="匿名", reporter_phone="0", reporter_ref="无")

    assert (case.has_reporter, case.reporter_key, Reporter.objects.count()) == (False, "", 0)


def test_anonymous_messages_are_as_many_people(town: Town) -> None:
    for number in range(6):
        file_message(town, number, reporter_ref="匿名")
    heat = measure_heat()
    # A version that took the word for a person stored its digest.
    Case.objects.update(reporter_key=crypto.compute_keyed_digest("匿名"))

    assert measure_heat() == heat
    Case.objects.update(reporter_key=crypto.compute_keyed_digest("13800138000"))
    assert measure_heat() < heat / 3


def test_a_source_key_is_one_key_in_every_spelling(town: Town) -> None:
    first = file_message(town, 1, source_key="hotline:00090417")

    again = file_message(town, 1, source_key="ｈｏｔｌｉｎｅ:\u200b０００９０４１７")

    assert (again.pk, again.source_key) == (first.pk, "hotline:00090417")
