"""A unit never loses its last person unnoticed: who takes the open cases is asked, and an empty unit is a warning."""

import pytest

from jiedao.accounts.models import User
from jiedao.cases.models import Case
from jiedao.desk.tests.conftest import SignedIn
from jiedao.desk.tests.test_case_page import url
from jiedao.orgs.models import Holding
from jiedao.testing.cast import Town, make_move, walk


def leave(signed_in: SignedIn, town: Town, **choice: object):
    person = town.users["handler"]
    return signed_in("admin").post(f"/desk/admin/people/{person.pk}/active/", {"active": "0", **choice})


def test_switching_off_the_last_person_names_the_open_cases(town: Town, signed_in: SignedIn) -> None:
    case = walk(town, to="HANDLING")
    page = leave(signed_in, town)
    assert page.status_code == 200
    text = page.content.decode()
    assert case.number in text
    assert "城市管理科" in text
    assert case.subject not in text  # an administrator of accounts reads no cases
    assert User.objects.get(username="handler").is_active
    assert leave(signed_in, town, how="person", successor="").status_code == 422


def test_another_person_takes_the_post(town: Town, signed_in: SignedIn) -> None:
    case = walk(town, to="HANDLING")
    cleaner = town.users["cleaner"]
    leave(signed_in, town, how="person", successor=cleaner.pk)
    assert not User.objects.get(username="handler").is_active
    assert Holding.objects.filter(user=cleaner, post=town.posts["handler"]).exists()
    assert Case.objects.get(pk=case.pk).lead_unit_id == town.units["URBAN"].pk


def test_another_unit_takes_the_cases_it_leads_and_helps_with(town: Town, signed_in: SignedIn) -> None:
    led = walk(town, to="HANDLING")
    helped = walk(town, to="FILED", subject="水管漏水淹了路")
    helped = make_move(
        town,
        "dispatcher",
        helped,
        "DISPATCH",
        unit=town.units["WATER"].pk,
        helpers=[town.units["URBAN"].pk],
    )
    leave(signed_in, town, how="unit", unit=town.units["CLEAN"].pk)
    led.refresh_from_db()
    assert (led.lead_unit_id, led.state) == (town.units["CLEAN"].pk, "DISPATCHED")
    assert led.moves.get(move="REDISPATCH").actor_label == town.actor("admin").label
    helpers = helped.assignments.filter(role="HELPER", ended_at=None).values_list("unit_id", flat=True)
    assert list(helpers) == [town.units["CLEAN"].pk]
    assert not User.objects.get(username="handler").is_active


def test_the_cases_may_stay_knowingly(town: Town, signed_in: SignedIn) -> None:
    case = walk(town, to="HANDLING")
    leave(signed_in, town, how="later")
    assert not User.objects.get(username="handler").is_active
    assert Case.objects.get(pk=case.pk).lead_unit_id == town.units["URBAN"].pk


def test_ending_a_post_asks_too_and_a_person_with_a_colleague_leaves_at_once(
    town: Town, signed_in: SignedIn
) -> None:
    walk(town, to="HANDLING")
    person = town.users["handler"]
    holding = Holding.objects.get(user=person)
    address = f"/desk/admin/people/{person.pk}/take/"
    assert signed_in("admin").post(address, {"holding": holding.pk}).status_code == 200
    assert Holding.objects.filter(pk=holding.pk).exists()
    Holding.objects.create(user=town.users["water"], post=town.posts["handler"])
    assert signed_in("admin").post(address, {"holding": holding.pk}).status_code == 302
    assert not Holding.objects.filter(pk=holding.pk).exists()


@pytest.mark.parametrize("code", ["DISPATCH", "REDISPATCH"])
def test_dispatching_to_an_empty_unit_warns_and_can_be_confirmed(
    town: Town, signed_in: SignedIn, code: str
) -> None:
    case = walk(town, to="FILED" if code == "DISPATCH" else "DISPATCHED")
    Holding.objects.filter(user=town.users["water"]).delete()
    client = signed_in("dispatcher")
    data = {"version": case.version, "unit": town.units["WATER"].pk, "note": "归水务"}
    page = client.post(url(case, "moves", code), data)
    text = page.content.decode()
    assert page.status_code == 422
    assert "现在没有人在岗" in text
    assert 'type="checkbox" name="sure"' in text
    assert client.post(url(case, "moves", code), {**data, "sure": "on"}).status_code == 302
    assert Case.objects.get(pk=case.pk).lead_unit_id == town.units["WATER"].pk


def test_the_dispatchers_desk_asks_before_it_gives_a_case_to_an_empty_unit(
    town: Town, signed_in: SignedIn
) -> None:
    case = walk(town, to="FILED")
    Holding.objects.filter(user=town.users["water"]).delete()
    client = signed_in("dispatcher")
    data = {"move": "DISPATCH", "id": case.pk, "number": case.number, "unit": town.units["WATER"].pk}
    page = client.post("/desk/dispatcher/", {**data, "version": case.version})
    assert page.status_code == 422
    assert 'name="sure"' in page.content.decode()
    assert client.post("/desk/dispatcher/", {**data, "sure": "1"}).status_code == 302
    assert Case.objects.get(pk=case.pk).state == "DISPATCHED"
