"""Cases filed with their past are stored as if they had passed through the flow."""

from datetime import UTC, datetime, timedelta

import pytest

from jiedao.audit.models import Entry
from jiedao.cases.actions.history import History, MoveMaker, Round, Visit, file_histories
from jiedao.cases.actions.intake import NewCase, file_case
from jiedao.cases.models import Assignment, Case, Clock
from jiedao.cases.moves.perform import perform
from jiedao.cases.selectors import search
from jiedao.kernel import clock
from jiedao.orgs.actor import make_system_actor
from jiedao.testing.cast import Town

pytestmark = pytest.mark.django_db
AT = datetime(2020, 3, 2, 1, 30, tzinfo=UTC)  # a Monday, 09:30 in town


def after_hours(n: float) -> datetime:
    return AT + timedelta(hours=n)


def make_message(key: str | None = None, **columns: object) -> NewCase:
    defaults = {
        "channel": "WEB",
        "subject": "路灯不亮",
        "detail": "滨江路路灯不亮",
        "reported_at": AT,
        "source_key": key,
    }
    return NewCase(**{**defaults, **columns})


def test_an_answered_message_is_filed_as_closed_with_its_two_times(town: Town) -> None:
    replied = AT + timedelta(days=11)
    history = History(
        make_message("b:1", reporter_ref="u1"), "DONE", reply_at=replied, reply="已修复", closed_at=replied
    )
    filed = file_histories([history], actor=make_system_actor("导入"))[0]
    case = Case.objects.get(pk=filed.id)
    assert (case.state, case.reported_at, case.closed_at, case.replied_at) == ("DONE", AT, replied, replied)
    assert case.accepted_at is None
    assert case.dispatched_at is None
    assert case.closed_on_time is True  # 11 days are 9 working days, of 10 allowed
    assert not Clock.objects.filter(case=case, stopped_at__isnull=True).exists()
    assert [move.move for move in case.moves.order_by("id")] == ["REPORT", "CLOSE"]
    assert case.moves.get(move="CLOSE").text == "已修复"


def test_a_late_reply_is_late(town: Town) -> None:
    replied = AT + timedelta(days=15)
    history = History(make_message("b:1"), "DONE", reply_at=replied, reply="已修复", closed_at=replied)
    case = Case.objects.get(pk=file_histories([history], actor=make_system_actor("导入"))[0].id)
    assert case.closed_on_time is False
    assert case.handled_on_time is False


def test_importing_twice_changes_nothing(town: Town) -> None:
    rows = [History(make_message(f"b:{n % 2}"), "DONE", closed_at=after_hours(5)) for n in range(3)]
    first = file_histories(rows, actor=make_system_actor("导入"))
    again = file_histories(
        [History(make_message("b:0"), "DONE", closed_at=after_hours(5))], actor=make_system_actor("导入")
    )
    assert [row.created for row in first] == [True, True, False]
    assert first[0].number == first[2].number
    assert again[0] == first[2]
    assert Case.objects.count() == 2
    assert Entry.objects.filter(action="cases.case:import").count() == 2
    assert search.find_matching_ids(search.make_query_tokens("路灯"))


def test_a_complete_history_has_the_figures_of_the_flow(town: Town) -> None:
    urban, water = town.units["URBAN"].pk, town.units["WATER"].pk
    history = History(
        make_message(None, lon=114.105, lat=22.605, reporter_name="张三"),
        "DONE",
        category_id=town.categories["RUBBISH"].pk,
        accepted_at=after_hours(0.5),
        rounds=[
            Round(water, after_hours(1), None, after_hours(2), "RETURNED", True, "不属本单位"),
            Round(
                urban,
                after_hours(2.5),
                after_hours(2.6),
                after_hours(6),
                "DONE",
                False,
                "清运",
                checked_at=after_hours(7),
                passed=False,
            ),
            Round(
                urban,
                after_hours(7),
                after_hours(7.1),
                after_hours(24 + 5),
                "DONE",
                False,
                "再清",
                checked_at=after_hours(24 + 6),
            ),
        ],
        closed_at=after_hours(24 + 7),
        reply_at=after_hours(24 + 7),
        reply="已清运",
        visits=[Visit(after_hours(48), False), Visit(after_hours(50), True, True, 4, "可以")],
    )
    case = Case.objects.get(pk=file_histories([history], actor=make_system_actor("导入"))[0].id)
    assert (case.returns, case.reworks, case.satisfaction, case.lead_unit_id) == (1, 1, 4, urban)
    assert [move.move for move in case.moves.order_by("id")] == [
        "REPORT",
        "ACCEPT",
        "DISPATCH",
        "RETURN",
        "DISPATCH",
        "TAKE",
        "HANDLE",
        "REWORK",
        "TAKE",
        "HANDLE",
        "CHECK_PASS",
        "CLOSE",
        "VISIT",
        "VISIT",
    ]
    outcomes = Assignment.objects.filter(case=case).order_by("id").values_list("outcome", "on_time", "wrong")
    assert list(outcomes) == [("RETURNED", None, True), ("DONE", True, False), ("DONE", True, False)]
    assert case.visits.count() == 2
    assert not Clock.objects.filter(case=case, stopped_at__isnull=True).exists()


