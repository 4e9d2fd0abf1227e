"""The app of the grid worker: a day without a network, lost answers, conflicts, a new build, signing out."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from jiedao.cases.flow import State
from jiedao.cases.models import Case
from jiedao.cases.questions import get_answers
from jiedao.field import build
from jiedao.fieldwork.models import PlaceVisit
from jiedao.files.actions import store_file
from jiedao.files.models import Attachment
from jiedao.kernel import clock
from jiedao.orgs.actor import make_system_actor
from jiedao.registers.models import Inspection
from jiedao.registers.tests.inspecting import INSPECTED, add_house, grant_rights
from jiedao.registers.tests.parts import declare
from jiedao.testing.cast import Town, make_case, make_move, walk
from jiedao.testing.questions import add_questions
from tests.browser.field_app import FieldApp, wait_for_worker

MODEL = Path(__file__).with_name("queue_model.js")
SCHEDULES = 1000


def test_queue_loses_and_repeats_no_item_in_random_schedules(page: Page, live_server: LiveServer) -> None:
    page.route(
        "**/model/", lambda route: route.fulfill(body="<title>model</title>", content_type="text/html")
    )
    page.route(
        "**/model/queue_model.js",
        lambda route: route.fulfill(body=MODEL.read_text(encoding="utf-8"), content_type="text/javascript"),
    )
    page.goto(f"{live_server.url}/model/")
    script = f"import('/model/queue_model.js').then((model) => model.runSchedules({SCHEDULES}))"
    assert page.evaluate(script) == []


@pytest.fixture
def worker(town: Town) -> Case:
    """Give grid1 a day: a case to verify and an inspection that is due."""
    grant_rights(town)
    record = add_house(town, declare(INSPECTED), on=clock.today() - timedelta(days=40))
    Inspection.objects.create(
        register_id=record.register_id,
        record=record,
        kind="EXTRA",
        checklist="fire",
        area_path=record.area_path,
        planned_date=clock.today(),
        due_date=clock.today(),
        counted_date=clock.today(),
    )
    case = walk(town, to="REPORTED")
    return make_move(town, "registrar", case, "ACCEPT", category=town.categories["COVER"].pk)


HAS_PREVIEW = """() => new Promise((done) => {
  indexedDB.open("jiedao-field").onsuccess = ({ target: { result: database } }) => {
    database.transaction("values").objectStore("values").getAllKeys().onsuccess = ({ target: { result: keys } }) => {
      database.close();
      done(keys.some((key) => key.startsWith("preview:")));
    };
  };
})"""


def attach_photo(case: Case, photo: Path) -> None:
    """Attach a photo of the matter to a case, as its reporter sent it."""
    upload = ContentFile(photo.read_bytes(), name=photo.name)
    target = {"object_type": "cases.case", "object_id": case.pk}
    store_file(make_system_actor(), upload, kind="PHOTO_BEFORE", **target)


def report(page: Page, photo: Path | None = None) -> None:
    page.goto(page.url.split("#")[0] + "#/report")
    expect(page.get_by_text("已定位，误差约 18 米。")).to_be_visible()
    page.fill("#f-detail", "路口井盖破损，有人差点绊倒。")
    if photo is not None:
        page.set_input_files("#photos-photos", photo)
        expect(page.locator(".f-photo")).to_have_count(1)
    page.get_by_role("button", name="提交").click()
    expect(page.locator("main h1")).to_contain_text("今天")


def test_day_without_a_network_survives_closing_the_browser(
    field: FieldApp, town: Town, worker: Case, photo: Path
) -> None:
    attach_photo(worker, photo)
    page = field.open("grid1")
    wait_for_worker(page)
    page.wait_for_function(HAS_PREVIEW)
    field.cut_off()
    page.reload()  # from the service worker alone
    expect(page.get_by_text("没有网络。今天的任务都在手机上")).to_be_visible()
    report(page, photo)
    page.get_by_role("link", name=worker.subject).first.click()
    picture = page.get_by_role("img", name="处置前照片")
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") == 480
    page.get_by_role("link", name="核实属实").click()
    page.fill("#f-note", "现场情况属实。")
    page.get_by_role("button", name="核实属实").click()
    page.get_by_role("link", name="H1号楼").first.click()
    expect(page.get_by_role("button", name="完成检查")).to_be_visible()
    for answers in page.locator(".f-answers").all():
        answers.get_by_text("合格", exact=True).click()
    page.get_by_role("button", name="完成检查").click()
    expect(page.locator("main h1")).to_contain_text("今天")  # the app has opened this page by itself
    page.goto(page.url.split("#")[0] + "#/here/PREMISE/P001")
    page.get_by_role("button", name="在这里打卡").click()
    expect(page.locator(".f-badge")).to_have_text("4")
    assert Case.objects.count() == 1
    field.close()

    page = field.open()
    expect(page.get_by_text("已全部发送")).to_be_visible(timeout=120_000)
    filed = Case.objects.exclude(pk=worker.pk).get()
    assert (filed.accuracy_m, filed.channel) == (18, "PATROL")
    assert Attachment.objects.of("cases.case", filed.pk).count() == 1
    assert Attachment.objects.of("cases.case", filed.pk).get().blob.width == 2000
    worker.refresh_from_db()
    assert worker.state == State.FILED
    assert Inspection.objects.filter(state="DONE").count() == 1
    visit = PlaceVisit.objects.get()
    assert (visit.count, visit.proof) == (1, "CODE")


def test_lost_answer_leads_to_no_second_case(field: FieldApp, town: Town, worker: Case) -> None:
    page = field.open("grid1")
    wait_for_worker(page)
    lost = []

    def lose(route: Any) -> None:
        if len(lost) < 2:
            lost.append(route.fetch().status)  # the server has carried it out
            route.abort()
        else:
            route.continue_()

    page.route("**/field/items/", lose)
    report(page)
    expect(page.get_by_text("离线")).to_be_visible(timeout=120_000)
    page.goto(page.url.split("#")[0] + "#/queue")
    page.get_by_role("button", name="现在发送").click()
    page.get_by_role("button", name="现在发送").click()
    expect(page.get_by_text("已全部发送")).to_be_visible(timeout=120_000)
    assert lost == [201, 200]
    assert Case.objects.exclude(pk=worker.pk).count() == 1


def test_conflict_shows_both_versions_and_keeps_the_work_as_a_comment(
    field: FieldApp, town: Town, worker: Case
) -> None:
    page = field.open("grid1")
    wait_for_worker(page)
    field.cut_off()
    page.get_by_role("link", name=worker.subject).first.click()
    page.get_by_role("link", name="核实属实").click()
    page.fill("#f-note", "我看到井盖裂了。")
    page.get_by_role("button", name="核实属实").click()
    expect(page.locator("main h1")).to_contain_text("今天")
    make_move(town, "supervisor", worker, "VERIFY", note="督查已到场核实。")
    field.cut_off(offline=False)
    page.goto(page.url.split("#")[0] + "#/queue")
    versions = page.locator(".f-versions")  # the phone sends by itself as soon as there is a network
    expect(versions).to_contain_text("我看到井盖裂了。", timeout=120_000)
    expect(versions).to_contain_text("督查已到场核实。")
    page.get_by_role("button", name="改为留言").click()
    expect(page.get_by_text("没有等待发送的内容。")).to_be_visible(timeout=120_000)
    assert worker.moves.filter(move="COMMENT", text="我看到井盖裂了。").count() == 1


def test_new_build_keeps_the_queue_of_the_old_one(
    field: FieldApp, town: Town, worker: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = field.open("grid1")
    wait_for_worker(page)
    first = page.evaluate("caches.keys()")
    page.route("**/field/items/", lambda route: route.abort())
    report(page)
    field.close()

    monkeypatch.setattr(build, "get_file_digest", lambda: "the next build")
    page = field.open()
    page.evaluate("navigator.serviceWorker.ready.then((worker) => worker.update())")
    page.wait_for_function(
        "first => caches.keys().then((now) => now.length === 1 && now[0] !== first[0])", arg=first
    )
    expect(page.get_by_text("已全部发送")).to_be_visible(timeout=120_000)
    assert Case.objects.exclude(pk=worker.pk).count() == 1


def test_closed_app_sends_its_queue_when_the_browser_has_a_network(
    field: FieldApp, town: Town, worker: Case
) -> None:
    page = field.open("grid1")
    wait_for_worker(page)
    field.cut_off()
    report(page)
    page.goto("about:blank")
    field.cut_off(offline=False)
    assert field.context is not None
    session = field.context.new_cdp_session(page)
    registrations: list[Any] = []
    session.on(
        "ServiceWorker.workerRegistrationUpdated", lambda event: registrations.extend(event["registrations"])
    )
    session.send("ServiceWorker.enable")
    page.wait_for_timeout(500)
    [registration] = {row["registrationId"] for row in registrations if row["scopeURL"].endswith("/field/")}
    event = {
        "origin": field.address,
        "registrationId": registration,
        "tag": "field-queue",
        "lastChance": False,
    }
    for _attempt in range(2):  # the second finds nothing to send
        session.send("ServiceWorker.dispatchSyncEvent", event)
        wait_until(page, lambda: Case.objects.count() == 2)
    page.goto(f"{field.address}/field/")
    expect(page.get_by_text("已全部发送")).to_be_visible(timeout=60_000)
    assert Case.objects.count() == 2


def wait_until(page: Page, is_true: Callable[[], bool], seconds: int = 60) -> None:
    for _attempt in range(seconds * 4):
        if is_true():
            return
        page.wait_for_timeout(250)
    raise AssertionError("it did not happen in time")


FAKE_CAMERA = """
navigator.mediaDevices.getUserMedia = async () => document.createElement("canvas").captureStream();
window.BarcodeDetector = class {
  static getSupportedFormats = async () => ["qr_code"];
  detect = async () => (window.shownCode ? [{ rawValue: window.shownCode }] : []);
};
"""


def test_all_cases_nearby_are_listed_and_lines_state_what_to_do(
    field: FieldApp, town: Town, worker: Case
) -> None:
    for number in range(12):
        make_case(
            town, grid="G1", lon=114.106, lat=22.604, subject=f"附近的事{number}", number=f"2026-9{number:07}"
        )
    page = field.open("grid1")
    wait_for_worker(page)
    near = page.locator("section", has=page.get_by_role("heading", name="附近在办"))
    expect(near.locator(".f-count")).to_have_text("12")
    expect(near.locator(".f-work")).to_have_count(10)
    page.get_by_role("button", name="显示更多（还有 2 件）").click()
    expect(near.locator(".f-work")).to_have_count(12)
    first = page.locator(".f-work").first
    expect(first.locator(".f-tag").first).to_have_text("核实")
    expect(first).to_contain_text("前")  # until when


SCAN_PAGE = """<body data-icons="x"><script id="texts" type="application/json">{}</script><main></main>
<script type="module">
  import { scanField } from "/static/field/js/scan.js";
  document.querySelector("main").append(await scanField((place) => (window.place = place)));
