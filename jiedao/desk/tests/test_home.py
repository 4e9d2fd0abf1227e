"""The home page: the tasks of each post, with a constant number of queries."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from jiedao.audit.models import Entry
from jiedao.cases.models import Duty
from jiedao.cases.moves.perform import perform
from jiedao.desk import actions
from jiedao.desk.home.views import ADMIN_CARDS
from jiedao.desk.navigation import ADMIN_SECTIONS
from jiedao.desk.tests.conftest import SignedIn
from jiedao.kernel.memo import forget_all
from jiedao.orgs.models import Post
from jiedao.testing.cast import Town, make_cases, walk

STATEMENTS = 18


@pytest.mark.parametrize(
    ("who", "expected"),
    [
        ("grid1", "待核查"),
        ("registrar", "待受理"),
        ("dispatcher", "待派遣"),
        ("handler", "处置中"),
        ("supervisor", "待核查"),
        ("visitor", "待回访"),
        ("leader", "已超期"),
        ("shift", "待结案"),
        ("admin", "管理"),
    ],
)
def test_home_shows_each_post_its_tasks(town: Town, signed_in: SignedIn, who: str, expected: str) -> None:
    for state in ("REPORTED", "FILED", "HANDLING", "HANDLED", "CHECKED", "CLOSED"):
        walk(town, to=state)
    page = signed_in(who).get("/desk/")
    assert page.status_code == 200
    assert expected in page.content.decode()


def test_home_of_a_post_without_cases_shows_its_admin_sections(town: Town, signed_in: SignedIn) -> None:
    page = signed_in("admin").get("/desk/").content.decode()
    assert page.count('href="/desk/admin/people/"') == 1
    assert "开账号、任免岗位" in page
    assert "您的岗位不经办案件" not in page


def test_every_section_of_the_administration_has_a_card() -> None:
    assert set(ADMIN_CARDS) == {name for name, _label, _rights in ADMIN_SECTIONS}


def test_home_names_the_post_in_the_readers_language(town: Town, signed_in: SignedIn) -> None:
    Post.objects.filter(title=town.actor("shift").post_title).update(title_en="Shift leader")
    client = signed_in("shift")
    client.cookies["django_language"] = "en"
    page = client.get("/desk/").content.decode()
    assert f"{town.users['shift'].full_name} · Shift leader" in page
    assert town.actor("shift").label not in page


def test_number_of_queries_of_home_does_not_grow_with_the_cases(town: Town, signed_in: SignedIn) -> None:
    client = signed_in("shift")
    make_cases(town, [{"state": "FILED"}], index=False)
    client.get("/desk/")
    with CaptureQueriesContext(connection) as few:
        client.get("/desk/")
    make_cases(town, [{"state": state} for state in ("FILED", "CHECKED", "HANDLED") * 40], index=False)
    with CaptureQueriesContext(connection) as many:
        page = client.get("/desk/")
    assert len(few) == len(many) <= STATEMENTS
    assert "全部 41 件" in page.content.decode()


def test_draft_links_to_its_form(town: Town, signed_in: SignedIn) -> None:
    case = walk(town, to="HANDLING")
    actions.save_draft(actor=town.actor("handler"), key=f"case-{case.pk}-HANDLE", data={"result": "清了一半"})
    page = signed_in("handler").get("/desk/").content.decode()
    assert f"/desk/cases/{case.number}/?move=HANDLE" in page


def test_draft_of_a_case_out_of_scope_is_hidden(town: Town, signed_in: SignedIn) -> None:
    case = walk(town, to="HANDLING")
    actions.save_draft(actor=town.actor("water"), key=f"case-{case.pk}-HANDLE", data={})
    assert case.number not in signed_in("water").get("/desk/").content.decode()


def test_user_without_a_post_sees_what_to_do(town: Town, signed_in: SignedIn) -> None:
    town.users["lost"] = type(town.users["admin"]).objects.create_user("lost", None, "许多")
    page = signed_in("lost").get("/desk/")
    assert page.status_code == 403
    assert "还没有岗位" in page.content.decode()


def test_what_a_merge_wrote_into_another_case_is_not_listed_as_done_by_the_user(
    town: Town, signed_in: SignedIn
) -> None:
    first, second = walk(town, to="REPORTED"), walk(town, to="REPORTED", subject="另一处垃圾")
    perform(town.actor("dispatcher"), second.pk, "MERGE", data={"into": first.number})
    page = signed_in("dispatcher").get("/desk/").content.decode()
    assert "MERGED_HERE" not in page
    done = page[page.index('id="moved"') :].partition("</section>")[0]
    assert "并案" in done or "并入" in done
    assert first.number not in done


def test_the_only_kind_of_work_shows_more_cases_than_one_of_several(town: Town, signed_in: SignedIn) -> None:
    make_cases(town, [{"state": "REPORTED"}] * 20, index=False)
    client = signed_in("registrar")
    assert client.get("/desk/").content.decode().count("data-row>") == 12
    make_cases(town, [{"state": "FILED"}] * 20, index=False)
    assert signed_in("dispatcher").get("/desk/").content.decode().count("data-row>") == 12
    make_cases(town, [{"state": "HANDLED"}] * 20, index=False)
    assert signed_in("shift").get("/desk/").content.decode().count("data-row>") == 15


def test_an_unsatisfied_visit_to_confirm_states_the_proposed_reason(town: Town, signed_in: SignedIn) -> None:
    case = walk(town, to="CLOSED")
    answers = {
        "reached": "yes",
        "solved": "no",
        "satisfaction": 1,
        "keep": "UNREASONABLE",
        "note": "要求赔偿",
    }
    perform(town.actor("visitor"), case.pk, "VISIT", data=answers)
    page = signed_in("shift").get("/desk/").content.decode()
    assert "提出不再办理：诉求不合理" in page


def test_home_dispatches_by_the_duty_list_with_one_button(town: Town, signed_in: SignedIn) -> None:
    case = walk(town, to="FILED")
    client = signed_in("dispatcher")
    page = client.get("/desk/").content.decode()
    address = f"/desk/cases/{case.number}/moves/DISPATCH/"
    form = page[page.index(f'action="{address}"') :].partition("</form>")[0]
    assert f"派给{town.units['URBAN'].name}" in form
    data = dict(re.findall(r'name="(version|unit|helpers)" value="([0-9]+)"', form))
    answer = client.post(address, data)
    assert answer.headers["location"] == f"/desk/cases/{case.number}/?done=DISPATCH#done"
    case.refresh_from_db()
    assert (case.state, case.lead_unit) == ("DISPATCHED", town.units["URBAN"])


def test_home_offers_no_dispatch_without_a_duty_line_or_a_grid(town: Town, signed_in: SignedIn) -> None:
    make_cases(town, [{"state": "FILED", "area": None, "area_path": ""}], index=False)
    walk(town, to="FILED")
    Duty.objects.all().delete()
    forget_all()
    assert "moves/DISPATCH/" not in signed_in("dispatcher").get("/desk/").content.decode()


def test_home_opens_a_call_with_the_number_and_records_the_look(town: Town, signed_in: SignedIn) -> None:
    case = walk(town, to="CLOSED")
    client = signed_in("visitor")
    assert "打电话" in client.get("/desk/").content.decode()
    answer = client.post(f"/desk/cases/{case.number}/visit/", {"do": "reveal", "reason": "电话回访"})
    assert "13800138000" in answer.content.decode()
    assert Entry.objects.filter(action__contains="reveal", object_id=str(case.pk)).count() == 1


def test_a_case_without_a_grid_is_listed_with_its_place_in_words(town: Town, signed_in: SignedIn) -> None:
    row = {"state": "REPORTED", "area": None, "area_path": "", "place_text": "百合花园东门"}
    make_cases(town, [row], index=False)
    client = signed_in("dispatcher")
    for address in ("/desk/", "/desk/cases/"):
        assert "<span>百合花园东门</span>" in client.get(address).content.decode()
