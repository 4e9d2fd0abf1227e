"""The dispatcher's desk: accept a suggestion, dispatch, and continue with the next case."""

import re
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from jiedao.cases.models import Case, Choice
from jiedao.desk.tests.conftest import SignedIn
from jiedao.kernel.memo import forget_all
from jiedao.places.models import Premise
from jiedao.testing.cast import Town, make_cases, walk

DESK = "/desk/dispatcher/"


def send(client: Any, case: Case, move: str, **fields: Any) -> Any:
    hidden = {"id": case.pk, "number": case.number, "version": case.version}
    return client.post(DESK, {**hidden, "move": move, **fields}, follow=True)


def test_suggestion_is_accepted_with_one_key_and_recorded(town: Town, signed_in: SignedIn) -> None:
    case = walk(town, to="REPORTED")
    client = signed_in("dispatcher")
    page = client.get(DESK).content.decode()
    assert 'data-key="1"' in page
    assert "<mark>垃圾</mark>" in page
    page = send(client, case, "ACCEPT", category=town.categories["RUBBISH"].pk).content.decode()
    case.refresh_from_db()
    assert case.state == "FILED"
    assert Choice.objects.get(case=case).rank == 1
    assert f'value="{town.units["URBAN"].pk}" selected' in page  # the duty list's unit, of the same case


def test_the_state_has_the_tone_that_it_has_on_the_page_of_the_case(town: Town, signed_in: SignedIn) -> None:
    case, client = walk(town, to="FILED"), signed_in("dispatcher")
    badge = 'class="j-badge j-badge--warn"'
    assert badge in client.get(f"{DESK}?state=FILED").content.decode()
    assert badge in client.get(f"/desk/cases/{case.number}/").content.decode()


def test_dispatching_shows_the_next_case(town: Town, signed_in: SignedIn) -> None:
    first, second = walk(town, to="FILED"), walk(town, to="FILED", subject="另一处垃圾")
    answer = send(signed_in("dispatcher"), first, "DISPATCH", unit=town.units["URBAN"].pk, next=second.number)
    first.refresh_from_db()
    assert first.state == "DISPATCHED"
    assert f'name="number" value="{second.number}"' in answer.content.decode()


def test_straight_mode_accepts_and_dispatches_at_once(town: Town, signed_in: SignedIn) -> None:
    case, client = walk(town, to="REPORTED"), signed_in("dispatcher")
    send(client, case, "STRAIGHT", on="1")
    send(client, case, "ACCEPT", category=town.categories["RUBBISH"].pk)
    case.refresh_from_db()
    assert (case.state, case.lead_unit) == ("DISPATCHED", town.units["URBAN"])


def test_straight_mode_does_not_dispatch_a_category_that_is_verified_first(
    town: Town, signed_in: SignedIn
) -> None:
    case, client = walk(town, to="REPORTED"), signed_in("dispatcher")
    send(client, case, "STRAIGHT", on="1")
    send(client, case, "ACCEPT", category=town.categories["COVER"].pk)
    case.refresh_from_db()
    assert case.state == "TO_VERIFY"


def test_typed_words_find_the_category(town: Town, signed_in: SignedIn) -> None:
    case = walk(town, to="REPORTED")
    send(signed_in("dispatcher"), case, "ACCEPT", category_text="无照")
    case.refresh_from_db()
    assert case.category == town.categories["STALL"]


def test_words_that_match_no_or_several_categories_are_refused_with_the_words(
    town: Town, signed_in: SignedIn
) -> None:
    case, client = walk(town, to="REPORTED"), signed_in("dispatcher")
    for typed in ("宇宙飞船", "市容"):
        answer = send(client, case, "ACCEPT", category_text=typed)
        assert answer.status_code == 422
        assert typed in answer.content.decode()
    case.refresh_from_db()
    assert case.state == "REPORTED"


def test_refused_rejection_keeps_what_was_typed(town: Town, signed_in: SignedIn) -> None:
    case = walk(town, to="REPORTED")
    answer = send(signed_in("registrar"), case, "REJECT", reason="", reply="请向法院提起诉讼。")
    assert answer.status_code == 422
    assert "请向法院提起诉讼。" in answer.content.decode()


