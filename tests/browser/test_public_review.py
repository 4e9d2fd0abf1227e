"""A reviewer draws boxes by mouse and keys; the public sees the copy; a visitor answers without a script."""

import io
import re
from datetime import timedelta
from urllib.request import urlopen

import pytest
from PIL import Image
from playwright.sync_api import expect

from jiedao.kernel import clock
from jiedao.publishing.consultations.actions import (
    ConsultationInput,
    QuestionInput,
    publish_consultation,
    save_consultation,
)
from jiedao.publishing.models import ConsultationAnswer, PublicPhoto
from jiedao.publishing.tests.participation.conftest import add_photo, give_rights
from jiedao.testing.cast import Town, walk
from jiedao.testing.public_site import open_site
from tests.browser.pages import Site


@pytest.fixture
def public_town(town: Town) -> Town:
    open_site()
    return give_rights(town)


def test_a_photo_is_blacked_out_by_mouse_and_keyboard_and_the_public_sees_the_copy(
    site: Site, phone: Site, public_town: Town
) -> None:
    case = walk(public_town)
    photo = add_photo(public_town, case)
    site.be("registrar")
    site.open(f"/desk/review/{case.number}/")
    picture = site.page.locator(f"#photo-{photo} svg").first
    picture.scroll_into_view_if_needed()
    frame = picture.bounding_box()
    assert frame is not None

    site.page.mouse.move(frame["x"] + frame["width"] * 0.5, frame["y"] + 2)
    site.page.mouse.down()
    site.page.mouse.move(frame["x"] + frame["width"] * 0.9, frame["y"] + frame["height"] - 2, steps=4)
    site.page.mouse.up()
    expect(site.page.locator(f"[name=show_{photo}]")).to_be_checked()
    site.page.locator(f"#photo-{photo} [data-add]").click()
    box = site.page.locator("rect.rev-box").nth(1)
    expect(box).to_be_focused()
    for key in ("ArrowLeft", "ArrowUp", "Shift+ArrowRight"):
        site.page.keyboard.press(key)
    values = [
        site.page.locator(f"[name={side}_{photo}]").nth(1).input_value()
        for side in ("left", "top", "width", "height")
    ]
    assert values == ["39", "39", "21", "20"]
    site.page.keyboard.press("Delete")
    expect(site.page.locator("rect.rev-box")).to_have_count(1)
    site.press("公开")
    site.page.wait_for_url("**/desk/review/")

    phone.open("/map/")
    phone.page.locator(".m-row a").first.click()
    phone.see("审核")
    expect(phone.page.locator(".m-photos img")).to_be_visible()
    public = PublicPhoto.objects.get()
    with urlopen(f"{site.address}/map/photos/{public.pk}/") as answer:
        copy = Image.open(io.BytesIO(answer.read()))
    assert max(copy.getpixel((140, 50))) < 8  # type: ignore[arg-type]
    assert copy.getpixel((20, 50))[0] > 200  # type: ignore[index]


def test_a_visitor_without_scripts_answers_a_consultation(plain_site: Site, public_town: Town) -> None:
    today = clock.today()
    data = ConsultationInput(
        name="滨江路改造",
        intro="路灯怎么设。",
        unit_name="城市管理科",
        first_date=today,
        last_date=today + timedelta(days=3),
        questions=(QuestionInput("ONE", "装在哪一边", required=True, choices=("东边", "西边")),),
    )
    shift = public_town.actor("shift")
    publish_consultation(shift, save_consultation(shift, data).pk, version=1)

    plain_site.open("/consultations/")
    plain_site.follow("滨江路改造")
    plain_site.page.get_by_label("西边").check()
    question = re.search(r"(\d+) 加 (\d+) 等于几", plain_site.page.content())
    assert question is not None
    plain_site.page.locator("[name=answer]").fill(str(int(question[1]) + int(question[2])))
    plain_site.press("提交意见")
    plain_site.see("已收到您的意见")

    assert list(ConsultationAnswer.objects.get().values.values()) == [[1]]
