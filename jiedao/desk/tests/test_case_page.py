"""The page of a case: access, the form of every move, and forms that keep what was typed."""

import io
from datetime import UTC, datetime, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation
from PIL import Image

from jiedao.audit.models import Entry
from jiedao.cases.models import Case
from jiedao.cases.moves.allowed import list_allowed_moves
from jiedao.cases.moves.perform import perform
from jiedao.cases.moves.table import FLOW
from jiedao.desk.cases.facts import format_time
from jiedao.desk.models import Draft
from jiedao.desk.tests.conftest import SignedIn
from jiedao.files.models import Attachment
from jiedao.kernel import clock
from jiedao.orgs.models import Post
from jiedao.pages.choices import translate_person_label
from jiedao.testing.cast import Town, make_case, walk

STATEMENTS = 14


def url(case: Case, *parts: str) -> str:
    return "/desk/cases/" + "/".join([case.number, *parts]) + "/"


def photo(name: str = "after.jpg") -> SimpleUploadedFile:
    file = io.BytesIO()
    Image.new("RGB", (40, 30), "green").save(file, "JPEG")
    return SimpleUploadedFile(name, file.getvalue(), "image/jpeg")


@pytest.mark.parametrize("state", ["REPORTED", "FILED", "HANDLING", "HANDLED", "CHECKED", "CLOSED", "DONE"])
def test_page_opens_in_every_state_with_few_queries(town: Town, signed_in: SignedIn, state: str) -> None:
    case = walk(town, to=state)
    client = signed_in("shift")
    client.get(url(case))
    with CaptureQueriesContext(connection) as spent:
        page = client.get(url(case))
    assert page.status_code == 200
    assert case.subject in page.content.decode()
    assert len(spent) <= STATEMENTS


def test_work_that_was_reported_later_shows_its_own_time(town: Town, signed_in: SignedIn) -> None:
    noon = clock.now().astimezone(clock.TOWN_TZ).replace(hour=12, minute=0) - timedelta(days=1)
    with clock.at(noon - timedelta(hours=4)):
        case = walk(town, to="HANDLING")
    with clock.at(noon):
        made_at, data = noon - timedelta(hours=2), {"result": "已修好", "photos": []}
        fields = {"data": data, "needs_photos": False, "made_at": made_at}
        perform(town.actor("handler"), case.pk, "HANDLE", version=case.version, **fields)
    page = signed_in("shift").get(url(case)).content.decode()
    assert f"现场时间：{made_at:%m-%d %H:%M}，手机联网后送达" in page


@pytest.mark.parametrize(
    "who", ["registrar", "dispatcher", "handler", "shift", "supervisor", "visitor", "leader"]
)
@pytest.mark.parametrize("state", ["REPORTED", "FILED", "HANDLING", "HANDLED", "CLOSED"])
def test_every_offered_move_has_a_form(town: Town, signed_in: SignedIn, who: str, state: str) -> None:
    case = walk(town, to=state)
    client = signed_in(who)
    answer = client.get(url(case))
    if answer.status_code == 404:
        return
    for move in list_allowed_moves(town.actor(who), case):
        page = client.get(url(case) + f"?move={move.code}")
        assert page.context["form"] is not None
        drawn = page.content.decode()
        assert all(f'name="{field.name}"' in drawn for field in move.fields)


def test_forms_take_a_case_from_report_to_visit(town: Town, signed_in: SignedIn) -> None:
    case = walk(town, to="REPORTED")
    path = [
        ("registrar", "ACCEPT", {"category": town.categories["RUBBISH"].pk}),
        ("dispatcher", "DISPATCH", {"unit": town.units["URBAN"].pk, "helpers": []}),
        ("handler", "TAKE", {}),
        ("handler", "HANDLE", {"result": "已清运", "photos": [photo()]}),
        ("supervisor", "CHECK_PASS", {"note": "已看过"}),
        ("shift", "CLOSE", {"reply": "已处理"}),
        ("visitor", "VISIT", {"reached": "on", "solved": "on", "satisfaction": "5"}),
    ]
    for who, code, data in path:
        case.refresh_from_db()
        answer = signed_in(who).post(url(case, "moves", code), {"version": case.version, **data})
        assert answer.status_code == 302, answer.context["form"].errors
    case.refresh_from_db()
    assert (case.state, case.satisfaction) == ("DONE", 5)
    assert Attachment.objects.get().object_id == case.pk


