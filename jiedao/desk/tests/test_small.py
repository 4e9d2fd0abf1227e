"""Drafts and presence."""

from datetime import timedelta

import pytest

from jiedao.desk.models import Draft, Presence
from jiedao.desk.tests.conftest import SignedIn
from jiedao.kernel import clock
from jiedao.testing.cast import Town, walk


def test_a_draft_comes_back_to_its_author_alone(town: Town, signed_in: SignedIn) -> None:
    signed_in("handler").post(
        "/desk/drafts/case-1-HANDLE/", {"fields": '{"result": "一半", "helpers": ["1", "2"]}'}
    )
    found = signed_in("handler").get("/desk/drafts/case-1-HANDLE/").json()
    assert found["fields"] == {"result": "一半", "helpers": ["1", "2"]}
    assert found["saved_at"].endswith("+08:00")
    assert signed_in("dispatcher").get("/desk/drafts/case-1-HANDLE/").status_code == 204


def test_a_discarded_draft_is_gone(town: Town, signed_in: SignedIn) -> None:
    client = signed_in("handler")
    client.post("/desk/drafts/new/", {"fields": '{"detail": "井盖"}'})
    client.post("/desk/drafts/new/", {"discard": "1"})
    assert client.get("/desk/drafts/new/").status_code == 204


@pytest.mark.parametrize("fields", ["", "[]", "{", '{"a": ' + '"' + "x" * 100_001 + '"}', "7"])
def test_what_is_no_draft_is_refused(town: Town, signed_in: SignedIn, fields: str) -> None:
    assert signed_in("handler").post("/desk/drafts/new/", {"fields": fields}).status_code == 422
    assert not Draft.objects.exists()


def test_a_draft_with_signs_that_no_database_keeps_is_kept_without_them(
    town: Town, signed_in: SignedIn
) -> None:
    client = signed_in("handler")
    sent = client.post("/desk/drafts/new/", {"fields": r'{"a": "井\u0000盖\ud800", "b": ["\u0000"]}'})
    assert sent.status_code == 204
    assert client.get("/desk/drafts/new/").json()["fields"] == {"a": "井盖", "b": [""]}


def test_a_draft_under_a_name_too_long_is_refused(town: Town, signed_in: SignedIn) -> None:
    answer = signed_in("handler").post(f"/desk/drafts/{'x' * 61}/", {"fields": "{}"})
    assert (answer.status_code, Draft.objects.exists()) == (422, False)


def test_people_in_one_case_are_told_of_each_other(town: Town, signed_in: SignedIn) -> None:
    case = walk(town)
    where = f"/desk/cases/{case.number}/presence/"
    assert signed_in("dispatcher").post(where, {"doing": "writing"}).json() == {"others": []}
    others = signed_in("shift").post(where, {"doing": "reading"}).json()["others"]
    assert others == [{"name": "孙伟 · 派遣员", "post": "", "doing": "writing"}]
    signed_in("dispatcher").post(where, {"left": "1"})
    assert signed_in("shift").post(where, {"doing": "reading"}).json() == {"others": []}


def test_who_was_there_an_hour_ago_is_not_there_now(town: Town, signed_in: SignedIn) -> None:
    case = walk(town)
    where = f"/desk/cases/{case.number}/presence/"
    signed_in("dispatcher").post(where, {"doing": "reading"})
    Presence.objects.update(seen_at=clock.now() - timedelta(hours=1))
    assert signed_in("shift").post(where, {"doing": "reading"}).json() == {"others": []}


def test_presence_keeps_to_the_scope(town: Town, signed_in: SignedIn) -> None:
    case = walk(town)
    assert (
        signed_in("grid3").post(f"/desk/cases/{case.number}/presence/", {"doing": "reading"}).status_code
        == 404
    )
