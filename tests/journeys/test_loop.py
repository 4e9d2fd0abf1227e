"""The closed loop of a case and its exceptions, each move by the responsible user."""

from datetime import timedelta

from jiedao.audit.models import Entry
from jiedao.cases.models import CaseMove, Clock
from jiedao.kernel import clock
from jiedao.notices.models import Notice
from tests.journeys.desk import Office, make_photo

RUBBISH = "临江花园北门的垃圾堆了三天没有清运，有恶臭。"
SPOT = {"lon": "114.105", "lat": "22.605", "place_text": "滨江路1号"}


def test_six_users_take_a_case_from_the_intake_form_to_the_return_visit(office: Office) -> None:
    case = office["registrar"].reports(
        RUBBISH, reporter_name="张三丰", reporter_phone="13800138000", photos=[make_photo()], **SPOT
    )
    assert case.area_id == office.town.areas["G1"].pk
    assert case.number in office["registrar"].sees("/desk/")
    case = office["registrar"].does(case, "ACCEPT", category=office.town.categories["RUBBISH"].pk)
    assert case.number in office["dispatcher"].sees("/desk/")
    case = office["dispatcher"].does(case, "DISPATCH")  # the form proposes the unit of the duty list
    assert case.lead_unit_id == office.town.units["URBAN"].pk
    assert "1 件等您办理" in office["handler"].sees("/desk/")
    assert Notice.objects.filter(user=office.town.users["handler"]).exists()
    case = office["handler"].does(case, "TAKE")
    case = office["handler"].does(case, "HANDLE", result="已清运两车。", photos=[make_photo()])
    assert not office["handler"].may(case, "CHECK_PASS")
    assert "已清运两车。" in office["supervisor"].sees(f"/desk/cases/{case.number}/")
    case = office["supervisor"].does(case, "CHECK_PASS", note="现场已看过。")
    refused = office["shift"].sends(case, "CLOSE", office["shift"].form(case, "CLOSE"))
    assert refused.status_code == 422  # without a reply to the reporter
    case = office["shift"].does(case, "CLOSE", reply="已清运，谢谢。")
    assert (case.state, case.closed_on_time) == ("CLOSED", True)
    case = office["visitor"].does(case, "VISIT", reached="on", solved="on", satisfaction="5")
    assert (case.state, case.satisfaction) == ("DONE", 5)
    story = office["shift"].sees(f"/desk/cases/{case.number}/")
    for line in ("受理立案", "派遣", "接单", "处置完成", "核查通过", "结案", "满意度 5 分"):
        assert line in story
    assert not Clock.objects.filter(case=case, stopped_at=None).exists()
    assert {entry.actor_label.split()[0] for entry in Entry.objects.filter(object_type="cases.case")} >= {
        "钱敏",
        "孙伟",
        "李强",
        "周岩",
        "王磊",
        "吴芳",
    }


def test_a_return_is_counted_and_the_next_unit_gets_its_own_clock(office: Office) -> None:
    case = office.handled(office["registrar"].reports(RUBBISH, **SPOT), until="DISPATCHED")
    case = office["handler"].does(case, "RETURN", reason="NOT_OURS", note="属保洁公司合同范围。")
    assert (case.state, case.returns) == ("FILED", 1)
    assert "属保洁公司合同范围。" in office["dispatcher"].sees(f"/desk/dispatcher/?case={case.number}")
    case = office["dispatcher"].does(case, "DISPATCH", unit=office.town.units["CLEAN"].pk)
    case = office["cleaner"].does(case, "TAKE")
    assert (case.state, case.lead_unit_id) == ("HANDLING", office.town.units["CLEAN"].pk)


def test_a_case_sent_to_the_wrong_unit_is_redispatched_with_a_reason(office: Office) -> None:
    case = office.handled(office["registrar"].reports(RUBBISH, **SPOT), until="HANDLING")
    water = office.town.units["WATER"].pk
    fields = {**office["dispatcher"].form(case, "REDISPATCH"), "unit": water}
    assert office["dispatcher"].sends(case, "REDISPATCH", fields).status_code == 422  # without a reason
    case = office["dispatcher"].does(case, "REDISPATCH", unit=water, note="是水管爆裂引起。")
    assert (case.state, case.lead_unit_id) == ("DISPATCHED", water)
    assert "是水管爆裂引起。" in office["water"].sees(f"/desk/cases/{case.number}/")