def test_close_requires_the_reply_only_while_the_reporter_has_none(town: Town, signed_in: SignedIn) -> None:
    case = walk(town, to="CHECKED")
    field = signed_in("shift").get(url(case) + "?move=CLOSE").context["form"]["reply"]
    assert field.field.required
    case.replied_at = case.handled_at
    case.save(update_fields=["replied_at"])
    field = signed_in("shift").get(url(case) + "?move=CLOSE").context["form"]["reply"]
    assert not field.field.required


def test_stale_form_shows_the_new_state_and_keeps_the_text(town: Town, signed_in: SignedIn) -> None:
    case = walk(town, to="HANDLING")
    perform(town.actor("dispatcher"), case.pk, "REMIND", data={})
    answer = signed_in("handler").post(
        url(case, "moves", "HANDLE"), {"version": case.version, "result": "写了很久的结果"}
    )
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "写了很久的结果" in page
    assert "刚刚被改动" in page
    case.refresh_from_db()
    assert case.state == "HANDLING"
    again = signed_in("handler").post(
        url(case, "moves", "HANDLE"),
        {"version": answer.context["form"].data["version"], "result": "写了很久的结果"},
    )
    assert again.status_code == 302


def test_move_that_is_no_longer_possible_shows_what_was_typed(town: Town, signed_in: SignedIn) -> None:
    case = walk(town, to="HANDLING")
    perform(town.actor("handler"), case.pk, "HANDLE", data={"result": "同事先做完了"})
    answer = signed_in("handler").post(
        url(case, "moves", "HANDLE"), {"version": case.version, "result": "我写的结果"}
    )
    assert answer.status_code == 409
    assert "我写的结果" in answer.content.decode()
    assert answer.context["chosen"] is None


def test_refused_form_keeps_its_photos(town: Town, signed_in: SignedIn) -> None:
    case = walk(town, to="HANDLING")
    client = signed_in("handler")
    first = client.post(
        url(case, "moves", "HANDLE"), {"version": case.version, "result": "", "photos": [photo()]}
    )
    assert first.status_code == 422
    kept = first.context["form"].data["kept"]
    client.post(url(case, "moves", "HANDLE"), {"version": case.version, "result": "好了", "kept": kept})
    assert Attachment.objects.get().object_id == case.pk


def test_file_that_is_no_photo_is_refused_by_name(town: Town, signed_in: SignedIn) -> None:
    case = walk(town, to="HANDLING")
    bad = SimpleUploadedFile("脚本.jpg", b"<script>", "image/jpeg")
    answer = signed_in("handler").post(
        url(case, "moves", "HANDLE"), {"version": case.version, "result": "好了", "photos": [bad]}
    )
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "脚本.jpg" in page
    assert "好了" in page


@pytest.mark.parametrize(
    ("who", "code", "status"),
    [
        ("grid3", "COMMENT", 404),
        ("handler", "VOID", 403),
        ("handler", "NONSENSE", 404),
        ("leader", "HANDLE", 403),
    ],
)
def test_moves_are_refused_by_scope_and_right(
    town: Town, signed_in: SignedIn, who: str, code: str, status: int
) -> None:
    case = walk(town, to="HANDLING")
    answer = signed_in(who).post(url(case, "moves", code), {"version": case.version, "note": "试一试"})
    assert answer.status_code == status


def test_missing_fields_are_reported_beside_each_field(town: Town, signed_in: SignedIn) -> None:
    case = walk(town, to="HANDLING")
    answer = signed_in("handler").post(url(case, "moves", "RETURN"), {"version": case.version})
    assert set(answer.context["form"].errors) == {"reason", "note"}
    assert str(FLOW["RETURN"].label) in answer.content.decode()


def test_reporter_is_masked_and_revealed_only_with_a_reason(town: Town, signed_in: SignedIn) -> None:
    case = walk(town, to="CLOSED", reporter_name="张三丰", reporter_phone="13800138000")
    client = signed_in("visitor")
    page = client.get(url(case)).content.decode()
    assert "13800138000" not in page
    assert "138****8000" in page
    client.post(url(case, "reporter"), {"reason": " "})
    assert not Entry.objects.filter(action="cases.case:reveal").exists()
    shown = client.post(url(case, "reporter"), {"reason": "电话回访"}).content.decode()
    assert "13800138000" in shown
    entry = Entry.objects.get(action="cases.case:reveal")
    assert "13800138000" not in str(entry.after)
    assert signed_in("handler").post(url(case, "reporter"), {"reason": "看看"}).status_code == 403


