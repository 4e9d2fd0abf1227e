"""Choosing by typing: long lists, helpers one by one, places while they are typed, stock phrases."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from jiedao.cases.models import Case, Category, Phrase
from jiedao.kernel.memo import forget_all
from jiedao.orgs.models import Unit
from jiedao.places.models import Premise
from jiedao.testing.cast import Town, walk
from tests.browser.pages import Site

pytestmark = pytest.mark.django_db(transaction=True)


def add_premises(town: Town) -> None:
    names = [f"第{number}小区" for number in range(1, 21)] + ["百合苑", "百合花园"]
    for number, name in enumerate(names):
        Premise.objects.create(
            code=f"X{number:02d}", kind="ESTATE", name=name, area=town.areas["G4"], lon=114.115, lat=22.615
        )
    forget_all()


def type_words(page: Page, combobox: str, words: str) -> None:
    field = page.get_by_role("combobox", name=combobox)
    field.click()
    field.fill(words)


def test_a_long_list_is_searched_by_typing_and_by_keyboard(site: Site, town: Town) -> None:
    add_premises(town)
    page = site.page
    site.be("registrar")
    site.open("/desk/cases/new/")
    field = page.get_by_role("combobox", name="小区、楼栋")
    type_words(page, "小区、楼栋", "百合")
    options = page.get_by_role("listbox").get_by_role("option")
    expect(options).to_have_text(["百合苑", "百合花园"])
    expect(field).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("ArrowDown")
    active = field.get_attribute("aria-activedescendant")
    expect(page.locator(f"#{active}")).to_have_text("百合花园")
    page.keyboard.press("Enter")
    expect(field).to_have_value("百合花园")
    expect(field).to_have_attribute("aria-expanded", "false")
    assert page.locator("#id_premise option:checked").text_content() == "百合花园"
    type_words(page, "小区、楼栋", "没有的名字")
    page.keyboard.press("Escape")
    expect(field).to_have_value("百合花园")
    field.fill("")
    page.keyboard.press("Tab")
    assert page.locator("#id_premise").input_value() == ""


def test_initials_of_pinyin_find_an_option(site: Site, town: Town) -> None:
    add_premises(town)
    site.be("registrar")
    site.open("/desk/cases/new/")
    type_words(site.page, "小区、楼栋", "bhhy")
    expect(site.page.get_by_role("listbox").get_by_role("option")).to_have_text(["百合花园"])


def test_an_offered_place_is_chosen_by_keyboard_and_decides_grid_and_point(site: Site, town: Town) -> None:
    add_premises(town)
    page = site.page
    site.be("registrar")
    site.open("/desk/cases/new/")
    page.locator("#id_detail").fill("路灯坏了三天，请来修")
    page.locator("#id_place_text").press_sequentially("百合花园东门")
    expect(page.get_by_role("button", name="百合花园")).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("combobox", name="小区、楼栋")).to_have_value("百合花园")
    page.get_by_role("button", name="登记", exact=True).click()
    page.wait_for_url("**/desk/cases/2**")
    case = Case.objects.get()
    assert (case.area_id, case.lon) == (town.areas["G4"].pk, 114.115)


def test_a_place_is_found_without_script(plain_site: Site, town: Town) -> None:
    add_premises(town)
    page = plain_site.page
    plain_site.be("registrar")
    plain_site.open("/desk/cases/new/")
    page.locator("#id_detail").fill("路灯坏了三天，请来修")
    page.locator("#id_place_text").fill("百合花园东门")
    page.get_by_role("button", name="查找地点").click()
    page.get_by_role("button", name="百合花园").click()
    assert page.locator("#id_premise option:checked").text_content() == "百合花园"
    assert page.locator("#id_detail").input_value() == "路灯坏了三天，请来修"
    page.get_by_role("button", name="登记", exact=True).click()
    assert Case.objects.get().area_id == town.areas["G4"].pk


def test_helpers_are_added_one_by_one_and_removed(site: Site, town: Town) -> None:
    Unit.objects.bulk_create(
        Unit(code=f"U{number:02d}", name=f"第{number}服务队", kind="CONTRACTOR") for number in range(20)
    )
    forget_all()
    page, case = site.page, walk(town)
    site.be("dispatcher")
    site.open(f"/desk/cases/{case.number}/?move=DISPATCH")
    assert page.get_by_label("第7服务队", exact=True).is_hidden()
    for words in ("第7", "水务"):
        type_words(page, "协办单位", words)
        page.keyboard.press("Enter")
    chosen = page.locator("input[name=helpers]:checked")
    assert chosen.count() == 2
    page.get_by_role("button", name="移除第7服务队").click()
    assert [box.get_attribute("value") for box in chosen.all()] == [str(town.units["WATER"].pk)]


def test_a_phrase_is_inserted_where_the_cursor_is_and_an_own_one_is_saved(site: Site, town: Town) -> None:
    Phrase.objects.create(kind="RESULT", code="CLEARED", text="已到现场清理完毕。")
    forget_all()
    page, case = site.page, walk(town, to="HANDLING")
    site.be("handler")
    site.open(f"/desk/cases/{case.number}/?move=HANDLE")
    result = page.locator("textarea[name=result]")
    result.fill("上午九点到场。")
    phrases = page.locator("[data-field=result]")
    phrases.locator("summary").click()
    phrases.get_by_role("button", name="已到现场清理完毕。", exact=True).click()
    expect(result).to_have_value("上午九点到场。\n已到现场清理完毕。")
    phrases.get_by_role("button", name="把写好的存为我的常用语").click()
    expect(phrases.locator("[data-phrase]")).to_have_count(2)
    expect(result).to_have_value("上午九点到场。\n已到现场清理完毕。")


def test_the_photo_comes_first_on_a_phone(site: Site, town: Town, photo: Path) -> None:
    site.size("phone")
    site.be("grid1")
    site.open("/desk/cases/new/")
    page = site.page
    top = {name: page.locator(name).bounding_box()["y"] for name in (".desk-photos", "#id_detail")}  # type: ignore[index]
    assert top[".desk-photos"] < top["#id_detail"]
    page.locator("#id_camera").set_input_files(photo)
    expect(page.locator(".j-preview img")).to_be_visible()
    page.locator("#id_detail").fill("路灯坏了")
    page.locator("#id_area").select_option(str(town.areas["G1"].pk))
    page.get_by_role("button", name="登记", exact=True).click()
    page.wait_for_url("**/desk/cases/2**")
    expect(page.locator(".case-proof img")).to_have_count(1)


def test_a_category_is_found_by_a_keyword(site: Site, town: Town) -> None:
    above = town.categories["STREET"]
    for number in range(20):
        name, keywords = f"街面第{number}类", ["沙井", "窨井盖"] if number == 7 else []
        town.categories[f"X{number}"] = Category.objects.create(
            kind="MATTER", code=f"049{number:02d}", name=name, parent=above, keywords=keywords
        )
    forget_all()
    site.be("registrar")
    site.open("/desk/cases/new/")
    type_words(site.page, "类别", "沙井")
    options = site.page.get_by_role("listbox").get_by_role("option")
    expect(options).to_have_text(["04907 街面第7类 · 沙井"])
    site.page.keyboard.press("Enter")
    chosen = site.page.locator("#id_category").input_value()
    assert chosen == str(town.categories["X7"].pk)


def test_a_form_that_is_shown_again_keeps_what_was_chosen_last(site: Site, town: Town) -> None:
    """The draft on the server is some seconds older than the form that was sent, and must not replace it."""
    add_premises(town)
    page = site.page
    site.be("registrar")
    site.open("/desk/cases/new/")
    page.locator("#id_detail").fill("路灯坏了三天，请来修")
    expect(page.locator(".j-draft-note")).not_to_be_empty()
    page.locator("#id_place_text").fill("百合花园东门")
    page.get_by_role("button", name="百合花园").click()
    page.select_option("#id_category", str(town.categories["RUBBISH"].pk))
    page.locator("#id_reporter_phone").fill("13800138000")
    page.get_by_role("button", name="查此号码以前的来件").click()
    expect(page.locator("#caller")).to_be_visible()
    page.wait_for_load_state("networkidle")
    expect(page.get_by_role("combobox", name="小区、楼栋")).to_have_value("百合花园")
    expect(page.locator("#id_category")).to_have_value(str(town.categories["RUBBISH"].pk))
    page.get_by_role("button", name="登记", exact=True).click()
    page.wait_for_url("**/desk/cases/2**")
    case = Case.objects.get()
    assert (case.area_id, case.lon) == (town.areas["G4"].pk, 114.115)
