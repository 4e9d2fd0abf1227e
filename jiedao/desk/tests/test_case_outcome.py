"""After a step: the message first, whose turn it is, and the next matter; what the page of a case shows of proof."""

import re
from datetime import datetime, timedelta

import pytest
from django.db.models import F

from jiedao.cases.models import Assignment, Case, Category, Clock
from jiedao.cases.moves.allowed import list_allowed_moves
from jiedao.cases.selectors.detail import read_case_detail
from jiedao.desk.cases.handling import build_steps, list_clocks
from jiedao.desk.cases.page import arrange_buttons
from jiedao.desk.tests.conftest import SignedIn
from jiedao.desk.tests.test_case_page import photo, url
from jiedao.files.models import Attachment
from jiedao.kernel import clock
from jiedao.kernel.memo import forget_all
from jiedao.orgs.models import Holding, Unit
from jiedao.testing.cast import Town, make_case, make_move, store_photo, walk


def test_a_step_ends_at_the_top_of_the_page_with_its_message_in_focus(
    town: Town, signed_in: SignedIn
) -> None:
    case = walk(town, to="HANDLING")
    client = signed_in("handler")
    answer = client.post(url(case, "moves", "HANDLE"), {"version": case.version, "result": "清了"})
    assert answer["Location"] == f"{url(case)}?done=HANDLE#done"
    page = client.get(answer["Location"]).content.decode()
    main = page[page.index("<main") :]
    message = re.search(r'<section[^>]*id="done"[^>]*>', main)
    assert message is not None
    assert 'role="status"' in message[0]
    assert 'tabindex="-1"' in message[0]
    assert message.start() < main.index("<h1>")
    assert "已完成：处置完成" in main
    assert "j-toast--good" not in main


def test_a_refused_form_leads_to_its_errors(town: Town, signed_in: SignedIn) -> None:
    case = walk(town, to="HANDLING")
    client = signed_in("handler")
    page = client.get(url(case) + "?move=HANDLE").content.decode()
    assert f'action="{url(case, "moves", "HANDLE")}#form-errors"' in page
    refused = client.post(url(case, "moves", "HANDLE"), {"version": case.version, "result": ""})
    alert = re.search(r'<div[^>]*id="form-errors"[^>]*>', refused.content.decode())
    assert alert is not None
    assert 'role="alert"' in alert[0]
    assert 'tabindex="-1"' in alert[0]


def test_an_outcome_is_shown_only_to_who_made_the_step(town: Town, signed_in: SignedIn) -> None:
    case = walk(town, to="HANDLED")
    assert 'id="done"' not in signed_in("dispatcher").get(url(case) + "?done=HANDLE").content.decode()
    assert 'id="done"' not in signed_in("handler").get(url(case) + "?done=VOID").content.decode()


def test_the_next_matter_is_the_most_urgent_of_the_same_kind(town: Town, signed_in: SignedIn) -> None:
    now = clock.now()
    make_case(town, unit="URBAN", state="DISPATCHED", subject="待接单", due_at=now + timedelta(hours=1))
    make_case(town, unit="URBAN", state="HANDLING", subject="晚一些的", due_at=now + timedelta(days=9))
    make_case(town, unit="URBAN", state="HANDLING", subject="最急的", due_at=now + timedelta(days=2))
    case = walk(town, to="HANDLING")
    client = signed_in("handler")
    answer = client.post(
        url(case, "moves", "HANDLE"), {"version": case.version, "result": "清了"}, follow=True
    )
    matter = answer.context["outcome"].next
    assert (matter.row.subject, matter.queue) == ("最急的", "处置中")
    page = answer.content.decode()
    assert f'href="/desk/cases/{matter.row.number}/" data-key="l"' in page
    assert "<kbd>l</kbd>" in page


def test_the_next_matter_follows_the_list_that_the_person_came_from(town: Town, signed_in: SignedIn) -> None:
    make_case(town, unit="URBAN", state="HANDLING", subject="别的类别", kind="STALL")
    case = walk(town, to="HANDLING")
    older = make_case(town, unit="URBAN", state="HANDLING", subject="同一列表的下一件")
    Case.objects.filter(pk=older.pk).update(reported_at=case.reported_at - timedelta(days=1))
    client = signed_in("handler")
    category = town.categories["RUBBISH"].pk
    query = f"state=HANDLING&category={category}&order=urgency"
    page = client.get(url(case), headers={"referer": f"http://testserver/desk/cases/?{query}"})
    assert page.context["form"].initial["queue"] == query
    data = {"version": case.version, "result": "清了", "queue": query}
    answer = client.post(url(case, "moves", "HANDLE"), data, follow=True)
    matter = answer.context["outcome"].next
    assert matter.row.subject == "同一列表的下一件"
    assert "queue=state%3DHANDLING" in matter.url


