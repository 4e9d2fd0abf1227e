"""Drafts and presence."""

from datetime import timedelta

import pytest

from jiedao.desk.models import Draft, Presence
from jiedao.desk.tests.conftest import SignedIn
from jiedao.kernel import clock
from jiedao.testing.cast import Town, walk


def test_draft_is_returned_only_to_its_author(town: Town, signed_in: SignedIn) -> None:
    signed_in("handler").post(
        "/desk/drafts/case-1-HANDLE/", {"fields": '{"result": "一半", "helpers": ["1", "2"]}'}
    )
    draft = signed_in("handler").get("/desk/drafts/case-1-HANDLE/").json()
    assert draft["fields"] == {"result": "一半", "helpers": ["1", "2"]}
    assert draft["saved_at"].endswith("+08:00")
    assert signed_in("dispatcher").get("/desk/drafts/case-1-HANDLE/").status_code == 204


def test_discarded_draft_is_deleted(town: Town, signed_in: SignedIn) -> None:
    client = signed_in("handler")
    client.post("/desk/drafts/new/", {"fields": '{"detail": "井盖"}'})
    client.post("/desk/drafts/new/", {"discard": "1"})
    assert client.get("/desk/drafts/new/").status_code == 204


@pytest.mark.parametrize("fields", ["", "[]", "{", '{"a": ' + '"' + "x" * 100_001 + '"}', "7"])
def test_invalid_draft_is_refused(town: Town, signed_in: SignedIn, fields: str) -> None:
    assert signed_in("handler").post("/desk/drafts/new/", {"fields": fields}).status_code == 422
    assert not Draft.objects.exists()


def test_draft_is_stored_without_null_characters_and_surrogates(town: Town, signed_in: SignedIn) -> None:
    client = signed_in("handler")
    sent = client.post("/desk/drafts/new/", {"fields": r'{"a": "井\u0000盖\ud800", "b": ["\u0000"]}'})
    assert sent.status_code == 204
    assert client.get("/desk/drafts/new/").json()["fields"] == {"a": "井盖", "b": [""]}


def test_draft_with_a_long_key_is_refused(town: Town, signed_in: SignedIn) -> None:
    answer = signed_in("handler").post(f"/desk/drafts/{'x' * 61}/", {"fields": "{}"})
    assert (answer.status_code, Draft.objects.exists()) == (422, False)


def test_users_with_the_same_case_open_see_each_other(town: Town, signed_in: SignedIn) -> None:
    case = walk(town)
    where = f"/desk/cases/{case.number}/presence/"
    assert signed_in("dispatcher").post(where, {"doing": "writing"}).json() == {"others": []}
    others = signed_in("shift").post(where, {"doing": "reading"}).json()["others"]
    assert others == [{"name": "孙伟 · 派遣员", "post": "", "doing": "writing"}]
    signed_in("dispatcher").post(where, {"left": "1"})
    assert signed_in("shift").post(where, {"doing": "reading"}).json() == {"others": []}


@pytest.mark.parametrize("hours", [-1, 2 * 365 * 24])  # the second: the clock was ahead
def test_presence_ends_after_a_while(town: Town, signed_in: SignedIn, hours: int) -> None:
    case = walk(town)
    where = f"/desk/cases/{case.number}/presence/"
    signed_in("dispatcher").post(where, {"doing": "reading"})
    Presence.objects.update(seen_at=clock.now() + timedelta(hours=hours))
    assert signed_in("shift").post(where, {"doing": "reading"}).json() == {"others": []}


def test_presence_requires_access_to_the_case(town: Town, signed_in: SignedIn) -> None:
    case = walk(town)
    assert (
        signed_in("grid3").post(f"/desk/cases/{case.number}/presence/", {"doing": "reading"}).status_code
        == 404
    )
