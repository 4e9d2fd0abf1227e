"""Printouts over HTTP: what is on them, who gets them, personal data, names of files, and the audit."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any
from urllib.parse import unquote

import pytest
from django.conf import LazySettings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from docx import Document as WordDocument

from jiedao.audit.models import Entry
from jiedao.cases.models import Case, HotMatter
from jiedao.desk.cases import views_print
from jiedao.desk.hotspots import views_print as letter_views
from jiedao.desk.printing import make_file_name
from jiedao.desk.tests.conftest import SignedIn
from jiedao.files.models import Kind
from jiedao.files.tests.pictures import make_picture
from jiedao.kernel import clock
from jiedao.kernel.memo import forget_all
from jiedao.projects.actions.supervising import supervise_pledge
from jiedao.projects.tests.conftest import projects_town
from jiedao.projects.tests.parts import declare as declare_project
from jiedao.projects.tests.promise_parts import JULY, add_item, promise_town
from jiedao.registers.actions.planning import plan_rounds
from jiedao.registers.actions.records import add_record, change_record
from jiedao.registers.catalogue import RegisterInfo
from jiedao.registers.models import Inspection
from jiedao.registers.rows import RecordInput
from jiedao.registers.tests.inspecting import INSPECTED, add_house, grant_rights
from jiedao.registers.tests.parts import HOUSES, declare
from jiedao.reports.printing.pictures import draw_code
from jiedao.testing.cast import Town, make_cases, make_move, store_photo, walk

SITE = "https://jiedao.example.gov.cn"
G1 = "990001001001001"
NOON = datetime(2026, 9, 2, 12, tzinfo=clock.TOWN_TZ)

__all__ = ["projects_town"]


@pytest.fixture(autouse=True)
def _site(settings: LazySettings) -> None:
    settings.JIEDAO_SITE_URL = SITE


def sign_in(town: Town, username: str) -> Client:
    client = Client(headers={"accept-language": "zh-hans"})
    client.force_login(town.users[username], backend="django.contrib.auth.backends.ModelBackend")
    return client


def read_word(answer: Any) -> str:
    """Return the texts of a Word file that a page sent, a line for each paragraph and cell."""
    assert answer.status_code == 200, answer.content.decode()
    word = WordDocument(BytesIO(answer.content))
    cells = [cell.text for table in word.tables for row in table.rows for cell in row.cells]
    return "\n".join([paragraph.text for paragraph in word.paragraphs] + cells)


def read_pictures(answer: Any) -> list[bytes]:
    word = WordDocument(BytesIO(answer.content))
    return [part.blob for part in word.part.package.iter_parts() if part.partname.startswith("/word/media/")]


def read_name(answer: Any) -> str:
    return unquote(answer["Content-Disposition"].split("''")[1])


def read_entries() -> list[tuple[str, Any]]:
    return [
        (entry.object_id, entry.after)
        for entry in Entry.objects.filter(action="reports.printout:make").order_by("id")
    ]


# -- work orders -------------------------------------------------------------------------------------------------


def test_a_work_order_has_what_the_page_shows_with_photo_map_and_code(
    town: Town, signed_in: SignedIn
) -> None:
    case = walk(town, to="HANDLING", subject="临江花园门口堆放建筑垃圾")
    make_move(
        town,
        "handler",
        case,
        "HANDLE",
        result="已清运两车",
        photos=[store_photo(town, "handler", Kind.PHOTO_AFTER)],
    )

    answer = signed_in("handler").get(f"/desk/cases/{case.number}/print/docx/")
    text, pictures = read_word(answer), read_pictures(answer)

    for words in (
        case.number,
        "临江花园门口堆放建筑垃圾",
        "滨江路1号",
        "已清运两车",
        "办理经过",
        "处置后",
        "现场填写",
    ):
        assert words in text
    assert draw_code(f"{SITE}/desk/cases/{case.number}/", "").content in pictures
    assert len(pictures) == 3  # the code, the map and the photo
    assert read_name(answer) == f"案件工作单-{case.number}.docx"


def test_the_code_opens_the_address_of_the_request_where_no_site_is_set(
    town: Town, signed_in: SignedIn, settings: LazySettings
) -> None:
    settings.JIEDAO_SITE_URL = ""
    case = walk(town)

    pictures = read_pictures(signed_in("dispatcher").get(f"/desk/cases/{case.number}/print/docx/"))

    assert draw_code(f"http://testserver/desk/cases/{case.number}/", "").content in pictures


def test_a_pdf_opens_in_the_browser_or_is_saved(town: Town, signed_in: SignedIn) -> None:
    case, client = walk(town), signed_in("dispatcher")

    shown = client.get(f"/desk/cases/{case.number}/print/pdf/")
    saved = client.get(f"/desk/cases/{case.number}/print/pdf/?save=1")

    assert shown.content.startswith(b"%PDF")
    assert shown["Content-Disposition"].startswith("inline")
    assert saved["Content-Disposition"].startswith("attachment")
    assert "no-store" in shown["Cache-Control"] or "no-cache" in shown["Cache-Control"]


def test_the_reporter_is_masked_on_paper(town: Town, signed_in: SignedIn) -> None:
    case = walk(town)

    text = read_word(signed_in("shift").get(f"/desk/cases/{case.number}/print/docx/"))

    assert "138****8000" in text
    assert "张三" not in text
    assert "13800138000" not in text


def test_a_reporter_who_asks_for_secrecy_is_not_on_paper(town: Town, signed_in: SignedIn) -> None:
    case = walk(town, secret=True)

    text = read_word(signed_in("shift").get(f"/desk/cases/{case.number}/print/docx/"))

    assert "要求保密" in text
    assert "8000" not in text


def test_a_reporter_is_printed_in_clear_for_a_reason_that_the_audit_stores(
    town: Town, signed_in: SignedIn
) -> None:
    case, client = walk(town), signed_in("shift")
    url = f"/desk/cases/{case.number}/print/docx/"

    refused = client.post(url, {"reason": ""})
    text = read_word(client.post(url, {"reason": "上门回访"}))

    assert refused.status_code == 302
    assert "张三" in text
    assert "13800138000" in text
    assert Entry.objects.get(action="cases.case:reveal").after == {"reason": "上门回访"}
    assert read_entries() == [(case.pk, {"printout": "work_order", "format": "docx", "revealed": True})]


def test_only_who_may_reveal_prints_a_reporter_in_clear(town: Town, signed_in: SignedIn) -> None:
    case = walk(town, to="HANDLING")

    answer = signed_in("handler").post(f"/desk/cases/{case.number}/print/docx/", {"reason": "上门回访"})

    assert answer.status_code == 403
    assert read_entries() == []


def test_a_case_out_of_scope_is_not_printed(town: Town, signed_in: SignedIn) -> None:
    case = walk(town, to="HANDLING")

    assert signed_in("grid3").get(f"/desk/cases/{case.number}/print/pdf/").status_code == 404
    assert signed_in("handler").get(f"/desk/cases/{case.number}/print/xlsx/").status_code == 404
    assert read_entries() == []


def test_the_page_of_a_case_has_the_buttons(town: Town, signed_in: SignedIn) -> None:
    case = walk(town, to="HANDLING")
    page = signed_in("shift").get(f"/desk/cases/{case.number}/").content.decode()

    for link in ("print/pdf/", "print/pdf/?save=1", "print/docx/"):
        assert f'href="/desk/cases/{case.number}/{link}"' in page
    assert "打印含姓名和电话的工作单" in page
    assert (
        "打印含姓名和电话的工作单"
        not in signed_in("handler").get(f"/desk/cases/{case.number}/").content.decode()
    )


def test_the_cases_of_a_list_are_printed_in_one_file(town: Town, signed_in: SignedIn) -> None:
    make_cases(town, [{"state": "FILED", "subject": f"路灯不亮{n}"} for n in range(3)])
    make_cases(town, [{"state": "DONE", "subject": "旧事"}])

    answer = signed_in("dispatcher").get("/desk/cases/print/docx/?state=FILED")
    text = read_word(answer)

    assert [f"路灯不亮{n}" in text for n in range(3)] == [True, True, True]
    assert "旧事" not in text
    assert "案件工作单-3件-" in read_name(answer)
    assert len(read_entries()) == 3


def test_a_list_of_too_many_cases_is_refused_with_the_limit(
    town: Town, signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views_print, "MOST_ORDERS", 2)
    make_cases(town, [{"state": "FILED"} for _n in range(3)])

    answer = signed_in("dispatcher").get("/desk/cases/print/pdf/?state=FILED", follow=True)

    assert "一次最多打印 2 件工作单" in answer.content.decode()
    assert read_entries() == []


def test_names_of_files_leave_out_what_no_system_stores() -> None:
    assert make_file_name(("督办单", 'A/B:"*?', "", "x" * 90), "pdf") == f"督办单-A B-{'x' * 60}.pdf"


# -- supervision -------------------------------------------------------------------------------------------------


def test_the_letter_of_a_supervised_case_goes_to_its_unit(town: Town, signed_in: SignedIn) -> None:
    case = walk(town, to="HANDLING")
    make_move(town, "leader", case, "SUPERVISE", note="本周办结并书面报告", answer_date=clock.today())
    client = signed_in("handler")

    answer = client.get(f"/desk/cases/{case.number}/letter/docx/")
    text, page = read_word(answer), client.get(f"/desk/cases/{case.number}/").content.decode()

    unit = town.units["URBAN"].name
    assert f"{unit}：" in text
    assert "本周办结并书面报告" in text
    assert read_name(answer) == f"督办单-{case.number}-{unit}.docx"
    assert f"/desk/cases/{case.number}/letter/pdf/?demand=" in page
    assert read_entries() == [(case.pk, {"printout": "letter", "format": "docx"})]


def test_a_case_that_is_not_supervised_has_no_letter(town: Town, signed_in: SignedIn) -> None:
    case = walk(town, to="HANDLING")
    other = walk(town, to="HANDLING")
    make_move(town, "leader", other, "SUPERVISE", note="尽快")
    demand = other.demands.get()

    assert signed_in("leader").get(f"/desk/cases/{case.number}/letter/docx/").status_code == 404
    assert (
        signed_in("leader").get(f"/desk/cases/{case.number}/letter/docx/?demand={demand.pk}").status_code
        == 404
    )


def test_a_hot_matter_gives_each_unit_its_letter(town: Town, signed_in: SignedIn) -> None:
    cases = [walk(town, to="HANDLING", subject=f"夜间施工噪音{n}") for n in range(3)]
    matter = HotMatter.objects.create(
        rank=1,
        heat=3,
        central=cases[0],
        first_date=clock.today(),
        last_date=clock.today(),
        grouped_at=clock.now(),
    )
    matter.cases.set(cases)
    client = signed_in("leader")
    refused = client.get(f"/desk/hotspots/{cases[0].number}/letter/docx/")
    for case in cases[:2]:
        make_move(town, "leader", case, "SUPERVISE", note="限三日内整治")

    text = read_word(client.get(f"/desk/hotspots/{cases[0].number}/letter/docx/"))

    assert refused.status_code == 422
    assert text.count("限三日内整治") == 1
    assert "热点问题：夜间施工噪音" in text
    assert "以来共收到反映 3 件" in text
    assert cases[0].number in text
    assert cases[2].number not in text
    assert f"{town.units['URBAN'].name}：" in text


def test_letters_of_a_hot_matter_are_limited_and_state_a_demand_once(
    town: Town, signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    cases = [walk(town, to="HANDLING", subject=f"夜间施工噪音{n}") for n in range(3)]
    matter = HotMatter.objects.create(
        rank=1,
        heat=3,
        central=cases[0],
        first_date=clock.today(),
        last_date=clock.today(),
        grouped_at=clock.now(),
    )
    matter.cases.set(cases)
    for case, demand in zip(cases, ("限三日内整治", "限五日内答复", "限三日内整治"), strict=True):
        make_move(town, "leader", case, "SUPERVISE", note=demand)
    client, address = signed_in("leader"), f"/desk/hotspots/{cases[0].number}/letter/docx/"

    text = read_word(client.get(address))
    assert (text.count("限三日内整治"), text.count("限五日内答复")) == (1, 1)
    assert f"{cases[0].number}、{cases[2].number}：限三日内整治" in text

    monkeypatch.setattr(letter_views, "MOST_MATTERS", 2)
    refused = client.get(address)
    assert refused.status_code == 422
    assert "这件热点督办了 3 件，一次最多打印 2 件" in refused.content.decode()


# -- inspections -------------------------------------------------------------------------------------------------


@pytest.fixture
def houses(town: Town) -> RegisterInfo:
    grant_rights(town)
    forget_all()
    return declare(INSPECTED)


def plan_inspection(town: Town, info: RegisterInfo) -> Inspection:
    add_house(town, info, "H1", on=clock.today() - timedelta(days=30))
    plan_rounds(info, clock.today())
    return Inspection.objects.order_by("id")[0]


def test_a_due_inspection_is_printed_blank_with_boxes(
    town: Town, signed_in: SignedIn, houses: RegisterInfo
) -> None:
    inspection = plan_inspection(town, houses)

    answer = signed_in("grid1").get(f"/desk/inspections/{inspection.pk}/print/docx/")
    text = read_word(answer)

    assert text.count("□") == 3 * 3  # three items, three answers
    assert "疏散通道畅通" in text
    assert read_name(answer).endswith("-空白.docx")
    assert draw_code(f"{SITE}/desk/inspections/{inspection.pk}/", "").content in read_pictures(answer)
    assert read_entries() == [(inspection.pk, {"printout": "blank_checklist", "format": "docx"})]


def test_an_inspection_that_was_made_is_printed_with_results_and_cases(
    town: Town, signed_in: SignedIn, houses: RegisterInfo
) -> None:
    inspection, client = plan_inspection(town, houses), signed_in("grid1")
    page = f"/desk/inspections/{inspection.pk}/"
    photo = {"photos-exit": SimpleUploadedFile("现场.jpg", make_picture(), "image/jpeg")}
    answers = {
        "answer-exit": "FAIL",
        "note-exit": "楼道堆放杂物",
        "answer-wiring": "OK",
        "answer-alarm": "NA",
    }
    assert client.post(page, {**answers, **photo, "note": "房东在场"}).status_code == 302
    case = Case.objects.get()

    done = client.get(f"{page}print/docx/")
    blank = read_word(client.get(f"{page}print/docx/?blank=1"))
    text = read_word(done)

    for words in ("楼道堆放杂物", "不合格", f"案件 {case.number}", "房东在场", "第 1 项"):
        assert words in text
    assert "□" not in text
    assert blank.count("□") == 9
    assert "楼道堆放杂物" not in blank
    assert "房东在场" not in blank


def test_a_checklist_is_printed_for_a_record_without_a_planned_inspection(
    town: Town, signed_in: SignedIn, houses: RegisterInfo
) -> None:
    record = add_house(town, houses, "H7", on=clock.today())
    key = houses.definition.checklists[0].key

    text = read_word(signed_in("grid1").get(f"/desk/inspections/records/{record.pk}/{key}/print/docx/"))

    assert "H7号楼" in text
    assert "□" in text


# -- records -----------------------------------------------------------------------------------------------------


@pytest.fixture
def shops(town: Town) -> RegisterInfo:
    for username in ("grid1", "grid3", "handler", "shift"):
        post = town.posts[username]
        verbs = "view edit reveal" if username == "shift" else "view edit"
        post.permissions = [*post.permissions, *(f"registers.record:{verb}" for verb in verbs.split())]
        post.save()
    forget_all()
    return declare(HOUSES)


@pytest.fixture
def record_id(town: Town, shops: RegisterInfo) -> int:
    values = {"use": "HOME", "storeys": "3", "owner": "李四 13900139000"}
    data = RecordInput(name="一号楼", area=G1, values=values)
    record = add_record(actor=town.actor("handler"), info=shops, data=data)
    change_record(
        actor=town.actor("handler"),
        record_id=record.pk,
        data=RecordInput(name="一号楼", area=G1, values={**values, "storeys": "5"}),
        why="加建两层",
    )
    return record.pk


def test_a_record_is_printed_with_its_history_and_masked(signed_in: SignedIn, record_id: int) -> None:
    answer = signed_in("shift").get(f"/desk/registers/houses/{record_id}/print/docx/")
    text = read_word(answer)

    for words in ("一号楼", "居住", "登记入册", "加建两层", "3 层 → 5 层"):
        assert words in text
    assert "13900139000" not in text
    assert read_name(answer).startswith("台账记录-")
    assert read_entries() == [(record_id, {"printout": "record", "format": "docx"})]


def test_personal_values_of_a_record_are_printed_for_a_reason(signed_in: SignedIn, record_id: int) -> None:
    client, url = signed_in("shift"), f"/desk/registers/houses/{record_id}/print/docx/"

    refused = client.post(url, {"why": ""})
    text = read_word(client.post(f"{url}?on=2020-01-01", {"why": "联系业主整改"}))

    assert refused.status_code == 302
    assert "李四 13900139000" in text
    assert Entry.objects.filter(action="registers.record:reveal").count() == 1
    assert signed_in("handler").post(url, {"why": "联系业主整改"}).status_code == 403


def test_a_record_is_printed_as_it_was_on_a_past_day(
    town: Town, signed_in: SignedIn, shops: RegisterInfo
) -> None:
    today, actor = clock.today(), town.actor("handler")
    before = RecordInput(
        name="二号楼", area=G1, values={"use": "HOME", "storeys": "3"}, on=today - timedelta(days=30)
    )
    record = add_record(actor=actor, info=shops, data=before)
    after = RecordInput(name="二号楼", area=G1, values={"use": "SHOP", "storeys": "3"}, on=today)
    change_record(actor=actor, record_id=record.pk, data=after, why="改作商铺")
    client, url = signed_in("shift"), f"/desk/registers/houses/{record.pk}/print/docx/"

    past = read_word(client.get(f"{url}?on={today - timedelta(days=1)}")).splitlines()
    absent = read_word(client.get(f"{url}?on={today - timedelta(days=60)}"))

    assert "居住" in past
    assert "商铺" not in past
    assert "商铺" in read_word(client.get(url)).splitlines()
    assert "当天它还不在台账里" in absent
    assert client.get(f"{url}?on={today + timedelta(days=1)}").status_code == 422


def test_a_record_of_another_place_is_not_printed(signed_in: SignedIn, record_id: int) -> None:
    assert signed_in("grid3").get(f"/desk/registers/houses/{record_id}/print/docx/").status_code == 404


# -- projects ----------------------------------------------------------------------------------------------------


def test_a_project_is_printed_with_its_light_and_plan(projects_town: Town) -> None:
    with clock.at(NOON):
        project = declare_project()
        client = sign_in(projects_town, "handler")
        answer = client.get(f"/desk/projects/{project.key}/print/docx/")
        hidden = sign_in(projects_town, "visitor").get(f"/desk/projects/{project.key}/print/docx/")
    text = read_word(answer)

    assert project.label in text
    assert all(task.label in text for task in project.tasks.filter(active=True))
    assert "亮灯" in text
    assert read_name(answer) == f"重点项目-{project.label}.docx"
    assert hidden.status_code == 403
    assert read_entries() == [(project.pk, {"printout": "project", "format": "docx"})]


# -- promises ----------------------------------------------------------------------------------------------------


@pytest.fixture
def pledge_town(db: None) -> Iterator[Town]:
    with clock.at(JULY):
        yield promise_town()


def test_the_letter_of_a_pledge_has_its_demand(pledge_town: Town) -> None:
    town = pledge_town
    pledge = add_item(town)
    with clock.at(datetime(2020, 7, 13, 2, tzinfo=clock.TOWN_TZ)):
        supervise_pledge(
            actor=town.actor("shift"), pledge_id=pledge.pk, demand="说明滞后原因", due_date=clock.today()
        )
    client = sign_in(town, "shift")
    demand = pledge.supervisions.get()

    page = client.get(f"/desk/promises/pledges/{pledge.pk}/").content.decode()
    text = read_word(client.get(f"/desk/promises/pledges/{pledge.pk}/letter/{demand.pk}/docx/"))

    assert f"/desk/promises/pledges/{pledge.pk}/letter/{demand.pk}/pdf/" in page
    assert "说明滞后原因" in text
    assert f"{pledge.unit.label}：" in text
    assert f"编号：{pledge.code}-督1" in text
    assert "办理期限：2020年7月10日。至2020年7月13日已逾期 3 天。" in text
    assert client.get(f"/desk/promises/pledges/{pledge.pk}/letter/{demand.pk + 1}/docx/").status_code == 404
