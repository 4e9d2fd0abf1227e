"""What a user cannot see or break: cases out of scope, an outdated form, a wrong address."""

import pytest

from jiedao.cases.models import Case
from jiedao.files.models import Attachment
from tests.journeys.desk import Office, make_photo, read_words

RUBBISH = "临江花园北门的垃圾堆了三天没有清运，有恶臭。"
SPOT = {"lon": "114.105", "lat": "22.605"}


def test_a_case_out_of_scope_is_answered_like_a_case_that_does_not_exist(office: Office) -> None:
    case = office["registrar"].reports(RUBBISH, photos=[make_photo()], **SPOT)
    stranger = office["grid3"]
    existing = stranger.client.get(f"/desk/cases/{case.number}/")
    nowhere = stranger.client.get("/desk/cases/2026-99999999/")
    assert (existing.status_code, nowhere.status_code) == (404, 404)
    assert read_words(existing).replace(case.number, "") == read_words(nowhere).replace("2026-99999999", "")
    assert stranger.sends(case, "COMMENT", {"version": 1, "note": "试试"}).status_code == 404
    assert stranger.status(f"/desk/files/{Attachment.objects.get().pk}/") == 404
    assert case.number not in stranger.sees("/desk/cases/")
    assert case.number not in stranger.sees("/desk/cases/?q=恶臭")
    assert case.number not in stranger.sees("/desk/map/")


def test_an_outdated_form_keeps_the_text_and_shows_the_present_case(office: Office) -> None:
    case = office.handled(office["registrar"].reports(RUBBISH, **SPOT), until="HANDLING")
    old = office["handler"].form(case, "HANDLE")
    office["dispatcher"].does(case, "REMIND", note="请尽快。")
    text = "已清运两车，并冲洗了地面，" * 20
    answer = office["handler"].sends(case, "HANDLE", {**old, "result": text, "photos": [make_photo()]})
    assert answer.status_code == 409
    assert text in read_words(answer)
    assert "请尽快。" in read_words(answer)
    again = {name: answer.context["form"].data[name] for name in ("version", "kept", "result")}
    assert office["handler"].sends(case, "HANDLE", again).status_code == 302
    case.refresh_from_db()
    assert (case.state, Attachment.objects.filter(object_id=case.pk).count()) == ("HANDLED", 1)


def test_a_move_made_by_two_users_happens_once(office: Office) -> None:
    case = office.handled(office["registrar"].reports(RUBBISH, **SPOT), until="FILED")
    first, second = office["dispatcher"].form(case, "DISPATCH"), office["shift"].form(case, "DISPATCH")
    assert office["dispatcher"].sends(case, "DISPATCH", first).status_code == 302
    assert office["shift"].sends(case, "DISPATCH", second).status_code == 409
    assert case.moves.filter(move="DISPATCH").count() == 1


def test_a_post_grants_its_rights_and_no_others(office: Office) -> None:
    case = office.handled(office["registrar"].reports(RUBBISH, **SPOT), until="HANDLING")
    assert office["leader"].sends(case, "HANDLE", {"version": case.version, "result": "x"}).status_code == 403
    assert office["registrar"].status("/desk/admin/") == 403
    assert office["admin"].status(f"/desk/cases/{case.number}/") in {403, 404}
    assert office["handler"].status("/desk/board/") == 403


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/desk/cases/0000-00000000/", 404),
        ("/desk/cases/%00/", 404),
        ("/desk/files/99999999999999999999/", 404),
        ("/desk/cases/?cursor=nonsense", 200),
        ("/desk/cases/?state=NOWHERE", 200),
        ("/desk/nowhere/", 404),
    ],
)
def test_a_wrong_address_is_answered_with_a_page_that_explains_it(
    office: Office, path: str, status: int
) -> None:
    answer = office["shift"].client.get(path)
    assert answer.status_code == status
    assert "Traceback" not in read_words(answer)
    assert len(read_words(answer)) > 40


def test_a_text_that_is_too_long_is_refused_and_stays_in_the_form(office: Office) -> None:
    client = office["registrar"].client
    fields = {"channel": "HOTLINE", "coord_system": "WGS84", "detail": "垃圾" * 50_000}
    answer = client.post("/desk/cases/new/", fields)
    assert answer.status_code == 422
    assert "垃圾" * 50_000 in read_words(answer)
    assert not Case.objects.exists()