def test_links_of_a_page_answered_by_post_lead_to_the_case(town: Town, signed_in: SignedIn) -> None:
    case = walk(town, to="CLOSED")
    shown = signed_in("visitor").post(url(case, "reporter"), {"reason": "电话回访"}).content.decode()
    assert f'href="{url(case)}?move=VISIT#move"' in shown
    assert 'href="?move' not in shown
    assert signed_in("visitor").get(url(case, "reporter"))["Location"] == url(case)
    assert signed_in("visitor").get(url(case, "moves", "VISIT"))["Location"] == url(case) + "?move=VISIT"


def test_attachments_are_visible_by_scope(town: Town, signed_in: SignedIn) -> None:
    case = walk(town, to="HANDLING")
    text = SimpleUploadedFile("说明.pdf", b"%PDF-1.4 test", "application/pdf")
    signed_in("handler").post(url(case, "files"), {"files": [text], "kind": "DOCUMENT"})
    attachment = Attachment.objects.get()
    assert signed_in("dispatcher").get(f"/desk/files/{attachment.pk}/").status_code == 200
    assert signed_in("grid3").get(f"/desk/files/{attachment.pk}/").status_code == 404


def test_duplicates_have_a_link_that_merges(town: Town, signed_in: SignedIn) -> None:
    walk(town, subject="临江花园门口堆放垃圾无人清运")
    other = walk(town, subject="临江花园门口垃圾堆放好几天")
    page = signed_in("dispatcher").get(url(other)).content.decode()
    assert "疑似重复" in page
    assert "?move=MERGE&amp;into=" in page


def test_duplicates_of_a_case_with_its_unit_are_fetched_later(town: Town, signed_in: SignedIn) -> None:
    other = walk(town, subject="临江花园门口堆放垃圾无人清运")
    case = walk(town, to="DISPATCHED", subject="临江花园门口垃圾堆放好几天")
    client, later = signed_in("dispatcher"), url(case, "alike")
    page = client.get(url(case)).content.decode()
    assert f'hx-get="{later}"' in page
    assert "疑似重复</h2>" not in page
    assert f'href="{url(case)}?alike=1#alike"' in page  # without a script
    assert client.get(later)["Location"] == url(case) + "?alike=1#alike"
    whole = client.get(url(case) + "?alike=1").content.decode()
    panel = client.get(later, headers={"HX-Request": "true"}).content.decode()
    for shown in (whole, panel):
        assert "疑似重复</h2>" in shown
        assert f"{url(case)}?move=MERGE&amp;into={other.number}#move" in shown
    assert "hx-get" not in whole
    assert panel.strip().startswith("<section")


def test_a_case_without_duplicates_gets_no_panel_and_an_answer_if_asked(
    town: Town, signed_in: SignedIn
) -> None:
    case = walk(town, to="DISPATCHED", subject="路灯不亮")
    client = signed_in("dispatcher")
    assert client.get(url(case, "alike"), headers={"HX-Request": "true"}).content == b""
    assert "没有疑似重复的案件。" in client.get(url(case) + "?alike=1").content.decode()
    done = walk(town, to="HANDLED", subject="路灯又不亮")
    assert url(done, "alike") not in client.get(url(done)).content.decode()


def test_suggestion_links_to_the_form_that_accepts_with_it(town: Town, signed_in: SignedIn) -> None:
    case = walk(town, to="REPORTED", subject="井盖破损漏水", detail="路口井盖破损，一直漏水")
    page = signed_in("registrar").get(url(case))
    assert f"?move=ACCEPT&amp;category={town.categories['COVER'].pk}#move" in page.content.decode()
    form = (
        signed_in("registrar")
        .get(url(case) + f"?move=ACCEPT&category={town.categories['COVER'].pk}")
        .context["form"]
    )
    assert f'value="{town.categories["COVER"].pk}" selected' in str(form["category"])


def test_unit_of_the_duty_list_is_preselected(town: Town, signed_in: SignedIn) -> None:
    case = make_case(town, grid="G3")
    form = signed_in("dispatcher").get(url(case) + "?move=DISPATCH").context["form"]
    assert f'value="{town.units["CLEAN"].pk}" selected' in str(form["unit"])


def test_text_of_a_reporter_is_escaped(town: Town, signed_in: SignedIn) -> None:
    case = walk(
        town, to="REPORTED", subject="<script>alert(1)</script>", detail="<img src=x onerror=alert(1)>垃圾"
    )
    page = signed_in("registrar").get(url(case)).content.decode()
    assert "<script>alert(1)" not in page
    assert "<img src=x" not in page


def test_draft_is_deleted_when_its_move_is_made(town: Town, signed_in: SignedIn) -> None:
    case = walk(town, to="HANDLING")
    client = signed_in("handler")
    client.post(f"/desk/drafts/case-{case.pk}-HANDLE/", {"fields": '{"result": "清了一半"}'})
    client.post(url(case, "moves", "HANDLE"), {"version": case.version, "result": "清完了"})
    assert not Draft.objects.exists()