</script>"""


def test_code_of_a_place_is_scanned_and_any_other_is_named(page: Page, live_server: LiveServer) -> None:
    page.route("**/scan/", lambda route: route.fulfill(body=SCAN_PAGE, content_type="text/html"))
    page.goto(f"{live_server.url}/scan/")
    expect(page.locator("main")).to_have_text("scanByCamera")  # this browser reads no codes by itself

    page.add_init_script(FAKE_CAMERA)
    page.reload()
    page.get_by_role("button", name="scan", exact=True).click()
    page.get_by_role("button", name="scanStop").click()
    page.get_by_role("button", name="scan", exact=True).click()
    page.evaluate("window.shownCode = 'https://example.org/other'")
    expect(page.get_by_text("scanOther")).to_be_visible()
    page.evaluate("window.shownCode = 'https://street.example/field/here/PREMISE/P001/'")
    page.wait_for_function("window.place?.join() === 'PREMISE,P001'")
    expect(page.get_by_role("button", name="scan", exact=True)).to_be_visible()  # the camera is off


def test_nothing_of_the_user_stays_after_signing_out(field: FieldApp, town: Town, worker: Case) -> None:
    page = field.open("grid1")
    wait_for_worker(page)
    page.route("**/field/items/", lambda route: route.abort())
    report(page)
    page.goto(f"{field.address}/desk/")
    page.locator(".j-top details").last.locator("summary").click()
    page.get_by_role("button", name="退出登录").click()
    expect(page.get_by_text("还有 1 件没有发送")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="导出文件").click()
    exported = json.loads(Path(download.value.path()).read_text(encoding="utf-8"))
    assert exported["items"][0]["data"]["detail"] == "路口井盖破损，有人差点绊倒。"
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="放弃这些，退出").click()
    page.wait_for_url("**/accounts/sign-in/**")
    assert page.evaluate("indexedDB.databases()") == []
    assert page.evaluate("localStorage.length") == 0
    shell = page.request.get(f"{field.address}/field/shell/").text()
    assert "赵青" not in shell


def test_position_off_by_over_fifty_metres_needs_a_confirmation(
    field: FieldApp, town: Town, worker: Case
) -> None:
    page = field.open("grid1")
    wait_for_worker(page)
    assert field.context is not None
    field.context.set_geolocation({"longitude": 114.105, "latitude": 22.605, "accuracy": 140})
    page.goto(page.url.split("#")[0] + "#/report")
    expect(page.get_by_text("误差约 140 米，不够准")).to_be_visible()
    page.fill("#f-detail", "路灯不亮。")
    page.get_by_role("button", name="提交").click()
    expect(page.get_by_text("定位误差 140 米，超过 50 米")).to_be_visible()
    page.get_by_role("button", name="仍用这个位置").click()
    page.get_by_role("button", name="提交").click()
    expect(page.locator("main h1")).to_contain_text("今天")
    expect(page.get_by_text("已全部发送")).to_be_visible(timeout=120_000)
    assert Case.objects.exclude(pk=worker.pk).get().accuracy_m == 140


def test_report_asks_the_questions_of_its_category(field: FieldApp, town: Town, worker: Case) -> None:
    add_questions(town)
    page = field.open("grid1")
    wait_for_worker(page)
    page.goto(page.url.split("#")[0] + "#/report")
    page.fill("#f-detail", "墙边堆着砖头和水泥块。")
    page.select_option("#f-category", label="01001 暴露垃圾")
    expect(page.get_by_text("看到是谁倒的吗？")).to_be_hidden()
    page.get_by_role("button", name="提交").click()
    expect(page.locator(".f-faults")).to_contain_text("填写“是什么垃圾？”。")
    page.get_by_label("建筑垃圾").check()
    page.locator("fieldset", has_text="看到是谁倒的吗？").get_by_label("否").check()
    page.get_by_role("button", name="提交").click()
    expect(page.locator("main h1")).to_contain_text("今天")
    expect(page.get_by_text("已全部发送")).to_be_visible(timeout=120_000)
    filed = Case.objects.exclude(pk=worker.pk).get()
    assert {answer.key: answer.text for answer in get_answers(filed)} == {"kinds": "建筑垃圾", "seen": "否"}
