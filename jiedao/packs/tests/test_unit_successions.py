"""Successions of units: what they lead, help with and hold follows when the pack renames, merges or splits them."""

from datetime import timedelta
from typing import Any

import pytest

from jiedao.accounts.models import User
from jiedao.audit.models import Entry
from jiedao.cases.models import Assignment, Case, CaseMove, Category, Clock, ExtensionRequest, FormerPlace
from jiedao.cases.selectors.counting import count_measures
from jiedao.cases.stored_counts.updating import update_counts
from jiedao.kernel import clock
from jiedao.kernel.memo import forget_all
from jiedao.kernel.models import OwnValue
from jiedao.kernel.periods import build_period
from jiedao.orgs.actor import find_actor, make_system_actor
from jiedao.orgs.models import Deputation, Holding, Post, Unit
from jiedao.packs.check import check_pack
from jiedao.packs.planning import make_plan
from jiedao.packs.tests.test_apply import apply, open_case
from jiedao.packs.tests.tiny import TOWN, TinyPack
from jiedao.places.models import Area

pytestmark = pytest.mark.django_db


def rename(tiny: TinyPack, old: str = "CG", new: str = "ZZ") -> None:
    """Give a unit another code."""
    tiny.edit("units.toml", f'code = "{old}"', f'code = "{new}"\nwas = ["{old}"]')
    text = (tiny.folder / "duties.toml").read_text(encoding="utf-8")
    tiny.write("duties.toml", text.replace(f'"{old}"', f'"{new}"'))


def merge_into_station(tiny: TinyPack) -> None:
    """Let the workstation take the place of the department."""
    text = (tiny.folder / "units.toml").read_text(encoding="utf-8")
    blocks = [block for block in text.split("[[unit]]") if '"CG"' not in block]
    tiny.write("units.toml", "[[unit]]".join(blocks).replace('code = "SQ1"', 'code = "SQ1"\nwas = ["CG"]'))
    duties = (tiny.folder / "duties.toml").read_text(encoding="utf-8")
    tiny.write("duties.toml", duties.replace('helpers = ["CG"]\n', "").replace('"CG"', '"SQ1"'))


def split(tiny: TinyPack) -> None:
    """Replace the department by two; the second is responsible for litter."""
    block = '[[unit]]\ncode = "{0}"\nwas = ["CG"]\nname = "{0}办"\nkind = "DEPARTMENT"\nparent = "JDB"\n\n'
    text = (tiny.folder / "units.toml").read_text(encoding="utf-8")
    blocks = [part for part in text.split("[[unit]]") if '"CG"' not in part]
    tiny.write("units.toml", "[[unit]]".join(blocks) + "\n" + block.format("C1") + block.format("C2"))
    duties = (tiny.folder / "duties.toml").read_text(encoding="utf-8")
    duties = duties.replace('helpers = ["CG"]', 'helpers = ["C1"]').replace('lead = "CG"', 'lead = "C1"')
    tiny.write("duties.toml", duties + '\n[[duty]]\ncategories = ["06001"]\nlead = "C2"\n')


def unit(code: str) -> Unit:
    return Unit.objects.get(code=code)


def given_case(code: str, state: str = "HANDLING", **columns: Any) -> Case:
    """Return a case that a unit leads, with its part and its clock."""
    category = Category.objects.get(kind="MATTER", code=columns.pop("category", "06010"))
    case = open_case(
        state=state, lead_unit=unit(code), category=category, dispatched_at=clock.now(), **columns
    )
    Assignment.objects.create(
        case=case, unit=unit(code), role="LEAD", dispatched_at=clock.now(), due_at=clock.now()
    )
    return case


def help_with(case: Case, code: str) -> Assignment:
    part = Assignment.objects.create(
        case=case, unit=unit(code), role="HELPER", dispatched_at=clock.now(), due_at=clock.now()
    )
    Clock.objects.create(
        case=case,
        assignment=part,
        stage="HELP",
        limit="1wd",
        started_at=clock.now(),
        due_at=clock.now() + timedelta(days=1),
        warn_at=clock.now(),
    )
    return part


def hold(username: str, post: str, *areas: str, **columns: Any) -> Holding:
    user = User.objects.filter(username=username).first() or User.objects.create_user(
        username, "x" * 12, username
    )
    holding = Holding.objects.create(user=user, post=Post.objects.get(code=post), **columns)
    holding.areas.set(Area.objects.filter(code__in=areas))
    return holding


def lead(case: Case) -> str:
    case.refresh_from_db()
    assert case.lead_unit is not None
    return str(case.lead_unit.code)


def open_parts(case: Case, role: str = "LEAD") -> list[str]:
    rows = Assignment.objects.filter(case=case, role=role, ended_at__isnull=True)
    return sorted(rows.values_list("unit__code", flat=True))