def test_a_list_of_another_site_is_no_queue(town: Town, signed_in: SignedIn) -> None:
    case = walk(town, to="HANDLING")
    source = {"referer": "http://elsewhere.example/desk/cases/?state=HANDLING"}
    assert signed_in("handler").get(url(case), headers=source).context["form"].initial["queue"] == ""


def test_going_on_opens_the_next_matter_with_what_was_done_on_top(town: Town, signed_in: SignedIn) -> None:
    case, other = walk(town, to="HANDLING"), walk(town, to="HANDLING", subject="另一堆垃圾")
    client = signed_in("handler")
    data = {"version": case.version, "result": "清了", "go_on": "1"}
    answer = client.post(url(case, "moves", "HANDLE"), data)
    assert answer["Location"] == f"{url(other)}?done=HANDLE&done_on={case.number}#done"
    page = client.get(answer["Location"])
    assert page.context["chosen"].code == "HANDLE"
    main = page.content.decode().partition("<main")[2]
    assert main.index('id="done"') < main.index("<h1>")
    assert "已完成：处置完成" in main
    assert f'href="{url(case)}"' in main
    assert "现在是“待核查”" in main
    assert 'id="done"' not in signed_in("dispatcher").get(answer["Location"]).content.decode()


def test_going_on_after_the_last_matter_shows_the_outcome(town: Town, signed_in: SignedIn) -> None:
    case = walk(town, to="HANDLING")
    data = {"version": case.version, "result": "清了", "go_on": "1"}
    answer = signed_in("handler").post(url(case, "moves", "HANDLE"), data)
    assert answer["Location"] == f"{url(case)}?done=HANDLE#done"


def test_going_on_states_what_was_done_on_a_case_that_left_the_scope(town: Town, signed_in: SignedIn) -> None:
    case, other = walk(town, to="HANDLING"), walk(town, to="HANDLING", subject="另一堆垃圾")
    client = signed_in("handler")
    data = {"version": case.version, "reason": "NOT_OURS", "note": "不归我们", "go_on": "1"}
    page = client.post(url(case, "moves", "RETURN"), data, follow=True)
    assert page.context["case"].pk == other.pk
    assert page.context["previous"].title == "已完成：退回"
    assert (client.get(url(case)).status_code == 200) == bool(page.context["previous"].url)


def test_a_case_that_nobody_took_is_taken_by_its_button_or_by_its_result(
    town: Town, signed_in: SignedIn
) -> None:
    case, other = walk(town, to="DISPATCHED"), walk(town, to="DISPATCHED", subject="另一堆垃圾")
    client = signed_in("handler")
    page = client.get(url(case))
    assert page.context["chosen"].code == "HANDLE"
    assert f'action="{url(case, "moves", "TAKE")}#form-errors"' in page.content.decode()
    client.post(url(case, "moves", "TAKE"), {"version": case.version, "queue": ""})
    client.post(url(other, "moves", "HANDLE"), {"version": other.version, "result": "清了"})
    case.refresh_from_db()
    other.refresh_from_db()
    assert (case.state, other.state) == ("HANDLING", "HANDLED")
    taken = Assignment.objects.filter(case__in=[case, other], role="LEAD", taken_at__isnull=False)
    assert taken.count() == 2
    assert not taken.filter(done_at__isnull=False, taken_at__gt=F("done_at")).exists()


def test_home_opens_the_form_of_the_task(town: Town, signed_in: SignedIn) -> None:
    case = walk(town, to="CLOSED")
    assert f'href="{url(case)}?move=VISIT"' in signed_in("visitor").get("/desk/").content.decode()
    listed = signed_in("visitor").get("/desk/cases/?todo=VISIT").content.decode()
    assert f'href="{url(case)}?move=VISIT"' in listed
    handled = walk(town, to="HANDLING")
    make_move(town, "handler", handled, "ASK_EXTENSION", limit="2wd", note="吊车后天才到")
    leader = signed_in("leader")
    assert f'href="{url(handled)}?move=GRANT_EXTENSION"' in leader.get("/desk/").content.decode()
    assert leader.get(url(handled) + "?move=GRANT_EXTENSION").context["chosen"].code == "GRANT_EXTENSION"


