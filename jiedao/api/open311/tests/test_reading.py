"""Reading service requests: their public content, and the filters of the list."""

from datetime import datetime, timedelta
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from jiedao.api.open311.moments import format_moment
from jiedao.api.open311.tests.conftest import get, open_endpoint
from jiedao.cases.models import Case, CaseMove
from jiedao.kernel import clock
from jiedao.testing.cast import Town, make_case, make_cases, walk


def list_numbers(**params: Any) -> list[str]:
    """Return the numbers of a list of service requests."""
    answer = get("requests.json", **params)
    assert answer.status_code == 200, answer.content.decode()
    return [row["service_request_id"] for row in answer.json()]


def test_a_request_states_category_state_unit_community_and_times_but_no_words_of_the_reporter(
    town: Town,
) -> None:
    case = walk(town, to="HANDLING")
    [row] = get(f"requests/{case.number}.json").json()
    assert row == {
        "service_request_id": case.number,
        "status": "open",
        "status_notes": "处置中",
        "service_name": "暴露垃圾",
        "service_code": "MATTER:01001",
        "description": None,
        "agency_responsible": town.units["URBAN"].name,
        "service_notice": None,
        "requested_datetime": format_moment(case.reported_at),
        "updated_datetime": format_moment(case.moves.latest("at").at),
        "expected_datetime": format_moment(case.close_due_at),
        "address": "临江社区",
        "address_id": None,
        "zipcode": None,
        "lat": None,
        "long": None,
        "media_url": None,
    }
    [element] = ET.fromstring(get(f"requests/{case.number}.xml").content)
    assert [child.tag for child in element] == list(row)
    assert [child.text for child in element] == list(row.values())


def test_a_closed_request_was_updated_when_it_was_closed(town: Town) -> None:
    case = walk(town, to="DONE")
    [row] = get(f"requests/{case.number}.json").json()
    assert (row["status"], row["status_notes"]) == ("closed", "已办结")
    assert row["updated_datetime"] == format_moment(case.closed_at)
    assert case.closed_at < case.moves.latest("at").at


def test_whether_the_reporter_is_satisfied_is_not_public(town: Town) -> None:
    rows = make_cases(
        town,
        [
            {"state": state, "closed_at": clock.now(), "visit_outcome": outcome}
            for state, outcome in (("CLOSED", ""), ("TO_CONFIRM", "UNSATISFIED"), ("DONE", "UNSATISFIED"))
        ],
        index=False,
    )
    notes = {get(f"requests/{case.number}.json").json()[0]["status_notes"] for case in rows}
    assert notes == {"已办结"}


@pytest.mark.parametrize("channel", ["PATROL", "SUPERIOR", "INSPECTION", "OTHER"])
def test_what_the_office_found_itself_is_not_public(town: Town, channel: str) -> None:
    case = make_case(town, channel=channel)
    assert get(f"requests/{case.number}.json").status_code == 404
    assert list_numbers() == list_numbers(service_request_id=case.number) == []


def test_a_category_that_is_not_offered_is_not_named(town: Town) -> None:
    case = make_case(town, kind="STALL")
    open_endpoint(services=["MATTER:01"])
    row = get(f"requests/{case.number}.json").json()[0]
    assert (row["service_code"], "经营" in str(row)) == ("OTHER", False)
    assert list_numbers(service_code="OTHER") == [case.number]
    assert list_numbers(service_code="MATTER:04001") == []


def test_the_list_has_the_newest_first_and_the_filters_of_the_specification(town: Town) -> None:
    now = clock.now()
    rows = make_cases(
        town,
        [
            {"reported_at": now - timedelta(days=80)},
            {"reported_at": now - timedelta(days=3), "kind": "COVER", "state": "DONE", "closed_at": now},
            {"reported_at": now - timedelta(days=2), "kind": ""},
            {"reported_at": now - timedelta(days=100)},
        ],
        index=False,
    )
    first, cover, nameless, old = (row.number for row in rows)
    assert list_numbers() == [nameless, cover, first]
    assert list_numbers(status="open") == [nameless, first]
    assert list_numbers(status="closed") == [cover]
    assert list_numbers(status="open,closed") == [nameless, cover, first]
    assert list_numbers(status="") == [nameless, cover, first]
    assert list_numbers(service_code="COMPONENT:01001,OTHER") == [nameless, cover]
    assert list_numbers(service_code=["MATTER:01001", "OTHER"]) == [nameless, first]
    assert list_numbers(service_request_id=f"{old}, {cover},2020-1", status="open") == [old, cover]
    day = timedelta(days=1)
    assert list_numbers(start_date=format_moment(now - 4 * day)) == [nameless, cover]
    assert list_numbers(end_date=format_moment(now - 90 * day)) == [old]
    span = {"start_date": format_moment(now - 101 * day), "end_date": format_moment(now - 50 * day)}
    assert list_numbers(**span) == [first, old]
    assert list_numbers(page_size="2") == [nameless, cover]
    assert list_numbers(page_size="2", page="2") == [first]


