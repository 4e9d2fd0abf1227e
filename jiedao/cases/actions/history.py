"""Filing cases whose past is known: imported matters with their reply, and demonstration data.

The same deadlines and the same figures as for a case that went through the flow move by move, computed from the
times given, written in bulk. A time that is not known stays empty: nothing is invented here.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Model

from jiedao.audit.actions import record_many
from jiedao.cases import rows, writer
from jiedao.cases.actions.intake import NewCase, prepare
from jiedao.cases.deadlines import Deadline, deadline, end_of_day, stage_deadline
from jiedao.cases.flow import FINISHED, Stage, State
from jiedao.cases.models import Assignment, Case, CaseMove, Clock, Reporter, ReturnVisit, Role
from jiedao.cases.rows import Filed
from jiedao.orgs.actor import Actor


@dataclass(frozen=True)
class Who:
    """Who made a move."""

    label: str
    user_id: int | None = None
    unit_id: int | None = None


@dataclass
class Round:
    """One time a unit was given the case. `outcome`: "" still open, DONE, RETURNED, REDISPATCHED."""

    unit_id: int
    dispatched_at: datetime
    taken_at: datetime | None = None
    ended_at: datetime | None = None
    outcome: str = ""
    wrong: bool = False
    text: str = ""
    limit: str = ""
    role: str = Role.LEAD.value
    checked_at: datetime | None = None  # of a DONE round
    passed: bool = True
    check_text: str = ""


@dataclass
class Visit:
    """One attempt of a return visit."""

    at: datetime
    reached: bool
    solved: bool | None = None
    satisfaction: int | None = None
    note: str = ""


@dataclass
class History:
    """A case and what happened to it, in the order of time; `state` is where it stands now.

    `people` names who made the moves, by move code; the actor of the call stands in for the rest.
    """

    new: NewCase
    state: str
    category_id: int | None = None
    accepted_at: datetime | None = None
    verified_at: datetime | None = None
    verify_text: str = ""
    rounds: list[Round] = field(default_factory=list)
    self_handled: bool = False
    reply_at: datetime | None = None
    reply: str = ""
    closed_at: datetime | None = None
    visits: list[Visit] = field(default_factory=list)
    ended_at: datetime | None = None
    end_text: str = ""
    suspended_at: datetime | None = None
    review_date: date | None = None
    supervised_at: datetime | None = None
    people: dict[str, Who] = field(default_factory=dict)


class _Made:
    """The rows of one history."""

    def __init__(self, history: History, actor: Actor) -> None:
        self.history, self.actor = history, actor
        self.row = prepare(history.new, actor, suggests=history.state not in FINISHED)
        self.columns = self.row.columns
        self.moves: list[CaseMove] = []
        self.clocks: list[Clock] = []
        self.parts: list[tuple[Assignment, Clock | None]] = []
        self._state = ""
        self._build()

    def _move(
        self, code: str, at: datetime, to: str, text: str = "", *, public: bool = False, **data: Any
    ) -> None:
        who = self.history.people.get(code) or Who(self.actor.label, self.actor.user_id, self.actor.unit_id)
        self.moves.append(
            CaseMove(
                move=code, at=at, from_state=self._state, to_state=to, text=text, data=data, public=public,
                actor_label=who.label, user_id=who.user_id, unit_id=who.unit_id,
            )
        )  # fmt: skip
        self._state = to

    def _clock(self, due: Deadline, stopped_at: datetime | None) -> Clock:
        paused = self.history.suspended_at if stopped_at is None else None
        row = Clock(
            stage=due.stage, limit=due.limit, started_at=due.started_at, due_at=due.due_at, warn_at=due.warn_at,
            provisional=due.provisional, stopped_at=stopped_at, paused_at=paused,
            next_look_at=None if stopped_at else due.warn_at,
        )  # fmt: skip
        self.clocks.append(row)
        if stopped_at is None and due.stage != Stage.CLOSE:
            self.columns.update(stage=due.stage, due_at=due.due_at, due_provisional=due.provisional)
        return row

    def _stage(self, stage: Stage, start: datetime, stopped_at: datetime | None) -> Deadline:
        due = stage_deadline(stage.value, self.columns["category_id"], self.columns["area_path"], start)
        self._clock(due, stopped_at)
        return due

    def _build(self) -> None:
        h, c = self.history, self.columns
        c.update(category_id=h.category_id or c["category_id"], state=h.state, self_handled=h.self_handled)
        c.update(stage="", due_at=None)
        self._move("REPORT", c["reported_at"], State.REPORTED.value, public=True)
        self._clock(self.row.due, h.accepted_at or h.ended_at or h.closed_at)
        if h.accepted_at is not None:
            self._accepted(h.accepted_at)
        for part in h.rounds:
            self._round(part)
        if h.reply_at is not None and (h.closed_at is None or h.reply_at < h.closed_at):
            c["replied_at"] = h.reply_at
            self._move("REPLY", h.reply_at, self._state, h.reply, public=True)
        if h.closed_at is not None:
            self._closed(h.closed_at)
        self._ended()

    def _accepted(self, at: datetime) -> None:
        h, c = self.history, self.columns
        filed = h.verified_at or at
        c["accepted_at"] = at
        verifying = h.verified_at is not None or h.state == State.TO_VERIFY
        if verifying:
            self._move("ACCEPT", at, State.TO_VERIFY.value)
            self._stage(Stage.VERIFY, at, h.verified_at or h.ended_at)
            if h.verified_at is None:
                return
            self._move("VERIFY", filed, State.FILED.value, h.verify_text)
        elif not h.self_handled:
            self._move("ACCEPT", at, State.FILED.value)
        c["filed_at"] = filed
        close = self._stage(Stage.CLOSE, filed, h.closed_at or h.ended_at)
        c["close_due_at"] = close.due_at
        first = h.rounds[0].dispatched_at if h.rounds else None
        if not h.self_handled:
            self._stage(Stage.DISPATCH, filed, first or h.ended_at)

    def _round(self, part: Round) -> None:
        c, h = self.columns, self.history
        stage = Stage.HANDLE if part.role == Role.LEAD else Stage.HELP
        due = (
            deadline(stage.value, part.limit, part.dispatched_at)
            if part.limit
            else stage_deadline(stage.value, c["category_id"], c["area_path"], part.dispatched_at)
        )
        on_time = part.ended_at <= due.due_at if part.outcome == "DONE" and part.ended_at else None
        done_at = part.ended_at if part.outcome == "DONE" else None
        row = Assignment(
            unit_id=part.unit_id, role=part.role, dispatched_at=part.dispatched_at, taken_at=part.taken_at,
            due_at=due.due_at, done_at=done_at, ended_at=part.ended_at, outcome=part.outcome, wrong=part.wrong,
            on_time=True if h.self_handled else on_time, result=part.text if done_at else "",
            round=1 + sum(1 for other, _clock in self.parts if other.role == part.role),
        )  # fmt: skip
        clock = None if h.self_handled else self._clock(due, part.ended_at or h.ended_at)
        self.parts.append((row, clock if part.role == Role.HELPER else None))
        if part.role == Role.LEAD:
            self._lead(part, due, on_time)

    def _lead(self, part: Round, due: Deadline, on_time: bool | None) -> None:
        c, h = self.columns, self.history
        c.update(lead_unit_id=part.unit_id, dispatched_at=part.dispatched_at, handle_due_at=due.due_at)
        if h.self_handled:
            on_time = True
        else:
            again = "REWORK" if self._state == State.HANDLED else "DISPATCH"
            if again == "DISPATCH":
                self._move("DISPATCH", part.dispatched_at, State.DISPATCHED.value, unit=part.unit_id)
        who = h.people.get("HANDLE")
        if part.taken_at is not None and not h.self_handled:
            self._move("TAKE", part.taken_at, State.HANDLING.value)
            c["handler_id"] = who.user_id if who else None
        if part.outcome == "DONE" and part.ended_at is not None:
            c.update(
                handled_at=part.ended_at, handled_on_time=on_time, handler_id=who.user_id if who else None
            )
            code = "SELF_HANDLE" if h.self_handled else "HANDLE"
            self._move(code, part.ended_at, State.HANDLED.value, part.text)
            self._checked(part, part.ended_at)
        elif part.outcome == "RETURNED" and part.ended_at is not None:
            c.update(returns=c["returns"] + 1, lead_unit_id=None, handle_due_at=None)
            self._move("RETURN", part.ended_at, State.FILED.value, part.text, wrong=part.wrong)
            later = [
                r.dispatched_at for r in h.rounds if r.dispatched_at >= part.ended_at and r.role == Role.LEAD
            ]
            self._stage(Stage.DISPATCH, part.ended_at, later[0] if later else h.ended_at)

    def _checked(self, part: Round, handled_at: datetime) -> None:
        c, h = self.columns, self.history
        self._stage(Stage.CHECK, handled_at, part.checked_at)
        if part.checked_at is None:
            return
        if part.passed:
            c["checked_at"] = part.checked_at
            self._move("CHECK_PASS", part.checked_at, State.CHECKED.value, part.check_text)
            self._stage(Stage.FINISH, part.checked_at, h.closed_at)
            return
        c.update(reworks=c["reworks"] + 1, handled_at=None, handled_on_time=None)
        self._move("REWORK", part.checked_at, State.HANDLING.value, part.check_text)
        self._state = State.HANDLED.value  # the next round goes on without another dispatch

    def _closed(self, at: datetime) -> None:
        h, c = self.history, self.columns
        if c["close_due_at"] is None:  # nothing between is known: measured from the report
            due = stage_deadline(Stage.CLOSE.value, c["category_id"], c["area_path"], c["reported_at"])
            self._clock(due, at)
            c["close_due_at"] = due.due_at
        if not h.rounds:
            c.update(handled_at=at, handle_due_at=c["close_due_at"], handled_on_time=at <= c["close_due_at"])
        c.update(closed_at=at, closed_on_time=at <= c["close_due_at"])
        same = h.reply_at == at
        if same:
            c["replied_at"] = at
        to = State.CLOSED.value if h.state == State.CLOSED or h.visits else State.DONE.value
        self._move("CLOSE", at, to, h.reply if same else "", public=same)
        if to == State.CLOSED:
            last = h.visits[-1].at if h.visits and h.state == State.DONE else None
            self._stage(Stage.VISIT, at, last)
        for visit in h.visits:
            c.update(
                visited_at=visit.at if visit.reached else None,
                solved=visit.solved,
                satisfaction=visit.satisfaction,
            )
            to = h.state if visit is h.visits[-1] else State.CLOSED.value
            data = {"reached": visit.reached, "solved": visit.solved, "satisfaction": visit.satisfaction}
            self._move("VISIT", visit.at, to, visit.note, public=False, **data)
        c["ended_at"] = (h.visits[-1].at if h.visits else at) if h.state == State.DONE else None

    def _ended(self) -> None:
        h, c = self.history, self.columns
        if h.supervised_at is not None:
            c["supervised"] = True
            self._move("SUPERVISE", h.supervised_at, self._state)
        if h.state in {State.REJECTED, State.VOIDED} and h.ended_at is not None:
            code = "REJECT" if h.state == State.REJECTED else "VOID"
            self._move(code, h.ended_at, h.state, h.end_text, public=code == "REJECT")
            c.update(ended_at=h.ended_at, replied_at=h.ended_at if code == "REJECT" else None)
        if h.state == State.SUSPENDED and h.suspended_at is not None:
            c.update(previous_state=self._state, review_date=h.review_date, due_at=end_of_day(h.review_date))
            self._move("SUSPEND", h.suspended_at, h.state, h.end_text)
        if h.state in FINISHED and h.state != State.CLOSED:
            c.update(stage="", due_at=None, due_provisional=False)


def file_histories(histories: Sequence[History], *, actor: Actor) -> list[Filed]:
    """File cases with their past in one transaction; all or none.

    A case whose source_key is there already is left as it is (created=False). Raises UserError as `file_cases`.
    """
    actor.need("cases.case:report")
    made = [_Made(history, actor) for history in histories]
    with transaction.atomic():
        keys = [one.columns["source_key"] for one in made if one.columns["source_key"]]
        there = Case.objects.filter(source_key__in=keys).values_list("source_key", "id", "number")
        known = {key: (pk, number) for key, pk, number in there}
        fresh: list[_Made] = []
        filed: dict[int, Filed] = {}
        seen: dict[str, int] = {}
        for index, one in enumerate(made):
            key = one.columns["source_key"]
            if key in known:
                filed[index] = Filed(*known[key], created=False, outside=one.columns["outside"])
            elif key is None or key not in seen:
                if key is not None:
                    seen[key] = index
                filed[index] = Filed(-1, "", created=True)
                fresh.append(one)
        ids = writer.next_ids(len(fresh))
        _write(fresh, ids, actor)
        new = iter(zip(ids, fresh, strict=True))
        for index, entry in filed.items():
            if entry.id == -1:
                pk, one = next(new)
                number = rows.number_of(one.columns["reported_at"], pk)
                filed[index] = Filed(pk, number, created=True, outside=one.columns["outside"])
        for index, one in enumerate(made):  # a key twice in one batch: the first row stands for both
            if index not in filed:
                first = filed[seen[one.columns["source_key"]]]
                filed[index] = Filed(first.id, first.number, created=False, outside=one.columns["outside"])
    return [filed[index] for index in range(len(made))]


def _unsaved(row: Model) -> dict[str, Any]:
    """Return the columns of a row that the database is yet to number."""
    return {name: value for name, value in vars(row).items() if name not in {"id", "_state"}}


def _write(made: Sequence[_Made], ids: Sequence[int], actor: Actor) -> None:
    pairs = list(zip(ids, made, strict=True))
    writer.insert_many(
        Case,
        [
            {"id": pk, "number": rows.number_of(one.columns["reported_at"], pk), **one.columns}
            for pk, one in pairs
        ],
    )
    moves, clocks, parts, visits, reporters = [], [], [], [], []
    for pk, one in pairs:
        for move in one.moves:
            move.case_id = pk
            moves.append(move)
        for part, _clock in one.parts:
            part.case_id = pk
            parts.append(part)
        for row in one.clocks:
            row.case_id = pk
            clocks.append(row)
        visits += [ReturnVisit(case_id=pk, **vars(visit)) for visit in one.history.visits]
        if one.row.reporter is not None:
            reporters.append(Reporter(case_id=pk, **vars(one.row.reporter)))
    writer.insert_many(CaseMove, [_unsaved(move) for move in moves])
    Assignment.objects.bulk_create(parts, batch_size=2000)
    for _pk, one in pairs:
        for part, own in one.parts:
            if own is not None:
                own.assignment_id = part.pk
    writer.insert_many(Clock, [_unsaved(row) for row in clocks])
    ReturnVisit.objects.bulk_create(visits, batch_size=2000)
    Reporter.objects.bulk_create(reporters, batch_size=2000)
    writer.write_search([(pk, one.row.search_text) for pk, one in pairs])
    record_many(
        [
            {
                "actor": actor, "action": "cases.case:import", "obj_type": "cases.case", "obj_id": pk, "before": None,
                "after": {"state": one.columns["state"], "subject": one.columns["subject"]},
            }
            for pk, one in pairs
        ]
    )  # fmt: skip
