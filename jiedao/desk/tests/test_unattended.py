"""Before a post, a holder or a deputy ends, the page names the work that nobody could do then."""

import re
from datetime import timedelta

import pytest
from click.testing import CliRunner

from jiedao.accounts.models import User
from jiedao.cases.commands_people import user_group
from jiedao.cases.models import Case
from jiedao.desk.tests.conftest import SignedIn
from jiedao.desk.unattended_lines import build_unattended_lines
from jiedao.kernel import clock
from jiedao.kernel.errors import UserError
from jiedao.kernel.memo import forget_all
from jiedao.kernel.models import SuccessionRow
from jiedao.orgs.models import Deputation, Holding, Post, Unit
from jiedao.orgs.unattended import find_left_by_users
from jiedao.places.models import Area
from jiedao.registers.actions import deciding as record_deciding
from jiedao.testing.cast import Town, walk

DECIDE, PAGE = "/desk/undecided/units/", "/desk/undecided/?sort=units"


def end_account(signed_in: SignedIn, town: Town, username: str, **choice: object):
    address = f"/desk/admin/people/{town.users[username].pk}/active/"
    return signed_in("admin").post(address, {"active": "0", **choice})


# -- holders ---------------------------------------------------------------------------------------------------------


def test_the_page_counts_the_cases_that_nobody_could_check(town: Town, signed_in: SignedIn) -> None:
    walk(town, to="HANDLED")
    town.users["grid1"].holdings.all().delete()
    town.users["grid3"].holdings.all().delete()
    town.users["shift"].holdings.all().delete()
    page = end_account(signed_in, town, "supervisor")
    assert page.status_code == 200
    assert [(line.text, line.count) for line in page.context["unattended"]] == [("待核查的案件", 1)]
    assert "待核查的案件" in page.content.decode()
    assert User.objects.get(username="supervisor").is_active


def test_an_area_that_nobody_else_covers_is_named_with_its_list(town: Town, signed_in: SignedIn) -> None:
    case = walk(town, to="HANDLED")  # in G1
    rest = Holding.objects.exclude(user__username__in=["grid1", "grid3"])
    for post in Post.objects.filter(holdings__in=rest):
        post.permissions = [right for right in post.permissions if right != "cases.case:check"]
        post.save()
    (line,) = find_left_by_users(town.users["grid1"].pk)
    assert (line.kind.code, line.count) == ("cases.HANDLED", 1)
    (shown,) = build_unattended_lines(town.actor("leader"), [line])
    assert shown.url == f"/desk/cases/?state=HANDLED&area={case.area_id}"
    page = signed_in("leader").get(shown.url)
    assert page.context["page"].total == shown.count
    assert line.place == town.areas["G1"].label
    assert find_left_by_users(town.users["grid3"].pk) == []


def test_another_person_takes_every_post(town: Town, signed_in: SignedIn) -> None:
    walk(town, to="FILED")
    town.users["shift"].holdings.all().delete()
    end_account(signed_in, town, "dispatcher", how="person", successor=town.users["leader"].pk)
    assert not User.objects.get(username="dispatcher").is_active
    assert Holding.objects.filter(user=town.users["leader"], post=town.posts["dispatcher"]).exists()


def test_an_account_without_open_work_ends_at_once(town: Town, signed_in: SignedIn) -> None:
    assert end_account(signed_in, town, "leader").status_code == 302
    assert not User.objects.get(username="leader").is_active


def test_the_command_refuses_and_names_the_work(town: Town) -> None:
    walk(town, to="HANDLING")
    result = CliRunner().invoke(user_group, ["end", "handler"])
    assert isinstance(result.exception, UserError)
    assert User.objects.get(username="handler").is_active
    result = CliRunner().invoke(user_group, ["end", "handler", "--later", "--json"], catch_exceptions=False)
    assert '"count": 1' in result.output
    assert not User.objects.get(username="handler").is_active


def test_the_command_refuses_an_account_that_has_ended(town: Town) -> None:
    User.objects.filter(username="visitor").update(is_active=False)
    result = CliRunner().invoke(user_group, ["end", "visitor", "--to", "handler"])
    assert isinstance(result.exception, UserError)
    assert "已经停用" in str(result.exception)


# -- posts, units and deputies ---------------------------------------------------------------------------------------


def test_a_post_loses_a_right_only_after_a_second_press(town: Town, signed_in: SignedIn) -> None:
    walk(town, to="CLOSED")
    post = town.posts["visitor"]
    form = {
        "title": post.title,
        "title_en": "",
        "scope": post.scope,
        "superior": "",
        "permissions": [right for right in post.permissions if right != "cases.case:visit"],
        "active": "on",
    }
    client, address = signed_in("admin"), f"/desk/admin/posts/{post.pk}/"
    page = client.post(address, form)
    assert page.status_code == 422
    assert [line.text for line in page.context["unattended"]] == ["待回访的案件"]
    post.refresh_from_db()
    assert "cases.case:visit" in post.permissions
    assert client.post(address, {**form, "confirm": "1"}).status_code == 302
    post.refresh_from_db()
    assert "cases.case:visit" not in post.permissions


