"""The page 去处未定: what no rule could move is listed by old place, and a person decides it."""

import re
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from jiedao.accounts.models import User
from jiedao.audit.models import Entry
from jiedao.cases.models import Case, CaseMove, FormerPlace
from jiedao.cases.moves.perform import perform
from jiedao.kernel import clock
from jiedao.kernel.memo import forget_all
from jiedao.orgs.actor import Actor, find_actor, make_system_actor
from jiedao.orgs.models import Holding, Post, Unit
from jiedao.packs.tests.test_apply import apply
from jiedao.packs.tests.test_successions import EAST_GRID, OLD_GRID, WEST_GRID, case_in, split_grid
from jiedao.packs.tests.test_successions_followers import HOUSES, plan_inspection, read_area, record_in
from jiedao.packs.tests.test_successions_projects import JOINED, add_campaign, add_project, join_grids
from jiedao.packs.tests.tiny import TOWN, TinyPack
from jiedao.places.models import Area
from jiedao.projects.models import Pledge, Quota
from jiedao.registers.models import Record
from jiedao.reports.forms.models import Form, FormBinding

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
    assert re.search(r'案件、记录和项目</a> <span class="j-count">2</span>', home)


def test_the_page_is_empty_before_any_succession(tiny: TinyPack) -> None:
    client = sign_in(enrol("JDB.LEADER"))
    assert "没有去处未定的件" in read_page(client)
    assert "todo-undecided" not in client.get("/desk/").content.decode()
    assert "Nothing is undecided" in sign_in(enrol("JDB.LEADER", TOWN), "en").get(PAGE).content.decode()


def test_who_may_not_decide_reads_who_may(tiny: TinyPack) -> None:
    enrol("JDB.LEADER")
    case_in(OLD_GRID)
    split_grid(tiny)
    apply(tiny)
    client = sign_in(enrol("CG.HANDLER"))
    page = client.get(PAGE)
    (line,) = page.context["others"]
    assert (line.title, line.count, page.context["total"]) == ("案件、记录和项目", 1, 0)
    assert Post.objects.get(code="JDB.LEADER").label in line.posts[0]
    assert client.post(DECIDE, {"all": "1"}).status_code == 403


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


# -- quotas, projects and codes --------------------------------------------------------------------------------------

TOWN_RIGHTS = (
    "projects.promise:view, projects.promise:edit, projects.project:view, projects.project:add, "
    "projects.project:edit, reports.form:view, reports.form:edit, reports.report:edit"
)


def give_rights(rights: str) -> None:
    for post in Post.objects.filter(code__in=["JDB.LEADER", "CG.HANDLER"]):
        post.permissions = [*post.permissions, *rights.split(", ")]
        post.save()
    forget_all()


def split_and_grant(tiny: TinyPack, rights: str = TOWN_RIGHTS) -> None:
    """Split the grid; rights are given after the apply, which writes those of the pack."""
    split_grid(tiny)
    apply(tiny)
    give_rights(rights)


def split_quota(client: Client, quota: Quota, **amounts: str) -> str:
    areas = {f"amount-{pk_of(code)}": amount for code, amount in amounts.items()}
    data = {"quota": quota.pk, "area": [pk_of(code) for code in amounts], **areas}
    return client.post(f"{PAGE}quotas/", data, follow=True).content.decode()


def make_split_quota(tiny: TinyPack) -> Quota:
    """Return the quota of 10 at the old grid, which a pack has split."""
    add_campaign(OLD_GRID)
    split_and_grant(tiny)
    quota: Quota = Quota.objects.get()
    return quota


def test_a_quota_is_divided_among_the_successors(tiny: TinyPack) -> None:
    quota, client = make_split_quota(tiny), sign_in(enrol("CG.HANDLER"))
    campaign = quota.campaign
    assert campaign.label in client.get(f"{PAGE}?sort=quotas").content.decode()
    assert re.search(r'分解的指标</a> <span class="j-count">1</span>', client.get("/desk/").content.decode())

    page = split_quota(client, quota, **{WEST_GRID: "7.5", EAST_GRID: "2.5"})

    assert "指标已分给承接的社区" in page
    assert read_quotas() == {WEST_GRID: Decimal("7.5"), EAST_GRID: Decimal("2.5")}
    entry = Entry.objects.get(action="projects.quota:relocate", object_id=campaign.pk)
    assert entry.before["area"] == OLD_GRID
    assert set(entry.after) == {WEST_GRID, EAST_GRID}
    assert "已经有了去处" in split_quota(client, quota, **{WEST_GRID: "10"})


def test_a_divided_quota_is_added_to_what_the_successor_has(tiny: TinyPack) -> None:
    quota = make_split_quota(tiny)
    Quota.objects.create(campaign=quota.campaign, area_id=pk_of(WEST_GRID), amount=3)
    split_quota(sign_in(enrol("CG.HANDLER")), quota, **{WEST_GRID: "10", EAST_GRID: ""})
    assert read_quotas() == {WEST_GRID: Decimal(13)}