def test_updated_after_finds_old_requests_that_moved(town: Town) -> None:
    now = clock.now()
    moved, still, closed = make_cases(
        town,
        [
            {"reported_at": now - timedelta(days=200)},
            {"reported_at": now - timedelta(days=1)},
            {"reported_at": now - timedelta(days=150), "state": "DONE", "closed_at": now - timedelta(days=5)},
        ],
        index=False,
    )
    for case, move, age in (
        (moved, "DISPATCH", 2),
        (still, "REPORT", 1),
        (closed, "CLOSE", 5),
        (closed, "REPLY", 1),
    ):
        CaseMove.objects.create(
            case=case, move=move, at=now - timedelta(days=age), to_state=case.state, actor_label="x"
        )
    CaseMove.objects.create(case=still, move="COMMENT", at=now, to_state=still.state, actor_label="x")
    since = format_moment(now - timedelta(days=3))
    assert list_numbers(updated_after=since) == [still.number, moved.number]
    assert list_numbers(updated_before=since) == [closed.number]
    shown = get(f"requests/{moved.number}.json").json()[0]["updated_datetime"]
    assert list_numbers(updated_after=shown, updated_before=shown) == [moved.number]


def test_updated_before_alone_means_the_90_days_before_it(town: Town) -> None:
    now = clock.now()
    rows = [
        {"reported_at": now - timedelta(days=300), "state": "DONE", "closed_at": now - timedelta(days=age)}
        for age in (91, 1)
    ]
    cases = make_cases(town, rows, index=False)
    for case in cases:
        CaseMove.objects.create(
            case=case, move="CLOSE", at=case.closed_at, to_state=case.state, actor_label="x"
        )
    assert list_numbers(updated_before=format_moment(now)) == [cases[1].number]


def test_times_may_have_any_zone_and_a_plus_that_was_not_encoded(town: Town) -> None:
    tz = clock.TOWN_TZ
    make_case(town, reported_at=datetime(2026, 5, 4, 0, 30, tzinfo=tz))
    for start, end in (
        ("2026-05-03T16:30:00Z", "2026-05-03T16:30:00Z"),
        ("2026-05-04T00:30:00 08:00", "2026-05-04T00:30:00+08:00"),
        ("2026-05-04", "2026-05-04"),
    ):
        assert len(list_numbers(start_date=start, end_date=end)) == 1
    assert list_numbers(start_date="2026-05-05", end_date="2026-05-05") == []


@pytest.mark.parametrize(
    "params",
    [
        {"start_date": "2026-05-04T00:30:00"},
        {"start_date": "yesterday"},
        {"start_date": "0001-01-01T00:00:00+14:00"},
        {"end_date": "9999-12-31T23:59:59-12:00"},
        {"updated_after": "2026-13-01T00:00:00Z"},
        {"start_date": "2026-05-04T00:00:00Z", "end_date": "2026-05-03T00:00:00Z"},
        {"start_date": "2026-01-01T00:00:00Z", "end_date": "2026-05-03T00:00:00Z"},
        {"status": "solved"},
        {"service_code": "MATTER:99999"},
        {"page": "0"},
        {"page": "102"},
        {"page": "100002", "page_size": "1"},
        {"updated_after": "2020-01-01T00:00:00Z"},
        {"updated_after": "2020-01-01T00:00:00Z", "updated_before": "2020-05-01T00:00:00Z"},
        {"page_size": "1001"},
        {"page_size": "ten"},
    ],
)
def test_a_value_that_cannot_be_read_is_400_and_named(town: Town, params: dict[str, str]) -> None:
    answer = get("requests.json", **params)
    name = next(iter(params))
    assert (answer.status_code, answer.json()[0]["code"]) == (400, 400)
    assert name in answer.json()[0]["description"]
    assert b"<code>400</code>" in get("requests.xml", **params).content


def test_a_list_is_at_most_a_thousand_and_needs_three_statements(town: Town) -> None:
    make_cases(town, [{} for _ in range(1005)], index=False)
    list_numbers()
    with CaptureQueriesContext(
        connection,
    ) as statements:
        assert len(list_numbers()) == 1000
    assert len(statements) == 3  # requests, their steps, and what was released of them
    assert len(list_numbers(page="2")) == Case.objects.count() - 1000