def test_stale_form_is_refused(town: Town, signed_in: SignedIn) -> None:
    case, client = walk(town, to="REPORTED"), signed_in("dispatcher")
    send(client, case, "ACCEPT", category=town.categories["RUBBISH"].pk)
    answer = send(client, case, "ACCEPT", category=town.categories["STALL"].pk)
    assert answer.status_code == 409
    case.refresh_from_db()
    assert case.category == town.categories["RUBBISH"]


def test_unknown_moves_ids_and_units_are_refused(town: Town, signed_in: SignedIn) -> None:
    case, client = walk(town, to="FILED"), signed_in("dispatcher")
    assert send(client, case, "VOID", reason="MISTAKE", note="x").status_code == 422
    assert client.post(DESK, {"move": "DISPATCH", "id": "abc"}).status_code == 422
    assert client.post(DESK, {"move": "DISPATCH", "id": "987654", "unit": "1"}).status_code == 404
    assert send(client, case, "DISPATCH", unit="987654").status_code == 422
    assert send(client, case, "DISPATCH", unit=town.units["URBAN"].pk, limit="soon").status_code == 422


def test_registrar_sees_no_cases_to_dispatch(town: Town, signed_in: SignedIn) -> None:
    walk(town, to="FILED")
    page = signed_in("registrar").get(DESK).content.decode()
    assert "都处理完了" in page


def test_urgent_cases_come_first(town: Town, signed_in: SignedIn) -> None:
    make_cases(town, [{"state": "REPORTED"}, {"state": "REPORTED", "urgent": True, "subject": "燃气泄漏"}])
    page = signed_in("dispatcher").get(DESK).content.decode()
    assert '<h2 class="o-subject">燃气泄漏' in page


def test_likely_duplicate_is_shown_and_merged(town: Town, signed_in: SignedIn) -> None:
    first, second = walk(town, to="HANDLING"), walk(town, to="REPORTED")
    client = signed_in("dispatcher")
    assert first.number in client.get(f"{DESK}?case={second.number}").content.decode()
    send(client, second, "MERGE", into=first.number)
    second.refresh_from_db()
    assert second.merged_into == first


def test_number_of_queries_does_not_grow_with_the_queue(town: Town, signed_in: SignedIn) -> None:
    client = signed_in("dispatcher")
    make_cases(town, [{"state": "FILED"}] * 2)
    client.get(DESK)
    with CaptureQueriesContext(connection) as few:
        client.get(DESK)
    make_cases(town, [{"state": "FILED"}] * 60, index=False)
    with CaptureQueriesContext(connection) as many:
        client.get(DESK)
    assert len(many) <= len(few) <= 22


def test_accepting_sets_the_only_place_that_a_case_without_a_grid_names(
    town: Town, signed_in: SignedIn
) -> None:
    Premise.objects.create(
        code="P1", kind="ESTATE", name="百合花园", area=town.areas["G1"], lon=114.1, lat=22.6
    )
    forget_all()
    case = make_cases(
        town, [{"state": "REPORTED", "area": None, "area_path": "", "place_text": "百合花园东门"}]
    )[0]
    client = signed_in("dispatcher")
    page = client.get(DESK).content.decode()
    assert "同时定在百合花园" in page
    field, value = re.findall(r'id="take".*?name="(premise|area)" value="([0-9]+)"', page, re.DOTALL)[0]
    send(client, case, "ACCEPT", category=town.categories["COVER"].pk, **{field: value})
    case.refresh_from_db()
    assert (case.state, case.area_id) == ("TO_VERIFY", town.areas["G1"].pk)


def test_a_case_to_verify_without_a_grid_is_not_left_for_nobody(town: Town, signed_in: SignedIn) -> None:
    case = make_cases(town, [{"state": "REPORTED", "area": None, "area_path": ""}])[0]
    answer = send(signed_in("dispatcher"), case, "ACCEPT", category=town.categories["COVER"].pk)
    assert answer.redirect_chain[-1][0] == f"/desk/cases/{case.number}/"
    page = answer.content.decode()
    assert "没有网格，网格员看不到；请先补定网格" in page
    assert 'id="mend-place"' in page
