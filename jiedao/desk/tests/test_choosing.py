"""Named places, periods and stock phrases on pages, without a browser."""

from dataclasses import replace

import pytest
from django.test import Client

from jiedao.cases.models import Case, ExtensionRequest, Phrase
from jiedao.cases.selectors import dispatching
from jiedao.desk.models import OwnPhrase
from jiedao.desk.navigation import choose_phone_pages
from jiedao.desk.tests.conftest import SignedIn
from jiedao.desk.tests.test_case_page import url
from jiedao.kernel.errors import UserError
from jiedao.kernel.memo import forget_all
from jiedao.kernel.models import Policy
from jiedao.pages.fields import PeriodField
from jiedao.places.models import Area
from jiedao.testing.cast import Town, walk

pytestmark = pytest.mark.django_db
NEW = "/desk/cases/new/"
NO_PLACE = {"place_text": "临江花园东门", "lon": None, "lat": None}


def send_phrase(client: Client, case: Case, **fields: object) -> str:
    data = {"version": case.version, "result": "上午到场。", **fields}
    answer = client.post(url(case, "moves", "HANDLE"), data)
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_chosen_estate_decides_the_grid_of_the_new_case(town: Town, signed_in: SignedIn) -> None:
    fields = {
        "detail": "电梯停运两天",
        "channel": "HOTLINE",
        "premise": town.premises["GARDEN"].pk,
        "sure": "1",
    }
    signed_in("registrar").post(NEW, fields)
    case = Case.objects.get()
    assert (case.area, case.lon, case.premise) == (town.areas["G1"], 114.105, town.premises["GARDEN"])


def test_an_estate_in_another_grid_than_the_chosen_one_is_refused(town: Town, signed_in: SignedIn) -> None:
    fields = {"detail": "电梯停运两天", "channel": "HOTLINE", "premise": town.premises["GARDEN"].pk}
    answer = signed_in("registrar").post(NEW, {**fields, "area": town.areas["G4"].pk})
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == ["premise"]


def test_the_words_of_the_place_offer_the_estate(town: Town, signed_in: SignedIn) -> None:
    page = signed_in("registrar").post(f"{NEW}places/", {"place_text": "临江花园东门"}).content.decode()
    assert f'value="premise:{town.premises["GARDEN"].pk}"' in page
    of_grid_worker = signed_in("grid3").post(f"{NEW}places/", {"place_text": "临江花园东门"}).content.decode()
    assert "premise:" not in of_grid_worker


def test_a_case_without_a_grid_asks_for_it_first(town: Town, signed_in: SignedIn) -> None:
    case, client = walk(town, to="REPORTED", **NO_PLACE), signed_in("registrar")
    page = client.get(url(case)).content.decode()
    assert page.index('id="mend-place"') < page.index("j-steps")
    fields = {"version": case.version, "note": "补定网格", "premise": town.premises["GARDEN"].pk}
    assert f'name="premise" value="{fields["premise"]}"' in page
    client.post(url(case, "moves", "CORRECT"), fields)
    case.refresh_from_db()
    assert (case.area, case.lon) == (town.areas["G1"], 114.105)
    assert 'id="mend-place"' not in client.get(url(case)).content.decode()


def test_a_case_of_a_district_asks_for_its_sub_district(town: Town, signed_in: SignedIn) -> None:
    district = Area.objects.get(pk=town.areas["DISTRICT"].pk)
    street = Area.objects.add_child(district, instance=Area(kind="STREET", code="990001009", name="坂田街道"))
    forget_all()
    case, client = walk(town, to="REPORTED", **NO_PLACE), signed_in("registrar")
    page = client.get(url(case)).content.decode()
    assert "先补定街道" in page
    assert 'id="mend-premise"' not in page
    client.post(url(case, "moves", "CORRECT"), {"version": case.version, "note": "补定", "area": street.pk})
    case.refresh_from_db()
    assert case.area == street
    page = client.get(url(case)).content.decode()
    assert "坂田街道" in page
    assert "所属网格" not in page


def test_the_dispatchers_desk_sets_the_grid_and_stays_at_the_case(town: Town, signed_in: SignedIn) -> None:
    case, client = walk(town, to="FILED", **NO_PLACE), signed_in("dispatcher")
    page = client.get("/desk/dispatcher/").content.decode()
    assert page.index('id="mend-place"') < page.index('id="give"')
    hidden = {"id": case.pk, "number": case.number, "version": case.version, "note": "补定网格"}
    answer = client.post(
        "/desk/dispatcher/", {**hidden, "move": "CORRECT", "area": town.areas["G2"].pk}, follow=True
    )
    case.refresh_from_db()
    assert case.area == town.areas["G2"]
    assert answer.context["case"] == case


def test_a_user_who_may_not_set_the_grid_reads_who_can(town: Town, signed_in: SignedIn) -> None:
    case = walk(town, to="REPORTED", **NO_PLACE)
    page = signed_in("leader").get(url(case)).content.decode()
    assert "请受理员或派遣员补定" in page
    assert 'id="mend-area"' not in page


@pytest.mark.parametrize(
    "sent", [{"limit": "3", "limit_unit": "wd"}, {"limit": "３", "limit_unit": "wd"}, {"limit": "3wd"}]
)
def test_a_period_is_a_number_and_a_unit(town: Town, signed_in: SignedIn, sent: dict[str, str]) -> None:
    case = walk(town, to="HANDLING")
    data = {"version": case.version, "note": "等配件", **sent}
    signed_in("handler").post(url(case, "moves", "ASK_EXTENSION"), data)
    assert ExtensionRequest.objects.get(case=case).limit == "3wd"