def test_a_history_of_an_open_case_has_a_running_clock(town: Town) -> None:
    history = History(
        make_message(None, lon=114.105, lat=22.605),
        "HANDLING",
        category_id=town.categories["RUBBISH"].pk,
        accepted_at=after_hours(0.5),
        rounds=[Round(town.units["URBAN"].pk, after_hours(1), after_hours(1.2))],
    )
    case = Case.objects.get(pk=file_histories([history], actor=make_system_actor("导入"))[0].id)
    running = Clock.objects.filter(case=case, stopped_at__isnull=True).order_by("stage")
    assert [row.stage for row in running] == ["CLOSE", "HANDLE"]
    assert case.due_at == running[1].due_at == case.handle_due_at
    assert case.stage == "HANDLE"


COMPUTED = (
    "state",
    "stage",
    "lead_unit_id",
    "handler_id",
    "accepted_at",
    "filed_at",
    "dispatched_at",
    "handled_at",
    "checked_at",
    "closed_at",
    "replied_at",
    "visited_at",
    "ended_at",
    "due_at",
    "due_provisional",
    "handle_due_at",
    "close_due_at",
    "handled_on_time",
    "closed_on_time",
    "returns",
    "reworks",
    "solved",
    "satisfaction",
)


def read_stored(case: Case) -> dict[str, object]:
    """Return what moves compute of a case, without ids and without the people who made them."""
    return {
        "columns": {name: getattr(case, name) for name in COMPUTED},
        "moves": list(
            case.moves.order_by("id").values_list("move", "at", "from_state", "to_state", "public")
        ),
        "clocks": list(
            case.clocks.order_by("id").values_list("stage", "limit", "started_at", "due_at", "stopped_at")
        ),
        "parts": list(
            case.assignments.order_by("id").values_list(
                "unit_id",
                "role",
                "round",
                "dispatched_at",
                "taken_at",
                "due_at",
                "ended_at",
                "outcome",
                "on_time",
            )
        ),
    }


def test_a_history_is_stored_as_the_same_moves_at_the_same_times(town: Town) -> None:
    category, urban = town.categories["RUBBISH"].pk, town.units["URBAN"].pk
    reporter = {"lon": 114.105, "lat": 22.605, "reporter_name": "张三"}
    moves: list[tuple[float, str, str, dict[str, object]]] = [
        (0.5, "registrar", "ACCEPT", {"category": category}),
        (1, "dispatcher", "DISPATCH", {"unit": urban}),
        (1.2, "handler", "TAKE", {}),
        (2, "handler", "RETURN", {"reason": "NOT_OURS", "note": "不归"}),
        (3, "dispatcher", "DISPATCH", {"unit": urban}),
        (3.5, "handler", "TAKE", {}),
        (6, "handler", "HANDLE", {"result": "清运"}),
        (7, "supervisor", "CHECK_PASS", {"note": "已看过现场"}),
        (8, "shift", "CLOSE", {"reply": "已清运"}),
        (9, "visitor", "VISIT", {"reached": True, "solved": True, "satisfaction": 4}),
    ]
    with clock.at(AT):
        filed = file_case(make_message(**reporter), actor=town.actor("registrar"))
    for after, username, code, data in moves:
        with clock.at(after_hours(after)):
            perform(town.actor(username), filed.id, code, data=data)

    history = History(
        make_message(**reporter),
        "DONE",
        category_id=category,
        accepted_at=after_hours(0.5),
        rounds=[
            Round(urban, after_hours(1), after_hours(1.2), after_hours(2), "RETURNED", True, "不归"),
            Round(
                urban,
                after_hours(3),
                after_hours(3.5),
                after_hours(6),
                "DONE",
                text="清运",
                checked_at=after_hours(7),
            ),
        ],
        closed_at=after_hours(8),
        reply_at=after_hours(8),
        reply="已清运",
        visits=[Visit(after_hours(9), True, True, 4)],
        people={"HANDLE": MoveMaker("李强", town.users["handler"].pk, urban)},
    )
    imported = file_histories([history], actor=make_system_actor("导入"))[0]
    assert read_stored(Case.objects.get(pk=imported.id)) == read_stored(Case.objects.get(pk=filed.id))