def test_a_unit_with_open_cases_cannot_be_switched_off(town: Town, signed_in: SignedIn) -> None:
    walk(town, to="HANDLING")
    unit = town.units["URBAN"]
    form = {
        "name": unit.name,
        "name_en": "",
        "kind": unit.kind,
        "parent": unit.parent_id,
        "area": unit.area_id,
    }
    page = signed_in("admin").post(f"/desk/admin/units/{unit.pk}/", form)
    assert page.status_code == 422
    assert "在办案件 1" in page.content.decode()
    assert Unit.objects.get(pk=unit.pk).active


def test_the_end_of_a_deputy_names_what_waits_for_the_absent_person(town: Town, signed_in: SignedIn) -> None:
    walk(town, to="HANDLING")
    holding = town.users["handler"].holdings.get()
    row = Deputation.objects.create(
        person=town.users["handler"],
        deputy=town.users["cleaner"],
        from_date=clock.today(),
        to_date=clock.today() + timedelta(days=3),
    )
    Holding.objects.create(
        user=row.deputy,
        post=holding.post,
        from_date=row.from_date,
        to_date=row.to_date,
        represents=holding,
        deputation=row,
    )
    address = f"/desk/admin/people/{row.person_id}/deputy/end/"
    page = signed_in("admin").post(address, {"deputation": row.pk}, follow=True)
    assert "其间只有本人能办" in page.content.decode()
    assert "处置中的案件 1" in page.content.decode()


# -- what a split unit left ------------------------------------------------------------------------------------------


@pytest.fixture
def split_unit(town: Town) -> Case:
    """Split the department into the cleansing contractor and the water bureau; return its open case."""
    case = walk(town, to="HANDLING")
    old = town.units["URBAN"]
    Unit.objects.filter(pk=old.pk).update(active=False)
    for name in ("CLEAN", "WATER"):
        new = town.units[name]
        SuccessionRow.objects.create(
            kind="unit", old_key=old.code, old_id=old.pk, new_key=new.code, new_id=new.pk, pack_version="2"
        )
    forget_all()
    return case


def test_the_page_lists_what_is_undecided_and_a_dispatcher_decides(
    town: Town, signed_in: SignedIn, split_unit: Case
) -> None:
    client = signed_in("dispatcher")
    home = client.get("/desk/").content.decode()
    assert re.search(r'单位的工作</a> <span class="j-count">1</span>', home)
    page = client.get(PAGE)
    assert page.context["total"] == 1
    assert split_unit.number in page.content.decode()
    data = {"what": "open cases", "old": town.units["URBAN"].pk, "unit": town.units["WATER"].pk}
    done = client.post(DECIDE, {**data, "row": split_unit.pk}, follow=True)
    assert "已转给承接单位" in done.content.decode()
    split_unit.refresh_from_db()
    assert split_unit.lead_unit == town.units["WATER"]
    assert split_unit.moves.filter(move="SUCCEEDED").count() == 1
    assert client.get(PAGE).context["total"] == 0
    assert "没有去处未定的件" in client.get(PAGE).content.decode()


def test_only_a_successor_can_be_chosen_and_only_once(
    town: Town, signed_in: SignedIn, split_unit: Case
) -> None:
    client = signed_in("dispatcher")
    data = {"what": "open cases", "old": town.units["URBAN"].pk, "all": "1"}
    refused = client.post(DECIDE, {**data, "unit": town.units["RIVER"].pk}, follow=True)
    assert "承接单位" in refused.content.decode()
    split_unit.refresh_from_db()
    assert split_unit.lead_unit == town.units["URBAN"]
    client.post(DECIDE, {**data, "unit": town.units["CLEAN"].pk})
    late = client.post(DECIDE, {**data, "unit": town.units["WATER"].pk}, follow=True)
    assert "已经有了去处" in late.content.decode()
    split_unit.refresh_from_db()
    assert split_unit.lead_unit == town.units["CLEAN"]


def test_a_handler_decides_nothing_and_reads_who_may(
    town: Town, signed_in: SignedIn, split_unit: Case
) -> None:
    client = signed_in("handler")
    page = client.get(PAGE)
    assert page.context["total"] == 0
    (line,) = page.context["others"]
    assert (line.title, line.count) == ("单位的工作", 1)
    assert any(town.posts["dispatcher"].label in post for post in line.posts)
    data = {"what": "open cases", "old": town.units["URBAN"].pk, "unit": town.units["WATER"].pk, "all": "1"}
    assert client.post(DECIDE, data).status_code == 403


def test_the_former_address_leads_to_the_page(signed_in: SignedIn) -> None:
    answer = signed_in("dispatcher").get("/desk/admin/undecided/")
    assert (answer.status_code, answer.url) == (302, PAGE)


def test_who_decides_is_named_only_for_the_kinds_of_rows_that_wait(town: Town, signed_in: SignedIn) -> None:
    walk(town, to="REPORTED")
    Area.objects.filter(pk=town.areas["G1"].pk).update(active=False)
    post = town.posts["handler"]
    post.permissions = [*post.permissions, record_deciding.RIGHT]
    post.save()
    forget_all()
    page = signed_in("handler").get(PAGE)
    (line,) = page.context["others"]
    assert (line.title, line.count) == ("案件、记录和项目", 1)
    assert any(town.posts["dispatcher"].label in name for name in line.posts)
    assert not any(post.label in name for name in line.posts)
    assert "没有等您决定的件" in page.content.decode()
