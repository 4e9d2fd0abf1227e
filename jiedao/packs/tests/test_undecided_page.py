"""The page 去处未定: what no rule could move is listed by old place, and a person decides it."""

import re
from typing import Any

import pytest
from django.test import Client

from jiedao.accounts.models import User
from jiedao.audit.models import Entry
from jiedao.cases.models import Case, CaseMove, FormerPlace
from jiedao.cases.moves.perform import perform
from jiedao.kernel.memo import forget_all
from jiedao.orgs.actor import Actor, find_actor, make_system_actor
from jiedao.orgs.models import Holding, Post
from jiedao.packs.tests.test_apply import apply
from jiedao.packs.tests.test_successions import EAST_GRID, OLD_GRID, WEST_GRID, case_in, split_grid
from jiedao.packs.tests.test_successions_followers import HOUSES, plan_inspection, read_area, record_in
from jiedao.packs.tests.tiny import TOWN, TinyPack
from jiedao.places.models import Area
from jiedao.registers.models import Record

pytestmark = pytest.mark.django_db
PAGE, DECIDE = "/desk/undecided/", "/desk/undecided/decide/"
RIGHTS = (
    '"cases.case:correct", "cases.case:split", "cases.case:report", '
    '"registers.record:view", "registers.record:edit"'
)


@pytest.fixture
def tiny(tiny: TinyPack) -> TinyPack:
    """The tiny pack with a register, applied; leaders may correct cases and change records."""
    (tiny.folder / "registers").mkdir()
    tiny.write("registers/houses.toml", HOUSES)
    tiny.edit("posts.toml", '"cases.board:view"', f'"cases.board:view", {RIGHTS}')
    apply(tiny)
    return tiny


def enrol(post: str, *codes: str) -> User:
    user = User.objects.create_user(post.lower().replace(".", "-") + str(len(codes)), "x", "王敏")
    holding = Holding.objects.create(user=user, post=Post.objects.get(code=post))
    holding.areas.set(Area.objects.filter(code__in=codes))
    return user


def sign_in(user: User, language: str = "zh-hans") -> Client:
    client = Client(headers={"accept-language": language})
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def read_page(client: Client) -> str:
    response = client.get(PAGE)
    assert response.status_code == 200
    return response.content.decode()


def decide(client: Client, old: str, new: str, *rows: Case | Record, **form: Any) -> str:
    values = [f"{'case' if isinstance(row, Case) else 'record'}:{row.pk}:{row.version}" for row in rows]
    data = {"place": f"area:{pk_of(old)}", "to": f"area:{pk_of(new)}", "rows": values, "note": "问过社区"}
    return client.post(DECIDE, {**data, **form}, follow=True).content.decode()


def pk_of(code: str) -> int:
    return int(Area.objects.get(code=code).pk)


def test_what_waits_is_listed_by_old_place_and_counted_on_the_home_page(tiny: TinyPack) -> None:
    client = sign_in(enrol("JDB.LEADER"))
    case_in(OLD_GRID, place_text="报亭旁")
    record_in(OLD_GRID)
    case_in(OLD_GRID, lon=114.112, lat=22.605)
    split_grid(tiny)
    apply(tiny)
    page = read_page(client)
    assert re.search(r"去处未定 <span[^>]*>2<", page)
    assert "报亭旁" in page
    assert OLD_GRID in page
    assert f'value="area:{pk_of(WEST_GRID)}"' in page
    assert f'value="area:{pk_of(EAST_GRID)}"' in page
    home = client.get("/desk/").content.decode()
    assert re.search(r'去处未定 <span class="j-count">2</span>', home)


def test_the_page_is_empty_before_any_succession(tiny: TinyPack) -> None:
    client = sign_in(enrol("JDB.LEADER"))
    assert "没有去处未定的件" in read_page(client)
    assert "todo-undecided" not in client.get("/desk/").content.decode()
    assert "Nothing is undecided" in sign_in(enrol("JDB.LEADER", TOWN), "en").get(PAGE).content.decode()


def test_who_may_neither_correct_nor_edit_may_not_open_the_page(tiny: TinyPack) -> None:
    assert sign_in(enrol("CG.HANDLER")).get(PAGE).status_code == 403


def test_a_decided_case_has_its_entries_and_its_former_place(tiny: TinyPack) -> None:
    client = sign_in(enrol("JDB.LEADER"))
    case, other = case_in(OLD_GRID), case_in(OLD_GRID)
    old_path = case.area_path
    split_grid(tiny)
    apply(tiny)
    assert "1 件已归到新的地点" in decide(client, OLD_GRID, EAST_GRID, case)
    case.refresh_from_db()
    assert (case.area_id, case.relocated) == (pk_of(EAST_GRID), True)
    assert FormerPlace.objects.get(case=case).area_path == old_path
    move = CaseMove.objects.get(case=case)
    assert (move.move, move.data["changed"]["area_path"][0]) == ("CORRECT", old_path)
    assert "relocated" not in move.data["changed"]
    assert Entry.objects.get(action="cases.case:correct").before["area_path"] == old_path
    other.refresh_from_db()
    assert other.area_path == old_path


