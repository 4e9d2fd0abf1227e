"""Published figures: only numbers of marked measures, for a token that may read nothing else."""

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest

from jiedao.api.tests.conftest import CASES, Caller
from jiedao.cases.flow import State
from jiedao.indicators.models import VIEW_PUBLISHED, Measure, PeriodLock, Theme
from jiedao.indicators.tests.conftest import declare_measure
from jiedao.kernel import clock
from jiedao.testing.cast import Town, make_cases

ROOT = "/api/v1/published-figures"
DAY = datetime(2020, 6, 10, 2, tzinfo=UTC)
JULY = datetime(2020, 7, 1, 2, tzinfo=UTC)


@pytest.fixture
def district(town: Town) -> Caller:
    """The account of the district, whose post holds one right, with a token of one scope; two cases are due in June."""
    rows: list[dict[str, Any]] = [{"reported_at": DAY, "handle_due_at": DAY, "unit": "URBAN", "grid": "G1"}]
    rows = [{**rows[0], "state": State.HANDLING.value}, {**rows[0], "state": State.HANDLING.value}]
    make_cases(town, rows, index=False)
    due, done = ({"source": "cases", "measure": name} for name in ("due", "handled"))
    declare_measure("due", "amount", {"spec": due}, published=True, better="")
    declare_measure("secret", "amount", {"spec": done})
    declare_measure(
        "rate",
        "rate",
        {"numerator": done, "denominator": due, "denominator_name": "应处置"},
        unit_label="%",
        digits=1,
        published=True,
    )
    post = town.posts["visitor"]
    post.permissions, post.scope = [VIEW_PUBLISHED], "OWN"
    post.save()
    return Caller(town, "visitor", ["published:read"])


def test_only_published_measures_are_listed(district: Caller) -> None:
    with clock.at(JULY):
        status, answer = district.get(ROOT, period="2020-06")
    assert status == 200
    values = {
        row["measure"]: (row["value"], row["numerator"], row["denominator"]) for row in answer["figures"]
    }
    assert values == {"due": ("2", None, None), "rate": ("0.0", "0", "2")}
    assert answer["period"] == "2020-06"
    assert answer["towns"] == [{"code": "990001001", "name": "云溪街道"}]


def test_no_rows_links_or_cases_are_in_the_answer(district: Caller) -> None:
    with clock.at(JULY):
        _status, answer = district.get(ROOT, period="2020-06")
    text = json.dumps(answer)
    assert "url" not in text
    assert "/desk/" not in text
    assert "rows" not in text


def test_no_data_is_null_with_its_reason_in_both_languages(district: Caller) -> None:
    with clock.at(JULY):
        _status, answer = district.get(ROOT, period="2020-05")
    row = answer["figures"][0]
    assert row["value"] is None
    assert row["note"] == "没有数据：2020-06-10 起才有记录"
    assert "2020-06-10" in row["note_en"]
    assert row["note_en"] != row["note"]


def test_a_period_is_ended_after_its_last_day_and_locked_where_the_office_locked_it(
    town: Town, district: Caller
) -> None:
    with clock.at(datetime(2020, 6, 30, 2, tzinfo=UTC)):
        assert not district.get(ROOT, period="2020-06")[1]["figures"][0]["ended"]
    PeriodLock.objects.create(
        theme=Theme.objects.get(key="test"),
        first_date=date(2020, 6, 1),
        last_date=date(2020, 6, 30),
        locked_by=town.users["leader"],
        locked_at=JULY,
    )
    with clock.at(JULY):
        row = district.get(ROOT, period="2020-06")[1]["figures"][0]
    assert (row["ended"], row["locked"]) == (True, True)


def test_the_account_of_the_district_reads_nothing_else(district: Caller) -> None:
    for path in (CASES, "/api/v1/figures", "/api/v1/registers", "/api/v1/reports", "/api/v1/inspections"):
        assert district.get(path)[0] == 403, path


def test_a_post_without_the_right_is_refused(town: Town, district: Caller) -> None:
    assert Caller(town, "grid1", ["published:read"]).get(ROOT)[0] == 403
    assert Caller(town, "visitor", ["figures:read"]).get(ROOT)[0] == 403


@pytest.mark.parametrize("query", [{"period": "2020-13"}, {"area": "990001001001"}, {"periode": "2020"}])
def test_an_unknown_parameter_or_period_is_refused(district: Caller, query: dict[str, str]) -> None:
    assert district.get(ROOT, **query)[0] == 422


def test_the_version_changes_with_the_definition(district: Caller) -> None:
    def read_version() -> str:
        _status, answer = district.get(ROOT, period="2020-06")
        return str(answer["figures"][0]["definition"]["version"])

    with clock.at(JULY):
        before = read_version()
        Measure.objects.filter(key="due").update(name="别的名称", meaning="别的说明")
        assert read_version() == before
        Measure.objects.filter(key="due").update(digits=2)
        assert read_version() != before
