"""A case from the intake form to the return visit, each step by the responsible user at a browser."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from jiedao.cases.models import Case
from jiedao.files.models import Attachment
from jiedao.testing.cast import Town, walk
from tests.browser.pages import Site

SUBJECT = "临江花园门口垃圾堆放"
DETAIL = "临江花园北门的垃圾堆了三天没有清运，有恶臭。"


def report(site: Site, photo: Path) -> str:
    """File a case as the grid worker, with a point on the map and a photo."""
    page = site.page
    site.sign_in("grid1")
    page.keyboard.press("n")
    page.wait_for_url("**/desk/cases/new/")
    page.fill("#id_subject", SUBJECT)
    page.fill("#id_detail", DETAIL)
    page.fill("#id_reporter_name", "张三丰")
    page.fill("#id_reporter_phone", "13800138000")
    page.set_input_files("#id_photos", photo)
    expect(page.locator(".j-preview img")).to_be_visible()
    spot = page.locator("jd-map")
    spot.scroll_into_view_if_needed()
    expect(page.locator("jd-map.is-live")).to_be_visible(timeout=20_000)
    box = spot.bounding_box()
    assert box is not None
    spot.click(position={"x": box["width"] / 2 - 50, "y": box["height"] / 2 + 50})  # south-west: grid G1
    expect(page.locator("#alike")).to_contain_text("临江社区")
    expect(page.locator("#alike")).to_contain_text("暴露垃圾")
    site.press("登记")
    site.see("已登记", SUBJECT, "处置前")
    expect(page.locator(".j-photos img")).to_have_count(1)
    return page.url.partition("?")[0].rstrip("/").rsplit("/", 1)[-1]


def dispatch(site: Site, number: str) -> None:
    """Dispatch the case by keyboard alone: a digit selects the category, Enter dispatches."""
    page = site.page
    site.be("dispatcher")
    site.open("/desk/dispatcher/")
    site.see(SUBJECT, "暴露垃圾", "垃圾")
    page.keyboard.press("1")
    expect(page.locator("#unit")).to_be_visible()
    expect(page.locator("#unit option:checked")).to_have_text("城市管理科")
    page.keyboard.press("Enter")
    site.see("都处理完了")
    site.see(f"{number} 已派给 城市管理科")


def handle(site: Site, number: str, photo: Path) -> None:
    """Take the case from the handler's home page, and report the result with a photo."""
    page = site.page
    site.be("handler")
    site.open("/desk/")
    site.see("1 件等您办理")
    site.follow(SUBJECT)
    site.press("接单")
    site.see("处置中")
    site.follow("处置完成")
    page.fill("#handle_result", "已清运两车，并冲洗地面。")
    page.set_input_files("#handle_photos", photo)
    expect(page.locator(".j-preview img")).to_be_visible()
    site.press("处置完成")
    site.see("已完成：处置完成", "待核查", "已清运两车，并冲洗地面。")
    # Users may not check their own work.
    expect(site.main().get_by_role("link", name="核查通过")).to_have_count(0)


def check(site: Site, number: str) -> None:
    """Pass the check as the supervisor, who sees both photos and the result."""
    site.be("supervisor")
    site.open("/desk/")
    site.see("待核查")
    site.follow(SUBJECT)
    site.see("已清运两车，并冲洗地面。")
    expect(site.page.locator(".j-photos img")).to_have_count(2)
    site.follow("核查通过")
    site.page.locator("textarea[name=note]").fill("现场已看过。")
    site.press("核查通过")
    site.see("已完成：核查通过", "待结案")


def close(site: Site, number: str) -> None:
    """Close the case as the shift leader, first without a reply, which is refused."""
    page = site.page
    site.be("shift")
    site.open("/desk/")
    site.follow(SUBJECT)
    site.see("张**")
    site.follow("结案")
    site.see("反映人还没有收到答复")
    page.fill("#close_reply", "您反映的垃圾已经清运，感谢您的监督。")
    site.press("结案")
    site.see("已完成：结案", "待回访")


def visit(site: Site, number: str) -> None:
    """Reveal the phone number with a reason, and record the answer of the return visit."""
    page = site.page
    site.be("visitor")
    site.open("/desk/")
    site.see("待回访")
    site.follow(SUBJECT)
    site.see("138****8000")
    page.locator("input[name=reached][value='yes']").check()
    page.fill("#visit_note", "很快，谢谢。")
    page.fill("#visit-reason", "电话回访")
    site.press("显示号码")
    site.see("13800138000")
    page.locator("input[name=solved][value='yes']").check()
    page.locator("input[name=satisfaction][value='5']").check()
    site.press("登记")
    site.see("已完成：回访", "已办结", "满意度 5 分", "很快，谢谢。")


def test_six_users_take_a_case_from_intake_to_return_visit(site: Site, town: Town, photo: Path) -> None:
    number = report(site, photo)
    dispatch(site, number)
    handle(site, number, photo)
    check(site, number)
    close(site, number)
    visit(site, number)
    case = Case.objects.get(number=number)
    assert (case.state, case.satisfaction, case.area_id) == ("DONE", 5, town.areas["G1"].pk)
    assert case.category_id == town.categories["RUBBISH"].pk
    assert Attachment.objects.filter(object_id=case.pk).count() == 2


def test_a_case_can_be_handled_without_scripts(plain_site: Site, town: Town, photo: Path) -> None:
    site, page = plain_site, plain_site.page
    site.sign_in("registrar")
    site.follow("登记案件")
    page.fill("#id_detail", DETAIL)
    page.select_option("#id_area", str(town.areas["G1"].pk))
    page.set_input_files("#id_photos", photo)
    site.press("登记")
    case = Case.objects.get()
    steps = [
        ("registrar", "受理立案", {"category": str(town.categories["RUBBISH"].pk)}, {}),
        ("dispatcher", "派遣", {}, {}),
        ("handler", "接单", {}, {}),
        ("handler", "处置完成", {}, {"result": "已清运。"}),
        ("supervisor", "核查通过", {}, {"note": "现场已清净。"}),
        ("shift", "结案", {}, {}),
    ]
    who = "registrar"
    for person, label, chosen, typed in steps:
        if person != who:
            site.be(person)
            who = person
        site.open(f"/desk/cases/{case.number}/")
        if label != "接单":  # a button beside the form of the result
            site.follow(label)
        for name, value in chosen.items():
            page.locator(f"select[name={name}]").select_option(value)
        for name, text in typed.items():
            page.locator(f"textarea[name={name}]").fill(text)
        site.press(label)
        site.see(f"已完成：{label}")
    case.refresh_from_db()
    assert case.state in {"CLOSED", "DONE"}
    site.open("/desk/cases/?q=恶臭")
    site.see(case.number)


@pytest.mark.parametrize("key", ["d", "x"])
def test_the_dispatchers_desk_without_scripts_has_a_button_for_every_key(
    plain_site: Site, town: Town, key: str
) -> None:
    case = walk(town, to="FILED" if key == "d" else "REPORTED")
    site, page = plain_site, plain_site.page
    site.be("dispatcher")
    site.open("/desk/dispatcher/")
    if key == "d":
        page.locator("button[name=move][value=DISPATCH]").click()
        site.see(f"{case.number} 已派给 城市管理科")
    else:
        page.locator(".j-pick button").first.click()
        site.see(f"{case.number} 已受理立案")
