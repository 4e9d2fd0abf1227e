"""Work on a phone with a touch screen of 390 px: the camera, faulty photos, messages, what stands where."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect
from pytest_django.live_server_helper import LiveServer

from jiedao.cases.models import Case
from jiedao.kernel import clock
from jiedao.kernel.memo import forget_all
from jiedao.projects.tests.promise_parts import add_item, promise_town
from jiedao.registers.definition import Field, FieldKind
from jiedao.registers.tests.inspecting import grant_rights
from jiedao.registers.tests.parts import HOUSES, declare
from jiedao.testing.cast import Town, make_cases, walk
from tests.browser.pages import PASSWORD, Site

FITS = "document.documentElement.scrollWidth <= innerWidth"
GET_BOX = "element => { const box = element.getBoundingClientRect(); return [box.top, box.bottom] }"

RANGES = tuple(
    Field(key, name, FieldKind.NUMBER, key, unit="辆", filter=True)
    for key, name in {"bikes": "室内和楼道停放的电动自行车数", "cars": "地下停放机动车数"}.items()
)


@pytest.fixture
def bad_photo(photo: Path) -> Path:
    """A photo of which only the beginning has arrived."""
    path = photo.with_name("传坏的.jpg")
    path.write_bytes(photo.read_bytes()[:2000])
    return path


def test_photo_field_of_a_move_opens_the_camera_and_marks_a_photo_that_cannot_be_read(
    phone: Site, town: Town, photo: Path, bad_photo: Path
) -> None:
    case, page = walk(town, to="HANDLING"), phone.page
    phone.be("handler")
    phone.open(f"/desk/cases/{case.number}/?move=HANDLE#move")
    field = page.locator("#handle_photos")
    camera = page.locator(".j-camera:has(+ #handle_photos)")
    expect(camera).to_have_text("拍照")
    with page.expect_file_chooser() as chooser:
        camera.tap()
    chooser.value.set_files(photo)
    previews = page.locator("#handle_photos + .j-previews")
    expect(previews.locator("img")).to_have_count(1)
    field.set_input_files([bad_photo])
    expect(previews.locator(".j-preview--bad")).to_contain_text(["传坏的.jpg"])
    expect(previews.locator(".j-preview--bad")).to_contain_text(["打不开，可能已损坏"])
    assert field.evaluate("input => [...input.files].map((file) => file.name)") == [photo.name, "传坏的.jpg"]
    previews.locator(".j-preview--bad button").tap()
    page.fill("#handle_result", "已清运。")
    phone.press("处置完成")
    phone.see("已完成：处置完成")
    assert Case.objects.get().state == "HANDLED"


def test_intake_has_one_button_for_the_camera_and_writes_the_chosen_place(phone: Site, town: Town) -> None:
    page = phone.page
    phone.be("grid1")
    phone.open("/desk/cases/new/")
    expect(phone.main().get_by_text("拍照", exact=True)).to_have_count(1)
    page.fill("#id_detail", "临江花园北门的垃圾堆了三天。")
    page.locator("[data-pick-place]").first.tap()
    expect(page.locator("#id_place_text")).to_have_value("临江花园")


def test_form_that_an_address_names_is_below_the_bar_with_its_title(phone: Site, town: Town) -> None:
    case, page = walk(town, to="HANDLING"), phone.page
    phone.be("handler")
    phone.open(f"/desk/cases/{case.number}/?move=ASK_EXTENSION#move")
    page.wait_for_function("scrollY > 0")
    bar, title = (page.locator(place).first.evaluate(GET_BOX) for place in (".j-top", "#move .j-panel__head"))
    assert title[0] >= bar[1]


def test_lists_and_map_fit_the_screen_and_begin_with_what_counts(phone: Site, town: Town) -> None:
    page = phone.page
    make_cases(town, [{"state": "HANDLING", "subject": "临江花园北门旁的垃圾桶满了没有人清运"}] * 3)
    phone.be("shift")
    for path in ("/desk/", "/desk/cases/", "/desk/map/", "/desk/board/"):
        phone.open(path)
        assert page.evaluate(FITS), path
    phone.open("/desk/map/")
    expect(page.locator("select[name=area]")).to_be_hidden()
    assert page.locator("jd-map").evaluate(GET_BOX)[0] < 844 / 2
    phone.main().get_by_text("筛选", exact=True).tap()
    expect(page.locator("form .j-combo, form select[name=state]").first).to_be_visible()


def test_filters_of_a_register_fit_the_screen(phone: Site, town: Town) -> None:
    grant_rights(town)
    forget_all()
    declare(replace(HOUSES, fields=(*HOUSES.fields, *RANGES)))
    phone.be("leader")
    phone.open("/desk/registers/houses/")
    phone.main().get_by_text("更多筛选", exact=True).tap()
    expect(phone.main().locator("span", has_text="室内和楼道停放的电动自行车数")).to_be_visible()
    ranges = phone.page.locator(".reg-range")
    assert ranges.evaluate_all("rows => rows.map((row) => row.scrollWidth <= row.clientWidth)") == [True] * 3
    assert phone.page.evaluate(FITS)


@pytest.mark.parametrize("script", [True, False])
def test_message_is_in_sight_where_the_page_opens_further_down(
    chromium: Browser, live_server: LiveServer, tmp_path: Path, script: Any
) -> None:
    town = promise_town(PASSWORD)
    add_item(town, due=clock.today() + timedelta(days=1))
    context = chromium.new_context(
        locale="zh-CN", viewport={"width": 390, "height": 500}, has_touch=True, java_script_enabled=script
    )
    site = Site(page=context.new_page(), address=live_server.url, pictures=tmp_path)
    site.be("handler")
    site.open("/desk/")
    site.follow("完成雨水管网清疏")
    site.follow("报告完成")
    site.page.locator("textarea").first.fill("已逐条答复。")
    site.press("报告完成")
    message = site.page.locator(".j-toast").filter(has_text="已完成：报告完成")
    expect(message).to_be_in_viewport(ratio=1)
    context.close()