def test_after_the_last_matter_the_way_leads_home(town: Town, signed_in: SignedIn) -> None:
    case = walk(town, to="HANDLING")
    data = {"version": case.version, "result": "清了"}
    answer = signed_in("handler").post(url(case, "moves", "HANDLE"), data, follow=True)
    assert (answer.context["outcome"].next.row, answer.context["outcome"].next.url) == (None, "/desk/")


@pytest.mark.parametrize(
    ("who", "state", "first"),
    [
        ("supervisor", "HANDLED", "CHECK_PASS"),
        ("supervisor", "CHECKED", None),  # REWORK is possible, but it is no way forward
        ("visitor", "DONE", None),  # so is REOPEN
        ("handler", "DISPATCHED", "HANDLE"),  # which includes TAKE, a button beside the form
    ],
)
def test_the_primary_colour_is_for_the_way_forward(
    town: Town, signed_in: SignedIn, who: str, state: str, first: str | None
) -> None:
    case = walk(town, to=state)
    buttons = arrange_buttons(list_allowed_moves(town.actor(who), case))
    assert (buttons.first.code if buttons.first else None) == first
    page = signed_in(who).get(url(case)).content.decode()
    for code in ("REWORK", "REOPEN"):
        assert not re.search(rf'<a class="btn btn-primary"[^>]*move={code}', page)
    moves = page[page.index('id="move"') :].partition("</section>")[0]
    assert ("btn-primary" in moves) == (first is not None)


def test_the_form_of_the_way_forward_is_open(town: Town, signed_in: SignedIn) -> None:
    case = walk(town, to="HANDLED")
    page = signed_in("supervisor").get(url(case))
    assert page.context["chosen"].code == "CHECK_PASS"
    assert "autofocus" not in page.content.decode()


def test_the_page_names_who_acts_now_and_the_duty_phone_of_the_unit(town: Town, signed_in: SignedIn) -> None:
    Unit.objects.filter(code="URBAN").update(duty_phone="0755-00001111")
    forget_all()
    case = walk(town, to="HANDLING")
    page = signed_in("dispatcher").get(url(case))
    assert [turn["unit"] for turn in page.context["turns"]] == ["城市管理科"]
    text = re.sub(r"<[^>]+>|\s+", "", page.content.decode())
    assert "现在由城市管理科（处置人员）办理·值班电话0755-00001111" in text
    handled = walk(town, to="HANDLED", subject="另一堆垃圾")
    posts = {turn["posts"] for turn in signed_in("handler").get(url(handled)).context["turns"]}
    assert any("督查员" in post for post in posts)


def test_the_page_warns_of_a_unit_without_people(town: Town, signed_in: SignedIn) -> None:
    case = walk(town, to="HANDLING")
    Holding.objects.filter(user=town.users["handler"]).delete()
    page = signed_in("dispatcher").get(url(case)).content.decode()
    assert "现在没有人在岗，请派遣员改派" in page


def test_a_merged_report_is_readable_on_the_main_case_without_its_reporter(
    town: Town, signed_in: SignedIn
) -> None:
    main = walk(town, to="HANDLING")
    other = walk(
        town,
        to="FILED",
        subject="楼下垃圾堆成山",
        detail="我是业主李大妈，电话13912345678，垃圾里有碎玻璃，孩子划伤了脚。",
        reporter_name="李大妈",
        reporter_phone="13912345678",
        channel="APP",
    )
    picture = Attachment.objects.filter(pk=store_photo(town, "registrar"))
    picture.update(object_type="cases.case", object_id=other.pk)
    document = Attachment.objects.create(
        blob=picture.get().blob, name="来信.pdf", object_type="cases.case", object_id=other.pk
    )
    type(document.blob).objects.filter(pk=document.blob_id).update(content_type="image/jpeg")
    make_move(town, "dispatcher", other, "MERGE", into=main.number)
    client = signed_in("handler")
    assert client.get(url(other)).status_code == 404
    page = client.get(url(main)).content.decode()
    assert "碎玻璃" in page
    assert "手机应用" in page
    assert "13912345678" not in page
    assert other.number in page
    assert url(other) not in page
    assert client.get(f"/desk/files/{picture.get().pk}/").status_code == 200
    assert signed_in("grid3").get(f"/desk/files/{picture.get().pk}/").status_code == 404