def test_work_that_fails_the_check_is_returned_and_done_again(office: Office) -> None:
    case = office.handled(office["registrar"].reports(RUBBISH, **SPOT))
    case = office["supervisor"].does(case, "REWORK", note="墙角还有一堆。")
    assert case.state == "HANDLING"
    assert "墙角还有一堆。" in office["handler"].sees(f"/desk/cases/{case.number}/")
    case = office["handler"].does(case, "HANDLE", result="墙角也清了。")
    assert office["supervisor"].does(case, "CHECK_PASS", note="已看过现场").state == "CHECKED"


def test_a_suspended_case_is_paused_until_its_review_date_and_then_resumed(office: Office) -> None:
    case = office.handled(office["registrar"].reports(RUBBISH, **SPOT), until="HANDLING")
    review = (clock.today() + timedelta(days=20)).isoformat()
    case = office["shift"].does(case, "SUSPEND", reason="BUDGET", review_date=review, note="待资金到位。")
    assert case.state == "SUSPENDED"
    assert review in office["handler"].sees(f"/desk/cases/{case.number}/")
    assert not office["handler"].may(case, "HANDLE")
    case = office["shift"].does(case, "RESUME", note="资金已到位。")
    assert case.state == "HANDLING"
    assert office["handler"].may(case, "HANDLE")


def test_an_extension_is_requested_by_the_handler_and_decided_by_another_user(office: Office) -> None:
    case = office.handled(office["registrar"].reports(RUBBISH, **SPOT), until="HANDLING")
    before = case.due_at
    office["handler"].does(case, "ASK_EXTENSION", limit="2wd", note="需调吊车。")
    assert not office["handler"].may(case, "GRANT_EXTENSION")
    case = office["shift"].does(case, "GRANT_EXTENSION")
    assert before is not None
    assert case.due_at is not None
    assert case.due_at > before


def test_duplicates_are_merged_and_the_merge_can_be_undone(office: Office) -> None:
    main = office["registrar"].reports(RUBBISH, subject="临江花园北门垃圾", **SPOT)
    twin = office["registrar"].reports("临江花园北门又堆了垃圾，恶臭难闻。", subject="北门垃圾恶臭", **SPOT)
    twin = office["dispatcher"].does(twin, "MERGE", into=main.number)
    assert twin.state == "MERGED"
    assert main.number in office["dispatcher"].sees(f"/desk/cases/{twin.number}/")
    assert twin.number in office["dispatcher"].sees(f"/desk/cases/{main.number}/")
    twin = office["dispatcher"].does(twin, "UNMERGE", note="是另一处。")
    assert (twin.state, twin.merged_into_id) == ("REPORTED", None)
    assert twin.number not in office["dispatcher"].sees(f"/desk/cases/{main.number}/").split("疑似重复")[0]


def test_a_case_is_reopened_when_its_reporter_states_that_it_is_not_solved(office: Office) -> None:
    case = office.handled(office["registrar"].reports(RUBBISH, **SPOT))
    case = office["supervisor"].does(case, "CHECK_PASS", note="已看过现场")
    case = office["shift"].does(case, "CLOSE", reply="已清运。")
    if case.state == "CLOSED":
        case = office["visitor"].does(
            case, "VISIT", reached="on", satisfaction="1", note="还在，没动过。", redo="on"
        )
    else:
        case = office["shift"].does(case, "REOPEN", note="反映人说没有解决。")
    assert case.state in {"FILED", "DISPATCHED", "HANDLING"}
    assert CaseMove.objects.filter(case=case).count() >= 7


def test_a_matter_for_a_court_is_refused_with_the_law(office: Office) -> None:
    case = office["registrar"].reports("与邻居的借款纠纷，请街道判决。", reporter_name="李四", **SPOT)
    case = office["registrar"].does(case, "REJECT", reason="COURT", reply="请向人民法院起诉。")
    assert case.state == "REJECTED"
    assert "信访工作条例" in office["shift"].sees(f"/desk/cases/{case.number}/")
