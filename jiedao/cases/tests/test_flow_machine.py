"""Random walks through the flow: whatever users press, the same rules hold."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jiedao.audit.models import Entry
from jiedao.cases.actions.intake import NewCase, file_case
from jiedao.cases.flow import FINISHED, State
from jiedao.cases.models import Assignment, Case, Clock, ExtensionRequest
from jiedao.cases.moves.allowed import list_allowed_moves
from jiedao.cases.moves.fields import FieldKind, MoveField
from jiedao.cases.moves.perform import perform
from jiedao.kernel import clock
from jiedao.kernel.errors import UserError
from jiedao.testing.cast import Town

pytestmark = pytest.mark.django_db

REASONS = {"REJECT": "COURT", "RETURN": "NOT_OURS", "SUSPEND": "BUDGET", "VOID": "MISTAKE"}
VISIT_REASONS = {"cause": "NOT_DONE", "keep": "UNREASONABLE"}


def draw_value(draw: Any, field: MoveField, code: str, case: Case, *, town: Town, other: Case) -> Any:
    units = [unit.pk for unit in town.units.values()]
    small = [town.categories[key].pk for key in ("RUBBISH", "COVER", "STALL")]
    return {
        FieldKind.TEXT: lambda: draw(st.sampled_from(["好了", "请看照片", "再核实一下"])),
        FieldKind.REASON: lambda: (
            draw(st.sampled_from(["", VISIT_REASONS[field.name]]))
            if field.name in VISIT_REASONS
            else REASONS[code]
        ),
        FieldKind.UNIT: lambda: draw(st.sampled_from(units)),
        FieldKind.UNITS: lambda: draw(st.lists(st.sampled_from(units), max_size=2)),
        FieldKind.CATEGORY: lambda: draw(st.sampled_from(small)),
        FieldKind.AREA: lambda: town.areas["G2"].pk,
        FieldKind.PREMISE: lambda: draw(st.sampled_from(["", town.premises["GARDEN"].pk])),
        FieldKind.CASE: lambda: other.number,
        FieldKind.BOOL: lambda: draw(st.booleans()),
        FieldKind.CHOICE: lambda: draw(st.sampled_from(["", *(value for value, _label in field.choices)])),
        FieldKind.SCORE: lambda: draw(st.integers(1, 5)),
        FieldKind.DATE: (clock.now() + timedelta(days=5)).date,
        FieldKind.LIMIT: lambda: draw(st.sampled_from(["", "4wh", "2wd", "24h"])),
        FieldKind.LINES: lambda: "路灯不亮",
        FieldKind.PHOTOS: list,
        FieldKind.ANSWERS: dict,
        FieldKind.REQUEST: lambda: _find_request(case),
    }[field.kind]()


def _find_request(case: Case) -> Any:
    request = ExtensionRequest.objects.filter(case=case, decided_at__isnull=True).first()
    return request.pk if request else ""


def check_consistency(case: Case, moves: int) -> None:
    running = Clock.objects.filter(case=case, stopped_at__isnull=True)
    stages = [row.stage for row in running.filter(assignment__isnull=True)]
    leads = Assignment.objects.filter(case=case, role="LEAD", ended_at__isnull=True)
    assert len(stages) == len(set(stages))
    assert leads.count() <= 1
    assert case.state in State.values
    assert case.version == moves + 1
    assert Entry.objects.filter(object_type="cases.case", object_id=case.pk).count() == moves + 1
    assert (case.state == State.MERGED) == (case.merged_into_id is not None)
    if case.state in {State.DISPATCHED, State.HANDLING}:
        assert leads.get().unit_id == case.lead_unit_id
        assert leads.get().due_at == case.handle_due_at == case.due_at
    if case.state in {State.DONE, State.REJECTED, State.VOIDED}:
        assert not running.exists()
        assert case.ended_at is not None
    if case.state in FINISHED - {State.MERGED, State.CLOSED, State.TO_CONFIRM}:
        assert case.due_at is None
    if case.state in {State.SUSPENDED, State.MERGED}:
        assert not running.filter(paused_at__isnull=True).exists()
    else:
        assert not running.filter(paused_at__isnull=False).exists()


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_random_moves_keep_the_case_consistent(town: Town, data: st.DataObject) -> None:
    people = [name for name in town.users if name != "admin"]
    with transaction.atomic():
        new = NewCase(
            channel="HOTLINE", subject="垃圾", detail="有垃圾", lon=114.105, lat=22.605, reporter_name="张三"
        )
        case = Case.objects.get(pk=file_case(new, actor=town.actor("registrar")).id)
        other = Case.objects.get(pk=file_case(new, actor=town.actor("registrar")).id)
        moment, moves_made = clock.now(), 0
        for _step in range(data.draw(st.integers(1, 14))):
            moment += timedelta(minutes=data.draw(st.integers(1, 3000)))
            with clock.at(moment):
                moves_made += press(data.draw, town, people, case, other)
                case.refresh_from_db()
                check_consistency(case, moves_made)
        transaction.set_rollback(True)


def press(draw: Any, town: Town, people: list[str], case: Case, other: Case) -> int:
    """Let a user press one of the buttons they are offered; return 1 when the move was made.

    Assert that the first write is the swap of the case, and that a refused move writes nothing.
    """
    actor = town.actor(draw(st.sampled_from(people)))
    offered = (
        list_allowed_moves(actor, case) if Case.objects.visible_to(actor).filter(pk=case.pk).exists() else []
    )
    if not offered:
        return 0
    move = draw(st.sampled_from(offered))
    fields = {
        field.name: draw_value(draw, field, move.code, case, town=town, other=other) for field in move.fields
    }
    writes: list[str] = []
    try:
        with transaction.atomic(), connection.execute_wrapper(record_writes(writes)):
            perform(actor, case.pk, move.code, version=case.version, data=fields)
    except UserError:
        assert not writes, f"{move.code} was refused only after {writes[0]}"
        return 0
    assert writes[0].startswith('UPDATE "cases_case"'), f"before the swap {move.code} wrote {writes[0]}"
    return 1


def record_writes(writes: list[str]) -> Any:
    """Return a wrapper of statements that notes those that write, in their order."""

    def run(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith(("INSERT", "UPDATE", "DELETE")):
            writes.append(sql)
        return execute(sql, params, many, context)

    return run
