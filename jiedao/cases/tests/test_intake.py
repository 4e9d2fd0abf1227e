"""Filing a case: what is stored, what is refused, and that no case is filed twice."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from jiedao.audit.models import Entry
from jiedao.cases.actions.intake import NewCase, file_case, file_cases
from jiedao.cases.models import Case, Reporter
from jiedao.cases.rows import FiledCase
from jiedao.cases.selectors import search
from jiedao.kernel import clock, crypto
from jiedao.kernel.errors import NotAllowed, Stale, UserError
from jiedao.testing.cast import Town

pytestmark = pytest.mark.django_db


def make_new_case(**columns: object) -> NewCase:
    return NewCase(
        **{
            "channel": "WEB",
            "subject": "",
            "detail": "滨江路口有垃圾",
            "lon": 114.105,
            "lat": 22.605,
            **columns,
        }
    )


def test_a_point_decides_the_grid(town: Town) -> None:
    case = Case.objects.get(pk=file_case(make_new_case(), actor=town.actor("registrar")).id)
    assert case.area == town.areas["G1"]
    assert case.area_path == town.areas["G1"].path
    assert not case.outside


def test_a_point_just_outside_gets_the_nearest_grid(town: Town) -> None:
    case = Case.objects.get(pk=file_case(make_new_case(lon=114.0990), actor=town.actor("registrar")).id)
    assert case.area == town.areas["G1"]


def test_a_point_far_away_is_marked_as_outside(town: Town) -> None:
    case = Case.objects.get(
        pk=file_case(make_new_case(lon=116.4, lat=39.9), actor=town.actor("registrar")).id
    )
    assert case.outside
    assert case.area is None


def test_other_coordinate_systems_are_converted_and_stored(town: Town) -> None:
    case = Case.objects.get(
        pk=file_case(make_new_case(coord_system="GCJ02"), actor=town.actor("registrar")).id
    )
    assert abs(case.lon - (114.105 - 0.0051)) < 0.0005
    assert case.coord_system == "GCJ02"


def test_a_filed_case_has_suggestions_a_clock_and_a_search_row(town: Town) -> None:
    case = Case.objects.get(pk=file_case(make_new_case(), actor=town.actor("registrar")).id)
    assert case.suggestions[0]["category"] == town.categories["RUBBISH"].pk
    assert case.suggestions[0]["words"] == ["垃圾"]
    assert case.clocks.get().stage == "ACCEPT"
    assert case.due_at == case.clocks.get().due_at
    assert (
        Case.objects.filter(id__in=search.find_matching_ids(search.make_query_tokens("垃圾"))).get() == case
    )
    assert case.subject == "滨江路口有垃圾"


def test_the_reporter_is_encrypted_and_has_a_date_of_erasure(town: Town) -> None:
    filed = file_case(
        make_new_case(reporter_name="张三", reporter_phone="13800138000"), actor=town.actor("registrar")
    )
    row = Reporter.objects.get(case_id=filed.id)
    assert "张三" not in row.name
    assert crypto.decrypt(row.name) == "张三"
    assert crypto.decrypt(row.phone) == "13800138000"
    assert row.erase_after is not None
    assert Case.objects.get(pk=filed.id).reporter_key == crypto.compute_keyed_digest("13800138000")
    assert "张三" not in str(Entry.objects.get(object_id=filed.id).after)


@pytest.mark.parametrize("key", ["client_uuid", "source_key"])
def test_the_same_key_returns_the_first_case(town: Town, key: str) -> None:
    value = uuid.UUID(int=7) if key == "client_uuid" else "board:7"
    first = file_case(make_new_case(**{key: value}), actor=town.actor("registrar"))
    again = file_case(make_new_case(**{key: value}), actor=town.actor("registrar"))
    assert (first.created, again.created) == (True, False)
    assert again.number == first.number
    assert Case.objects.count() == 1
    assert Entry.objects.filter(action="cases.case:report").count() == 1


@pytest.mark.parametrize("key", ["client_uuid", "source_key"])
@pytest.mark.parametrize(
    ("username", "change"),
    [
        ("registrar", {"detail": "另一件事，在另一条路上"}),
        ("registrar", {"reporter_phone": "13900139000"}),
        ("shift", {}),
    ],
)
def test_a_key_of_another_user_or_another_matter_is_refused(
    town: Town, key: str, username: str, change: dict[str, Any]
) -> None:
    value = uuid.UUID(int=7) if key == "client_uuid" else "board:7"
    first = file_case(make_new_case(**{key: value}), actor=town.actor("registrar"))
    with pytest.raises(Stale) as caught:
        file_case(make_new_case(**{key: value}, **change), actor=town.actor(username))
    assert caught.value.field == key
    assert first.number not in str(caught.value)
    assert Case.objects.count() == 1


@pytest.mark.parametrize(
    ("username", "detail", "known"),
    [("registrar", "", True), ("registrar", "x", False), ("shift", "", False)],
)
def test_a_case_older_than_the_digests_is_compared_by_its_fields(
    town: Town, username: str, detail: str, known: bool
) -> None:
    first = file_case(make_new_case(source_key="board:7"), actor=town.actor("registrar"))
    Case.objects.update(intake_digest=None)
    again = make_new_case(source_key="board:7", **({"detail": "另一件事"} if detail else {}))
    if known:
        assert file_case(again, actor=town.actor(username)).number == first.number
        return
    with pytest.raises(Stale):
        file_case(again, actor=town.actor(username))


def test_one_taken_key_refuses_the_complete_batch(town: Town) -> None:
    file_case(make_new_case(source_key="board:7"), actor=town.actor("registrar"))
    batch = [make_new_case(source_key="board:8"), make_new_case(source_key="board:7", detail="另一件事")]
    with pytest.raises(Stale):
        file_cases(batch, actor=town.actor("registrar"))
    assert Case.objects.count() == 1


def test_the_uuid_of_zeros_is_no_key(town: Town) -> None:
    with pytest.raises(UserError) as caught:
        file_case(make_new_case(client_uuid=uuid.UUID(int=0)), actor=town.actor("registrar"))
    assert (caught.value.field, caught.value.status) == ("client_uuid", 422)


def test_filing_takes_at_most_six_statements(town: Town) -> None:
    actor = town.actor("registrar")
    file_case(make_new_case(), actor=actor)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        file_case(make_new_case(reporter_name="张三", client_uuid=uuid.uuid4()), actor=actor)
    writes = [row["sql"] for row in queries if not row["sql"].startswith(("SAVEPOINT", "RELEASE"))]
    assert len(writes) <= 8 if connection.vendor == "sqlite" else len(writes) <= 6, writes


@pytest.mark.parametrize(
    ("columns", "field"),
    [
        ({"detail": "", "subject": ""}, "detail"),
        ({"detail": "字" * 100_000}, "detail"),
        ({"subject": "字" * 201}, "subject"),
        ({"channel": "PIGEON"}, "channel"),
        ({"coord_system": "MARS"}, "lon"),
        ({"category_id": 999_999}, "category"),
        ({"area_id": 999_999}, "area"),
        ({"reported_at": clock.now() + timedelta(hours=2)}, "reported_at"),
    ],
)
def test_input_that_cannot_be_stored_is_refused_with_its_field(
    town: Town, columns: dict[str, object], field: str
) -> None:
    with pytest.raises(UserError) as fault:
        file_case(make_new_case(**columns), actor=town.actor("registrar"))
    assert fault.value.field == field
    assert fault.value.hint
    assert not Case.objects.exists()


def test_a_batch_is_all_or_nothing(town: Town) -> None:
    with pytest.raises(UserError):
        file_cases([make_new_case(), make_new_case(channel="PIGEON")], actor=town.actor("registrar"))
    assert not Case.objects.exists()


def test_filing_requires_the_right(town: Town) -> None:
    with pytest.raises(NotAllowed):
        file_case(make_new_case(), actor=town.actor("visitor"))


def test_a_grid_worker_files_only_in_their_own_grids(town: Town) -> None:
    with pytest.raises(NotAllowed):
        file_case(make_new_case(lon=None, lat=None, area_id=town.areas["G3"].pk), actor=town.actor("grid1"))


@pytest.mark.parametrize(
    ("point", "reason"),
    [
        ((0.0, 0.0), "都是 0"),
        ((114.105, None), "只填了一个"),
        ((181.0, 22.605), "读不出"),
        ((22.605, 114.105), "填反了"),
        ((139.7, 35.7), "不在中国"),
        ((float("nan"), 22.605), "读不出"),
    ],
)
def test_a_matter_loses_what_is_no_point_with_a_note(
    town: Town, point: tuple[float, float | None], reason: str
) -> None:
    key = uuid.uuid4()
    actor = town.actor("registrar")

    def file() -> FiledCase:
        new = make_new_case(lon=point[0], lat=point[1], accuracy_m=9.0, client_uuid=key)
        return file_case(new, actor=actor)

    filed = file()
    case = Case.objects.get(pk=filed.id)
    assert (case.lon, case.lat, case.accuracy_m, case.coord_system, case.outside) == (
        None,
        None,
        None,
        "",
        False,
    )
    assert reason in filed.warnings[0]
    assert case.moves.get(move="REPORT").text == filed.warnings[0]
    again = file()
    assert (again.created, again.id, again.warnings) == (False, filed.id, filed.warnings)
    assert file_case(make_new_case(), actor=actor).warnings == ()


def test_a_chosen_place_gives_the_point_that_the_device_has_not(town: Town) -> None:
    new = make_new_case(lon=0.0, lat=0.0, area_id=town.areas["G3"].pk)
    case = Case.objects.get(pk=file_case(new, actor=town.actor("registrar")).id)
    assert case.area == town.areas["G3"]
