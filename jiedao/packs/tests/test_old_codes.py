"""What comes in with the code, the id or the name of a place that a pack retired."""

import json
from typing import Any

import pytest
from django.test import Client

from jiedao.accounts.models import ApiToken, User
from jiedao.cases.actions.intake import NewCase, file_case
from jiedao.cases.models import Case
from jiedao.kernel.errors import UserError
from jiedao.orgs.actor import make_system_actor
from jiedao.packs.tests.test_apply import apply
from jiedao.packs.tests.test_successions import EAST_GRID, OLD_GRID, WEST_GRID, case_in, split_grid
from jiedao.packs.tests.test_undecided_page import RIGHTS, enrol, pk_of, sign_in
from jiedao.packs.tests.tiny import TOWN, TinyPack
from jiedao.places.models import Area, Premise

pytestmark = pytest.mark.django_db
RECODED = f"{TOWN}001009"


@pytest.fixture
def tiny(tiny: TinyPack) -> TinyPack:
    """The tiny pack, applied; leaders may read and report cases."""
    tiny.edit("posts.toml", '"cases.board:view"', f'"cases.board:view", {RIGHTS}')
    apply(tiny)
    return tiny


def recode_grid(tiny: TinyPack) -> None:
    """Give the second grid of the east community another code."""
    text = (tiny.folder / "grids.geojson").read_text(encoding="utf-8")
    tiny.write(
        "grids.geojson", text.replace(f'"code": "{OLD_GRID}"', f'"code": "{RECODED}", "was": "{OLD_GRID}"')
    )
    apply(tiny)


def call(user: User, path: str, body: dict[str, Any] | None = None) -> tuple[int, dict[str, Any]]:
    _token, secret = ApiToken.issue(user, "test", None, None)
    headers = {"authorization": f"Bearer {secret}"}
    if body is None:
        response = Client().get(f"/api/v1{path}", headers=headers)
    else:
        response = Client().post(f"/api/v1{path}", json.dumps(body), "application/json", headers=headers)
    return response.status_code, response.json()


def file_in(area_id: int | None = None, **values: Any) -> Case:
    new = NewCase(channel="WEB", subject="垃圾", detail="垃圾成堆", area_id=area_id, **values)
    return Case.objects.get(pk=file_case(new, actor=make_system_actor()).id)


def test_a_list_by_the_old_code_is_that_of_the_only_successor(tiny: TinyPack) -> None:
    user, case = enrol("JDB.LEADER"), case_in(OLD_GRID)
    recode_grid(tiny)
    status, answer = call(user, f"/cases?area={OLD_GRID}")
    assert (status, [row["number"] for row in answer["cases"]]) == (200, [case.number])


def test_the_code_of_a_split_grid_is_answered_with_its_parts(tiny: TinyPack) -> None:
    user = enrol("JDB.LEADER")
    split_grid(tiny)
    apply(tiny)
    status, answer = call(user, f"/cases?area={OLD_GRID}")
    assert status == 422
    assert WEST_GRID in json.dumps(answer, ensure_ascii=False)
    assert EAST_GRID in json.dumps(answer, ensure_ascii=False)


def test_bookmarks_and_saved_views_of_an_old_grid_show_its_parts(tiny: TinyPack) -> None:
    client = sign_in(enrol("JDB.LEADER"))
    west, other = case_in(OLD_GRID, lon=114.112, lat=22.605), case_in(f"{TOWN}001001")
    old_id = pk_of(OLD_GRID)
    split_grid(tiny)
    apply(tiny)
    page = client.get(f"/desk/cases/?area={old_id}").content.decode()
    assert f">{west.number}<" in page
    assert f">{other.number}<" not in page
    assert client.get(f"/desk/map/?area={old_id}").context["filters"].area == pk_of(f"{TOWN}001")


def test_a_form_that_was_opened_before_the_split_is_placed_by_its_point(tiny: TinyPack) -> None:
    old_id = pk_of(OLD_GRID)
    split_grid(tiny)
    apply(tiny)
    assert file_in(old_id, lon=114.117, lat=22.605, coord_system="WGS84").area_id == pk_of(EAST_GRID)
    with pytest.raises(UserError, match="已随辖区调整撤销") as fault:
        file_in(old_id)
    assert WEST_GRID in str(fault.value.hint)


def test_a_case_for_a_recoded_grid_is_filed_in_its_successor(tiny: TinyPack) -> None:
    old_id = pk_of(OLD_GRID)
    recode_grid(tiny)
    assert file_in(old_id).area_id == pk_of(RECODED)


def test_the_code_and_the_name_of_an_old_premise_lead_to_the_new_one(tiny: TinyPack) -> None:
    user = enrol("JDB.LEADER")
    tiny.write(
        "premises.csv",
        f"code,kind,name,area,lon,lat,address,was\nP9,ESTATE,翠湖新苑,{TOWN}001001,114.105,22.605,一号路1号,P1\n",
    )
    apply(tiny)
    new_id = Premise.objects.get(code="P9").pk
    assert file_in(place_text="翠湖花园").premise_id == new_id
    body = {"channel": "WEB", "subject": "垃圾", "detail": "垃圾成堆", "premise": "P1"}
    status, answer = call(user, "/cases", body)
    assert (status, Case.objects.get(number=answer["number"]).premise_id) == (201, new_id)


def test_an_area_that_never_existed_is_still_refused(tiny: TinyPack) -> None:
    user = enrol("JDB.LEADER")
    assert call(user, "/cases?area=1")[0] == 422
    with pytest.raises(UserError, match="不存在"):
        file_in(Area.objects.order_by("-pk")[0].pk + 9)