@pytest.mark.parametrize("text", ["三天", "0", "3.5", "3 月"])
def test_a_period_that_is_none_is_refused_in_words_and_shown_again(
    town: Town, signed_in: SignedIn, text: str
) -> None:
    case = walk(town, to="HANDLING")
    data = {"version": case.version, "note": "等配件", "limit": text, "limit_unit": "wd"}
    answer = signed_in("handler").post(url(case, "moves", "ASK_EXTENSION"), data)
    assert answer.status_code == 422
    assert answer.context["form"].errors["limit"] == ["请写一个整数，如 3，再选单位。"]
    assert f'value="{text.replace(" ", "")}"' in answer.content.decode()


def test_the_unit_of_the_usual_period_is_offered() -> None:
    drawn = PeriodField(usual="4wh").widget.render("limit", "", {"id": "limit"})
    assert '<option value="wh" selected>' in drawn
    assert 'placeholder="4"' in drawn


def test_a_phrase_button_adds_the_phrase_and_keeps_what_was_typed(town: Town, signed_in: SignedIn) -> None:
    phrase = Phrase.objects.create(kind="RESULT", code="CLEARED", text="已清理完毕。")
    Phrase.objects.create(kind="REPLY", code="OTHER", text="别处的答复。")
    forget_all()
    case, client = walk(town, to="HANDLING"), signed_in("handler")
    page = send_phrase(client, case, phrase=f"result:pack:{phrase.pk}")
    assert ">\n上午到场。\n已清理完毕。</textarea>" in page
    assert "别处的答复。" not in page
    case.refresh_from_db()
    assert case.state == "HANDLING"


def test_a_phrase_of_one_move_is_offered_only_there(town: Town, signed_in: SignedIn) -> None:
    Phrase.objects.create(kind="REASON", code="PARTS", move="ASK_EXTENSION", text="配件要订购。")
    forget_all()
    case, client = walk(town, to="HANDLING"), signed_in("handler")
    assert "配件要订购。" in client.get(url(case) + "?move=ASK_EXTENSION").content.decode()
    assert "配件要订购。" not in client.get(url(case) + "?move=RETURN").content.decode()


def test_own_phrases_are_saved_deleted_and_visible_to_their_owner_only(
    town: Town, signed_in: SignedIn
) -> None:
    case, client = walk(town, to="HANDLING"), signed_in("handler")
    page = send_phrase(client, case, keep_phrase="result")
    own = OwnPhrase.objects.get()
    assert (own.text, own.kind) == ("上午到场。", "RESULT")
    assert f'value="result:own:{own.pk}"' in page
    signed_in("cleaner").post("/desk/cases/phrases/HANDLE/", {"field": "result", "drop": own.pk})
    assert OwnPhrase.objects.exists()
    client.post("/desk/cases/phrases/HANDLE/", {"field": "result", "drop": own.pk})
    assert not OwnPhrase.objects.exists()


def test_an_empty_phrase_is_refused_in_words(town: Town, signed_in: SignedIn) -> None:
    answer = signed_in("handler").post("/desk/cases/phrases/HANDLE/", {"field": "result", "text": " "})
    assert "请先写好文字" in answer.content.decode()
    assert not OwnPhrase.objects.exists()


def test_the_ways_to_a_case_are_links_of_its_point_only(town: Town, signed_in: SignedIn) -> None:
    client = signed_in("grid1")
    page = client.get(url(walk(town, to="HANDLING"))).content.decode()
    assert 'href="geo:22.605000,114.105000?q=' in page
    assert "https://uri.amap.com/marker?position=114.105000,22.605000" in page
    without = signed_in("leader").get(url(walk(town, to="REPORTED", **NO_PLACE))).content.decode()
    assert "geo:" not in without


def test_a_leader_has_board_and_promises_at_hand(town: Town) -> None:
    names = ["desk:home", "desk:cases", "desk:new", "desk:map", "desk:promises", "desk:board"]
    leader = town.actor("leader")
    leader = replace(leader, permissions=leader.permissions | {"cases.board:view"})
    assert choose_phone_pages(leader, names) == {"desk:home", "desk:board", "desk:promises", "desk:cases"}
    assert choose_phone_pages(town.actor("grid1"), names) == {
        "desk:home",
        "desk:cases",
        "desk:new",
        "desk:map",
    }


def test_a_list_of_categories_knows_the_keywords_of_each(town: Town, signed_in: SignedIn) -> None:
    Policy.objects.create(key="synonyms", value=[["窨井", "井盖"]])
    cover = town.categories["COVER"]
    cover.keywords = ["井盖", "上水", "沙井", "铁盖被盗"]
    cover.save()
    forget_all()
    client = signed_in("dispatcher")
    page = client.get("/desk/cases/").content.decode()
    address = page.split('data-words="')[1].split('"')[0]
    words = client.get(address).json()
    # 上水 and 井盖 are parts of the name 上水井盖 already; its synonym is not.
    assert words[str(cover.pk)] == ["上水窨井", "铁盖被盗", "沙井"]
    cover.keywords = ["沙井"]
    cover.save()
    forget_all()
    assert address not in client.get("/desk/cases/").content.decode()  # other words, another address


def test_a_keyword_alone_chooses_the_category_on_the_desk_without_script(town: Town) -> None:
    assert dispatching.find_category_id("漏水") == town.categories["COVER"].pk
    with pytest.raises(UserError, match="没有叫"):
        dispatching.find_category_id("没有的词")