def test_a_decided_record_takes_its_planned_inspection_along(tiny: TinyPack) -> None:
    client = sign_in(enrol("JDB.LEADER"))
    record = record_in(OLD_GRID)
    waiting = plan_inspection(record)
    split_grid(tiny)
    apply(tiny)
    decide(client, OLD_GRID, WEST_GRID, record)
    assert read_area(record) == WEST_GRID
    waiting.refresh_from_db()
    assert waiting.area_path == record.area_path
    assert (record.why, record.versions.count()) == ("问过社区", 1)


def test_all_of_a_place_are_decided_at_once(tiny: TinyPack) -> None:
    client = sign_in(enrol("JDB.LEADER"))
    for _number in range(3):
        case_in(OLD_GRID)
    record_in(OLD_GRID)
    split_grid(tiny)
    apply(tiny)
    assert "4 件已归到新的地点" in decide(client, OLD_GRID, WEST_GRID, all="1")
    assert "没有去处未定的件" in read_page(client)


def test_a_case_that_another_user_changed_meanwhile_is_refused(tiny: TinyPack) -> None:
    client = sign_in(enrol("JDB.LEADER"))
    case = case_in(OLD_GRID)
    split_grid(tiny)
    apply(tiny)
    Case.objects.filter(pk=case.pk).update(version=2)
    assert "刚刚被改动" in decide(client, OLD_GRID, WEST_GRID, case)
    case.refresh_from_db()
    assert case.area_id == pk_of(OLD_GRID)


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"to": ""}, "没有选择归到哪里"),
        ({"to": "area:0"}, "没有"),
        ({"note": " "}, "没有写明理由"),
        ({"rows": []}, "没有选择要归并的件"),
        ({"rows": ["case:x", "\x00"]}, "没有选择要归并的件"),
    ],
)
def test_bad_input_of_a_decision_is_explained(tiny: TinyPack, form: dict[str, Any], words: str) -> None:
    client = sign_in(enrol("JDB.LEADER"))
    case = case_in(OLD_GRID)
    split_grid(tiny)
    apply(tiny)
    assert words in decide(client, OLD_GRID, WEST_GRID, case, **form)
    case.refresh_from_db()
    assert case.area_id == pk_of(OLD_GRID)


def test_the_holder_of_all_parts_still_sees_what_stayed_at_the_old_place(tiny: TinyPack) -> None:
    holder, stranger = enrol("JDB.LEADER", OLD_GRID), enrol("JDB.LEADER", OLD_GRID, f"{TOWN}002")
    Holding.objects.get(user=stranger).areas.set(Area.objects.filter(code=f"{TOWN}002"))
    waiting, closed = case_in(OLD_GRID), case_in(OLD_GRID, state="CLOSED")
    split_grid(tiny)
    apply(tiny)
    assert waiting.number in read_page(sign_in(holder))
    assert find_cases(holder) == {waiting.pk, closed.pk}
    assert find_cases(stranger) == set()


def find_cases(user: User) -> set[int]:
    return {case.pk for case in Case.objects.visible_to(actor_of(user))}


def actor_of(user: User) -> Actor:
    actor = find_actor(user)
    assert actor is not None
    return actor


def test_a_case_opened_again_follows_to_the_successor(tiny: TinyPack) -> None:
    west = case_in(OLD_GRID, state="CLOSED", lon=114.112, lat=22.605)
    nowhere = case_in(OLD_GRID, state="CLOSED")
    split_grid(tiny)
    apply(tiny)
    for case in (west, nowhere):
        perform(make_system_actor(), case.pk, "REOPEN", data={"note": "又堆上了", "reason": "", "unit": None})
    west.refresh_from_db()
    assert (west.area_id, west.relocated) == (pk_of(WEST_GRID), True)
    assert set(CaseMove.objects.filter(case=west).values_list("move", flat=True)) == {"REOPEN", "RELOCATED"}
    former = FormerPlace.objects.get(case=west)
    assert (former.area.code, former.premise, former.lead_unit) == (OLD_GRID, None, None)  # only what changed
    assert nowhere.number in read_page(sign_in(enrol("JDB.LEADER")))


def test_the_parts_of_a_case_that_waits_wait_too(tiny: TinyPack) -> None:
    case = case_in(OLD_GRID, state="FILED")
    split_grid(tiny)
    apply(tiny)
    forget_all()
    perform(make_system_actor(), case.pk, "SPLIT", data={"parts": "井盖破损\n路灯不亮"})
    parts = Case.objects.filter(split_from=case)
    assert {part.area_id for part in parts} == {case.area_id}
    page = read_page(sign_in(enrol("JDB.LEADER")))
    assert re.search(r"去处未定 <span[^>]*>3<", page)
