"""The town that `jiedao pack new` makes works without a map: grids by name, the complete loop, every page."""

import pytest
from django.test import Client

from jiedao.accounts.models import User
from jiedao.cases.models import Case, Category
from jiedao.cases.selectors.mapping import COMMUNITIES, GRIDS
from jiedao.kernel.memo import forget_all
from jiedao.orgs.actor import make_system_actor
from jiedao.orgs.models import Holding, Post, Unit
from jiedao.packs.actions import apply_pack
from jiedao.packs.check import check_pack
from jiedao.packs.shipped import find_pack
from jiedao.places.models import Area
from tests.journeys.desk import Person, make_photo

POSTS = {
    "grid": "SQ001.GRID",
    "dispatcher": "ZHIHUI.DISPATCHER",
    "handler": "CHENGGUAN.HANDLER",
    "supervisor": "DUCHA.SUPERVISOR",
    "shift": "ZHIHUI.SHIFT",
    "visitor": "ZHIHUI.VISITOR",
    "leader": "JDB.LEADER",
    "system": "ZHIHUI.SYSADMIN",
    "security": "DANGZHENG.SECADMIN",
    "audit": "DUCHA.AUDITADMIN",
}
POINT = {"lon": "114.105", "lat": "22.605"}


@pytest.fixture
def people(db: None) -> dict[str, Person]:
    """A person on each post of the minimal town, signed in."""
    pack, report = check_pack(find_pack("minimal"))
    assert report.errors == []
    apply_pack(pack=pack, actor=make_system_actor())
    forget_all()
    people = {}
    for name, code in POSTS.items():
        user = User.objects.create_user(username=name, password=None, full_name=name)
        Holding.objects.create(user=user, post=Post.objects.get(code=code))
        client = Client(headers={"accept-language": "zh-hans"})
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        people[name] = Person(client)
    return people


def test_a_case_is_taken_from_report_to_visit_by_the_name_of_its_grid(people: dict[str, Person]) -> None:
    grid = Area.objects.get(code="999901001001002")
    case = people["grid"].reports(
        "路灯不亮已经三天。",
        area=grid.pk,
        reporter_name="张三丰",
        reporter_phone="13800138000",
        channel="HOTLINE",
    )
    assert (case.area_id, case.outside) == (grid.pk, False)
    category = Category.objects.get(kind="MATTER", code="01037")
    case = people["dispatcher"].does(case, "ACCEPT", category=category.pk)
    case = people["dispatcher"].does(case, "DISPATCH")
    assert case.lead_unit_id == Unit.objects.get(code="CHENGGUAN").pk
    case = people["handler"].does(case, "TAKE")
    case = people["handler"].does(case, "HANDLE", result="已换灯泡。", photos=[make_photo()])
    assert not people["handler"].may(case, "CHECK_PASS")
    case = people["supervisor"].does(case, "CHECK_PASS", note="已看过现场。")
    case = people["shift"].does(case, "CLOSE", reply="已修好，谢谢。")
    case = people["visitor"].does(case, "VISIT", reached="on", solved="on", satisfaction="5")
    assert (case.state, case.satisfaction) == ("DONE", 5)


def test_a_point_in_a_town_without_outlines_is_not_called_outside(people: dict[str, Person]) -> None:
    form = people["grid"].client.get("/desk/cases/new/").context["form"]
    fields = {name: form[name].value() for name in ("client_uuid", "channel", "coord_system")}
    answer = people["grid"].client.post(
        "/desk/cases/new/", {**fields, "detail": "路灯不亮已经三天。", **POINT}
    )
    if answer.status_code == 200:
        assert "不在本街道辖区" not in answer.content.decode()
        answer = people["grid"].client.post(
            "/desk/cases/new/", {**fields, "detail": "路灯不亮已经三天。", "sure": "1", **POINT}
        )
    assert answer.status_code == 302
    case = Case.objects.get()
    assert (case.area_id, case.outside) == (None, False)
    assert "不在辖区" not in people["dispatcher"].sees("/desk/dispatcher/")


def test_every_page_of_places_states_that_there_are_no_outlines(people: dict[str, Person]) -> None:
    assert (GRIDS.get(), COMMUNITIES.get()) == ([], [])
    assert "还没有网格边界" in people["leader"].sees("/desk/map/")
    assert "还没有边界" in people["grid"].sees("/desk/cases/new/")
    assert "还没有网格边界" in people["handler"].sees("/desk/registers/lifts/map/")
    assert "还没有边界" in people["handler"].sees("/desk/registers/lifts/new/")
    people["leader"].sees("/desk/figures/cases.reported/")


@pytest.mark.parametrize("name", POSTS)
def test_every_person_has_a_first_page_without_faults(people: dict[str, Person], name: str) -> None:
    assert "示例街道" in people[name].sees("/desk/")
