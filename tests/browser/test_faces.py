"""One matter through all faces: the public's site, a phone without a network, the desk, and what is published."""

from pathlib import Path

import requests
from georeport import GeoReport
from playwright.sync_api import expect

from jiedao.api.open311.tests.conftest import ROOT, open_endpoint
from jiedao.cases.models import Case
from jiedao.portal.limits import REPORTS
from jiedao.testing.cast import Town, make_move, walk_case
from jiedao.testing.public_site import open_site
from tests.browser.field_app import FieldApp, wait_for_worker
from tests.browser.pages import Site


def test_a_matter_is_reported_handled_offline_checked_rated_and_counted(
    phone: Site, field: FieldApp, town: Town, photo: Path
) -> None:
    REPORTS.clear()
    open_site()
    open_endpoint()
    before = read_published_months(phone)
    number, code = report(phone, photo)
    case = walk_case(town, Case.objects.get(number=number), to="DISPATCHED")
    handle_without_a_network(field, case, photo)
    case.refresh_from_db()
    assert case.state == "HANDLED"
    case = make_move(town, "supervisor", case, "CHECK_PASS", note="已到现场看过，干净了。")
    case = make_move(town, "shift", case, "CLOSE", reply="已经清运两车，谢谢您的提醒。")
    rate(phone, number, code)
    case.refresh_from_db()
    assert (case.state, case.satisfaction) == ("DONE", 5)
    after = read_published_months(phone)
    for count in ("reported", "closed_in", "reached", "solved", "satisfied"):
        assert after[0][count] == before[0][count] + 1, count
    [row] = GeoReport(f"{field.address}{ROOT}/", output_format="json").get_service_requests()
    assert (row["service_request_id"], row["status"], row["service_name"]) == (number, "closed", "暴露垃圾")


def report(phone: Site, photo: Path) -> tuple[str, str]:
    """Report as a resident with a photo; return the number and the code of the slip."""
    phone.open("/report/rubbish/")
    phone.page.fill("#id_detail", "楼下的垃圾三天没有人清运")
    phone.page.fill("#id_place_text", "临江花园")
    phone.page.set_input_files("#id_photos", photo)
    expect(phone.page.locator(".j-preview img")).to_have_count(1)
    phone.page.get_by_role("button", name="提交").tap()
    expect(phone.page.get_by_role("heading", name="已经收到，谢谢您")).to_be_visible()
    number, code = phone.page.locator(".p-slip .p-code").all_inner_texts()
    return number, code


def handle_without_a_network(field: FieldApp, case: Case, photo: Path) -> None:
    """Take a case, handle it on a phone that is offline, close the browser, and open it where there is a network."""
    page = field.open("handler")
    wait_for_worker(page)
    page.get_by_role("link", name=case.subject).first.click()
    page.get_by_role("link", name="接单").click()
    page.get_by_role("button", name="接单").click()
    expect(page.locator("main h1")).to_contain_text("今天")
    expect(page.get_by_text("已全部发送")).to_be_visible(timeout=20_000)
    expect(page.get_by_role("heading", name="处置中")).to_be_visible(timeout=20_000)
    field.cut_off()
    page.get_by_role("link", name=case.subject).first.click()
    page.get_by_role("link", name="处置完成").click()
    page.fill("#f-result", "已清运两车。")
    page.set_input_files("input[type=file] >> nth=0", photo)
    page.get_by_role("button", name="处置完成").click()
    expect(page.locator(".f-badge")).to_have_text("1")
    field.close()
    page = field.open()
    expect(page.get_by_text("已全部发送")).to_be_visible(
        timeout=120_000
    )  # a first try that fails is repeated later


def rate(phone: Site, number: str, code: str) -> None:
    """Read the reply and rate it, on a phone with only the number and code of the slip."""
    phone.page.context.clear_cookies()
    phone.open("/follow/")
    phone.page.fill("#number", number)
    phone.page.fill("#code", code)
    phone.page.get_by_role("button", name="查看").tap()
    phone.see("已经清运两车，谢谢您的提醒。")
    phone.page.get_by_text("解决了", exact=True).tap()
    phone.page.get_by_text("很满意", exact=True).tap()
    phone.page.get_by_role("button", name="提交评价").tap()
    phone.see("谢谢您的评价。")


def read_published_months(phone: Site) -> list[dict[str, int]]:
    """Return the office's figures month by month as the public's site gives them to programs, the present one first."""
    answer = requests.get(f"{phone.address}/response/months.json", timeout=20)
    months: list[dict[str, int]] = answer.json()["months"]
    return months