def test_time_has_its_year_unless_it_is_this_year(town: Town) -> None:
    made = datetime(2020, 1, 3, 2, 32, tzinfo=UTC)
    assert format_time(made) == "2020-01-03 10:32"
    with clock.at(datetime(2020, 6, 1, tzinfo=UTC)):
        assert format_time(made) == "01-03 10:32"


def test_person_label_is_in_the_readers_language(town: Town) -> None:
    title = town.actor("shift").post_title
    Post.objects.filter(title=title).update(title_en="Shift leader")
    with translation.override("en"):
        assert translate_person_label(f"李强 · {title}") == "李强 · Shift leader"
        assert translate_person_label("李强 · 已撤销的岗位") == "李强 · 已撤销的岗位"
        assert translate_person_label("系统") == "System"
    with translation.override("zh-hans"):
        assert translate_person_label(f"李强 · {title}") == f"李强 · {title}"


def test_handler_sees_the_unfinished_helper_above_the_form_and_the_lead_first(
    town: Town, signed_in: SignedIn
) -> None:
    case, water = walk(town, to="HANDLING"), town.units["WATER"]
    perform(town.actor("handler"), case.pk, "CALL_HELP", data={"helpers": [water.pk], "note": "需停水"})
    page = signed_in("handler").get(f"{url(case)}?move=HANDLE")
    text = page.content.decode()
    assert text.index(f"协办单位还没有完成：{water.name}。") < text.index('name="result"')
    assert [part["role"] for part in page.context["parts"]] == ["主办", "协办"]
    perform(town.actor("handler"), case.pk, "RELEASE_HELP", data={"unit": water.pk, "note": "不用了"})
    assert "协办单位还没有完成" not in signed_in("handler").get(f"{url(case)}?move=HANDLE").content.decode()


def test_timeline_names_a_released_helper_as_helper(town: Town, signed_in: SignedIn) -> None:
    case, water = walk(town, to="HANDLING"), town.units["WATER"]
    perform(town.actor("handler"), case.pk, "CALL_HELP", data={"helpers": [water.pk], "note": "需停水"})
    perform(town.actor("handler"), case.pk, "RELEASE_HELP", data={"unit": water.pk, "note": "不用了"})
    page = signed_in("handler").get(url(case)).content.decode()
    assert page.count(f"协办：{water.name}") == 2
    assert f"主办：{water.name}" not in page


def test_the_result_is_above_the_form_of_those_who_check_and_close_it(
    town: Town, signed_in: SignedIn
) -> None:
    for state, who, texts in [
        ("HANDLED", "supervisor", ["处置完成"]),
        ("CHECKED", "shift", ["处置完成", "核查通过"]),
    ]:
        case = walk(town, to=state, subject=f"{state} 的垃圾")
        page = signed_in(who).get(f"/desk/cases/{case.number}/").content.decode()
        before_form = page[page.index('id="judged"') : page.index('id="move"')]
        result = case.moves.get(move="HANDLE").text
        assert [text for text in texts if text not in before_form] == []
        assert result in before_form
    case = walk(town, to="HANDLING")
    assert 'id="judged"' not in signed_in("handler").get(f"/desk/cases/{case.number}/").content.decode()


def test_more_time_is_not_offered_after_the_deadline(town: Town, signed_in: SignedIn) -> None:
    case = walk(town, to="HANDLING")
    client, address = signed_in("handler"), f"/desk/cases/{case.number}/"
    assert "move=ASK_EXTENSION" in client.get(address).content.decode()
    Case.objects.filter(pk=case.pk).update(handle_due_at=clock.now() - timedelta(minutes=1))
    assert "move=ASK_EXTENSION" not in client.get(address).content.decode()


def test_why_a_case_came_back_is_above_the_form(town: Town, signed_in: SignedIn) -> None:
    returned = walk(town, to="HANDLING")
    perform(town.actor("handler"), returned.pk, "RETURN", data={"reason": "NOT_OURS", "note": "属于绿化带。"})
    reworked = walk(town, to="HANDLED", subject="另一处垃圾")
    perform(town.actor("supervisor"), reworked.pk, "REWORK", data={"note": "还有两袋没有清走。"})
    for case, who, words in [
        (returned, "dispatcher", "属于绿化带。"),
        (reworked, "handler", "还有两袋没有清走。"),
    ]:
        page = signed_in(who).get(f"/desk/cases/{case.number}/").content.decode()
        assert words in page[page.index('id="judged"') : page.index('id="move"')]