@pytest.mark.parametrize(
    ("amounts", "words"),
    [
        ({WEST_GRID: "7", EAST_GRID: "2"}, "各社区合计 9，应等于原来的 10"),
        ({WEST_GRID: "12", EAST_GRID: "-2"}, "不能小于 0"),
        ({WEST_GRID: "NaN", EAST_GRID: "1"}, "不能小于 0"),
        ({WEST_GRID: "1e40", EAST_GRID: "1"}, "不能大于原来的数"),
        ({WEST_GRID: "很多", EAST_GRID: "1"}, "不是数"),
        ({f"{TOWN}002": "10"}, "只能分给承接的社区"),
    ],
)
def test_a_quota_that_does_not_add_up_stays(tiny: TinyPack, amounts: dict[str, str], words: str) -> None:
    quota = make_split_quota(tiny)
    assert words in split_quota(sign_in(enrol("CG.HANDLER")), quota, **amounts)
    assert read_quotas() == {OLD_GRID: Decimal(10)}


def test_the_quota_of_another_unit_is_named_with_who_may_divide_it(tiny: TinyPack) -> None:
    quota = make_split_quota(tiny)
    enrol("CG.HANDLER")
    client = sign_in(enrol("JDB.LEADER"))
    (line,) = client.get(PAGE).context["others"]
    assert (line.title, line.count) == ("分解的指标", 1)
    assert [post for post in line.posts if "处置人员" in post]
    assert not [post for post in line.posts if "街道领导" in post]
    split_quota(client, quota, **{WEST_GRID: "10"})
    assert read_quotas() == {OLD_GRID: Decimal(10)}


def test_a_project_without_a_premise_is_decided(tiny: TinyPack) -> None:
    project, client = add_project(OLD_GRID), sign_in(enrol("JDB.LEADER"))
    split_and_grant(tiny)
    assert "修路" in read_page(client)
    form = {"place": f"area:{pk_of(OLD_GRID)}", "to": f"area:{pk_of(EAST_GRID)}", "note": "工地在东边"}
    client.post(DECIDE, {**form, "rows": [f"project:{project.pk}:1"]})
    project.refresh_from_db()
    assert (project.area_id, project.area_path) == (pk_of(EAST_GRID), project.area.path)
    assert Entry.objects.get(action="projects.project:relocate").after["why"] == "工地在东边"
    assert client.get(PAGE).context["total"] == 0


def bind_cell(code: str) -> FormBinding:
    form = Form.objects.create(key="monthly", name="月报", sender="区", cycle="month", created_by="")
    return FormBinding.objects.create(form=form, cell="A!B2", kind="FIGURE", spec={"area": code})


def test_a_cell_that_names_a_joined_area_follows(tiny: TinyPack) -> None:
    cell = bind_cell(OLD_GRID)
    join_grids(tiny)
    cell.refresh_from_db()
    assert cell.spec == {"area": JOINED}
    assert Entry.objects.get(action="packs.pack:follow", object_type="reports.form").after["area"] == JOINED


def test_what_names_a_split_area_by_code_is_listed_where_it_is_mended(tiny: TinyPack) -> None:
    client = sign_in(enrol("JDB.LEADER"))
    bind_cell(OLD_GRID)
    unit = Unit.objects.get(code="CG")
    texts = {"R1": f"整治 {OLD_GRID} 网格", "R2": f"编号 {OLD_GRID}99", "R3": "整治街面"}
    for code, text in texts.items():
        Pledge.objects.create(kind="ITEM", code=code, text=text, unit=unit, due_date=clock.today())
    give_rights(TOWN_RIGHTS)
    assert client.get(f"{PAGE}?sort=codes").context["mentions"] == []
    split_and_grant(tiny)

    page = client.get(f"{PAGE}?sort=codes")

    names = {(line["mention"].kind, line["mention"].name) for line in page.context["mentions"]}
    assert names == {("pledge", f"R1 {texts['R1']}"), ("form", "月报")}
    assert 'href="/desk/forms/monthly/bind/"' in page.content.decode()
    (tab,) = (tab for tab in page.context["tabs"] if tab["active"])
    assert tab["count"] == len(names)


@pytest.mark.parametrize("post", ["JDB.LEADER", "CG.HANDLER"])
def test_numbers_equal_the_lists_that_they_open(tiny: TinyPack, post: str) -> None:
    client = sign_in(enrol(post))
    case_in(OLD_GRID)
    record_in(OLD_GRID)
    add_project(OLD_GRID)
    add_campaign(OLD_GRID)
    bind_cell(OLD_GRID)
    split_and_grant(tiny, f"{TOWN_RIGHTS}, orgs.post:manage, orgs.user:manage")

    home = client.get("/desk/").context["undecided"]

    assert home
    for line in home:
        page = client.get(line.url).context
        lists = {
            "places": lambda page: sum(len(group.lines) for group in page["groups"]),
            "units": lambda page: sum(item["count"] for item in page["groups"]),
            "holders": lambda page: len(page["holders"]),
            "quotas": lambda page: len(page["quotas"]),
            "codes": lambda page: len(page["mentions"]),
        }
        assert lists[line.sort.key](page) == line.count
        assert page["total"] == sum(other.count for other in home)


def read_quotas() -> dict[str, Decimal]:
    return dict(Quota.objects.order_by("area__code").values_list("area__code", "amount"))