def lines(tiny: TinyPack) -> dict[str, tuple[dict[str, int], int]]:
    plan = make_plan(check_pack(tiny.folder)[0])
    assert plan.blocked == []
    return {line.what: (dict(line.moved), line.undecided) for line in plan.follow_lines}


# -- cases -----------------------------------------------------------------------------------------------------------


def test_open_cases_follow_a_renamed_unit(tiny: TinyPack) -> None:
    apply(tiny)
    case, closed = given_case("CG"), given_case("CG", state="CLOSED")
    rename(tiny)
    assert lines(tiny)["open cases"] == ({"ZZ": 1}, 0)
    apply(tiny)
    assert (lead(case), lead(closed)) == ("ZZ", "CG")
    assert open_parts(case) == ["ZZ"]
    old = Assignment.objects.get(case=case, unit=unit("CG"))
    assert (old.outcome, old.ended_at is not None) == ("SUCCEEDED", True)
    assert FormerPlace.objects.get(case=case).lead_unit == unit("CG")
    assert [move.move for move in CaseMove.objects.filter(case=case)] == ["SUCCEEDED"]
    assert Entry.objects.filter(action="cases.case:succeed", object_id=case.pk).count() == 1
    assert not unit("CG").active


def test_clocks_and_an_open_request_for_more_time_continue(tiny: TinyPack) -> None:
    apply(tiny)
    case = given_case("CG")
    part = Assignment.objects.get(case=case)
    request = ExtensionRequest.objects.create(
        case=case, assignment=part, limit="1wd", reason="r", asked_at=clock.now()
    )
    running = Clock.objects.create(
        case=case,
        stage="HANDLE",
        limit="1wd",
        started_at=clock.now(),
        due_at=clock.now() + timedelta(days=1),
        warn_at=clock.now(),
    )
    rename(tiny)
    apply(tiny)
    request.refresh_from_db()
    again = Clock.objects.get(pk=running.pk)
    assert (again.due_at, again.stopped_at) == (running.due_at, None)
    assert request.assignment.unit == unit("ZZ")
    assert request.decided_at is None
    assert request.assignment.due_at == part.due_at


def test_the_duty_list_decides_between_the_parts_of_a_unit(tiny: TinyPack) -> None:
    apply(tiny)
    litter, building = given_case("CG", category="06010"), given_case("CG", category="06001")
    split(tiny)
    assert lines(tiny)["open cases"] == ({"C1": 1, "C2": 1}, 0)
    apply(tiny)
    assert (lead(litter), lead(building)) == ("C1", "C2")


def test_a_case_of_which_the_duty_list_names_another_unit_waits_for_a_decision(tiny: TinyPack) -> None:
    apply(tiny)
    east = Area.objects.get(code=f"{TOWN}001")
    case = given_case("CG", category="06010", area=east, area_path=east.path)  # the duty list names SQ1
    split(tiny)
    assert lines(tiny)["open cases"] == ({}, 1)
    apply(tiny)
    assert lead(case) == "CG"


def test_help_follows_with_its_clock(tiny: TinyPack) -> None:
    apply(tiny)
    case = given_case("SQ1")
    old = help_with(case, "CG")
    rename(tiny)
    apply(tiny)
    assert open_parts(case, "HELPER") == ["ZZ"]
    part = Assignment.objects.get(case=case, unit=unit("ZZ"))
    assert Clock.objects.get(case=case).assignment == part
    assert (part.due_at, part.succeeds) == (old.due_at, True)


def test_a_unit_that_would_help_itself_ends_its_help(tiny: TinyPack) -> None:
    apply(tiny)
    case, other = given_case("SQ1"), given_case("CG")
    help_with(case, "CG")
    help_with(other, "SQ1")
    merge_into_station(tiny)
    apply(tiny)
    assert (lead(case), lead(other)) == ("SQ1", "SQ1")
    for row in (case, other):
        assert open_parts(row, "HELPER") == []
        assert not Clock.objects.filter(case=row, stopped_at__isnull=True).exists()


def test_a_merged_case_follows_as_it_may_continue(tiny: TinyPack) -> None:
    apply(tiny)
    primary = given_case("SQ1")
    case = given_case("CG", state="MERGED", merged_into=primary, previous_state="HANDLING")
    rename(tiny)
    apply(tiny)
    assert lead(case) == "ZZ"


# -- figures ---------------------------------------------------------------------------------------------------------