def test_photos_before_after_and_of_the_check_stand_side_by_side(town: Town, signed_in: SignedIn) -> None:
    case = walk(town, to="HANDLING")
    data = {"version": case.version, "result": "清了", "photos_before": [photo()], "photos": [photo()]}
    signed_in("handler").post(url(case, "moves", "HANDLE"), data)
    case.refresh_from_db()
    data = {"version": case.version, "note": "", "photos": [photo()]}
    signed_in("supervisor").post(url(case, "moves", "CHECK_PASS"), data)
    groups = signed_in("shift").get(url(case)).context["photos"]
    assert [(group["label"], len(group["photos"])) for group in groups] == [
        ("处置前", 1),
        ("处置后", 1),
        ("核查", 1),
    ]


def test_photos_of_a_refused_form_stay_in_their_own_field(town: Town, signed_in: SignedIn) -> None:
    Category.objects.update(photo_after=True, photo_before=True)
    forget_all()
    case = walk(town, to="HANDLING")
    client = signed_in("handler")
    first = client.post(
        url(case, "moves", "HANDLE"), {"version": case.version, "result": "清了", "photos_before": [photo()]}
    )
    assert set(first.context["form"].errors) == {"photos"}
    kept = first.context["form"].data["kept"]
    data = {"version": case.version, "result": "清了", "kept": kept, "photos": [photo()]}
    assert client.post(url(case, "moves", "HANDLE"), data).status_code == 302
    assert sorted(Attachment.objects.values_list("kind", flat=True)) == ["PHOTO_AFTER", "PHOTO_BEFORE"]


def test_clocks_are_in_the_order_of_stages_and_name_time_and_limit(town: Town, signed_in: SignedIn) -> None:
    now = datetime(2026, 11, 27, 9, 30, tzinfo=clock.TOWN_TZ)
    with clock.at(now):
        case = walk(town, to="HANDLING")
    with clock.at(now + timedelta(hours=1)):
        case = make_move(town, "handler", case, "HANDLE", result="清了")
        rows = list_clocks(read_case_detail(town.actor("shift"), case))
        page = signed_in("shift").get(url(case)).content.decode()
    assert [row["label"] for row in rows] == ["受理", "派遣", "处置", "核查", "全程"]
    assert "11-27 10:30 完成，期限 11-30 09:30" in page


def test_a_clock_of_a_returned_case_is_not_called_done(town: Town) -> None:
    case = walk(town, to="HANDLING")
    case = make_move(town, "handler", case, "RETURN", reason="NOT_OURS", note="不归我们")
    detail = read_case_detail(town.actor("shift"), case)
    row = next(row for row in list_clocks(detail) if row["label"] == "处置")
    assert row["given_up"] == "退回"
    assert Clock.objects.get(case=case, stage="HANDLE").stopped_at is not None


def test_verifying_is_a_step_of_the_progress_line(town: Town) -> None:
    case = walk(town, to="REPORTED")
    labels = [step["label"] for step in build_steps(case)]
    assert "核实" not in labels
    case = make_move(town, "registrar", case, "ACCEPT", category=town.categories["COVER"].pk)
    steps = [(step["label"], step["state"]) for step in build_steps(case, list(case.moves.all()))][:3]
    assert steps == [("受理", "done"), ("核实", "now"), ("派遣", "todo")]
    case = make_move(town, "grid1", case, "VERIFY", note="确有其事")
    steps = [(step["label"], step["state"]) for step in build_steps(case, list(case.moves.all()))][:3]
    assert steps == [("受理", "done"), ("核实", "done"), ("派遣", "now")]


def test_home_shows_days_and_reason_of_a_request_for_more_time(town: Town, signed_in: SignedIn) -> None:
    case = walk(town, to="HANDLING")
    make_move(town, "handler", case, "ASK_EXTENSION", limit="2wd", note="吊车后天才到")
    assert "申请延长 2 工作日：吊车后天才到" in signed_in("leader").get("/desk/").content.decode()