def test_a_succession_is_no_dispatch_and_stored_counts_equal_counting(tiny: TinyPack) -> None:
    apply(tiny)
    given_case("CG")
    given_case("CG")
    period = build_period(clock.today(), clock.today())
    update_counts()
    before = count_measures(make_system_actor(), ["dispatched", "wrong"], period, ["unit"])
    rename(tiny)
    apply(tiny)
    after = count_measures(make_system_actor(), ["dispatched", "wrong"], period, ["unit"])
    assert (after.cells, after.whole) == (before.cells, before.whole)
    assert sum(after.cells["dispatched"].values()) == 2


# -- posts -----------------------------------------------------------------------------------------------------------


def test_holders_follow_to_the_post_of_the_same_role(tiny: TinyPack) -> None:
    apply(tiny)
    holding = hold("wang", "CG.HANDLER", f"{TOWN}001")
    rename(tiny)
    assert lines(tiny)["holders"] == ({"ZZ.HANDLER": 1}, 0)
    apply(tiny)
    holding.refresh_from_db()
    assert holding.post.code == "ZZ.HANDLER"
    assert [area.code for area in holding.areas.all()] == [f"{TOWN}001"]
    assert (
        Entry.objects.get(action="packs.pack:follow", object_type="orgs.holding").after["post"]
        == "ZZ.HANDLER"
    )


def test_a_holder_of_both_posts_holds_one_over_both_areas(tiny: TinyPack) -> None:
    apply(tiny)
    hold("wang", "CG.HANDLER", f"{TOWN}001")
    hold("wang", "SQ1.HANDLER", f"{TOWN}002", to_date=clock.today())
    merge_into_station(tiny)
    apply(tiny)
    holding = Holding.objects.get(user__username="wang")
    assert (holding.post.code, holding.to_date) == ("SQ1.HANDLER", None)
    assert sorted(area.code for area in holding.areas.all()) == [f"{TOWN}001", f"{TOWN}002"]


def test_a_deputy_follows_with_the_represented_person(tiny: TinyPack) -> None:
    apply(tiny)
    holding = hold("wang", "CG.HANDLER")
    deputy = User.objects.create_user("zhao", "x" * 12, "zhao")
    row = Deputation.objects.create(
        person=holding.user, deputy=deputy, from_date=clock.today(), to_date=clock.today()
    )
    Holding.objects.create(user=deputy, post=holding.post, represents=holding, deputation=row)
    rename(tiny)
    apply(tiny)
    assert set(Holding.objects.values_list("post__code", flat=True)) == {"ZZ.HANDLER"}
    actor = find_actor(deputy)
    assert actor is not None
    assert actor.unit_id == unit("ZZ").pk


def test_holders_of_a_unit_that_is_split_wait_for_a_decision(tiny: TinyPack) -> None:
    apply(tiny)
    hold("wang", "CG.HANDLER")
    split(tiny)
    assert lines(tiny)["holders"] == ({}, 1)


def test_people_still_find_the_closed_cases_of_the_unit_they_were(tiny: TinyPack) -> None:
    apply(tiny)
    holding, closed = hold("wang", "CG.HANDLER"), given_case("CG", state="CLOSED")
    rename(tiny)
    apply(tiny)
    forget_all()
    actor = find_actor(holding.user)
    assert actor is not None
    assert list(Case.objects.visible_to(actor)) == [closed]


# -- guards ----------------------------------------------------------------------------------------------------------


def test_a_unit_with_holders_is_not_retired_without_a_successor(tiny: TinyPack) -> None:
    apply(tiny)
    hold("wang", "CG.HANDLER")
    merge_into_station(tiny)
    tiny.edit("units.toml", 'was = ["CG"]\n', "")
    plan = make_plan(check_pack(tiny.folder)[0])
    assert [(item.kind, item.key) for item in plan.blocked] == [("unit", "CG")]
    assert "有 1 人在这里任职" in plan.blocked[0].blocked


def test_own_values_of_the_duty_list_follow(tiny: TinyPack) -> None:
    apply(tiny)
    own = OwnValue.objects.create(
        kind="duty",
        key="MATTER 06001 town",
        field="helpers",
        value=["CG", "SQ1"],
        pack_value=[],
        pack_now=[],
        set_by="s",
        reason="r",
    )
    tiny.edit("duties.toml", 'lead = "CG"', 'lead = "JDB"')
    rename(tiny)
    apply(tiny)
    own.refresh_from_db()
    assert own.value == ["SQ1", "ZZ"]


def test_an_own_value_that_names_a_unit_that_is_split_is_refused(tiny: TinyPack) -> None:
    apply(tiny)
    OwnValue.objects.create(
        kind="duty",
        key="MATTER 06001 town",
        field="lead_unit",
        value="CG",
        pack_value="CG",
        pack_now="CG",
        set_by="s",
        reason="r",
    )
    split(tiny)
    plan = make_plan(check_pack(tiny.folder)[0])
    assert [(item.kind, item.key) for item in plan.blocked] == [("duty", "MATTER 06001 town")]
