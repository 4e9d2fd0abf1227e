"""Filing cases whose past is known: imported matters with their reply, and demonstration data.

The rows of the table of moves give each case the states and clocks of a case that went through the loop move by move
(see ADR 0011), computed from the times given and written in bulk. A time that is not known stays empty: nothing is
invented here.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Model

from jiedao.audit.actions import record_entries
from jiedao.cases import writer
from jiedao.cases.actions.intake import NewCase, prepare, write_further_numbers
from jiedao.cases.deadlines import Deadline, compute_deadline, compute_review_time, compute_stage_deadline
from jiedao.cases.flow import FINISHED, Stage, State, VisitOutcome
from jiedao.cases.models import Assignment, Case, CaseMove, Clock, Reporter, ReturnVisit, Role
from jiedao.cases.moves.table import FLOW
from jiedao.cases.moves.visiting import is_satisfied
from jiedao.cases.questions.storing import write_answers
from jiedao.cases.rows import FiledCase, format_number
from jiedao.cases.search_rows import write_search
from jiedao.cases.sources import write_sources
from jiedao.cases.stored_counts.marking import mark_new_cases
from jiedao.orgs.actor import Actor

MAX_SCORE = 5


@dataclass(frozen=True)
class MoveMaker:
    """The person who made a move."""

    label: str
    user_id: int | None = None
    unit_id: int | None = None


@dataclass
class Round:
    """A period in which a unit had the case. `outcome`: "" while open, DONE, RETURNED, REDISPATCHED."""

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
    wrong_number: bool = False


@dataclass
class History:
    """A case and what happened to it, in the order of time; `state` is its state now.

    `people` names who made the moves, by move code; the actor of the call made the others.
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
    people: dict[str, MoveMaker] = field(default_factory=dict)


class _HistoryRows:
    """The rows of one history: its moves are replayed by the rows of the table, without their effects (ADR 0011)."""

    def __init__(self, history: History, actor: Actor) -> None:
        self.history, self.actor = history, actor
        self.intake = prepare(history.new, actor, suggests=history.state not in FINISHED)
        self.columns = self.intake.columns
        self.moves: list[CaseMove] = []
        self.clocks: list[Clock] = []
        self.parts: list[tuple[Assignment, Clock | None]] = []  # the clock is a helper's own
        self.source_key: str | None = self.columns["source_key"]
        self.outside: bool = self.columns["outside"]
        self.case_id = 0  # until the case has an id; it stays 0 for a case that exists already
        self._state = ""
        self._replay()

    @property
    def number(self) -> str:
        """The public number of the case."""
        return format_number(self.columns["reported_at"], self.case_id)

    def _replay(self) -> None:
        history, columns = self.history, self.columns
        columns.update(category_id=history.category_id or columns["category_id"], state=history.state)
        columns.update(self_handled=history.self_handled, stage="", due_at=None)
        self._start_clock(self.intake.due)
        self._make_move("REPORT", columns["reported_at"], public=True, starts="")
        if history.accepted_at is not None:
            self._accept(history.accepted_at)
        for part in history.rounds:
            if part.role == Role.LEAD:
                self._work_as_lead(part)
            else:
                self._work_as_helper(part)
        if history.reply_at is not None and (
            history.closed_at is None or history.reply_at < history.closed_at
        ):
            columns["replied_at"] = history.reply_at
            self._make_move("REPLY", history.reply_at, history.reply, public=True)
        if history.closed_at is not None:
            self._close(history.closed_at)
        self._add_end()
        self._settle_clocks()

    def _make_move(
        self,
        code: str,
        at: datetime,
        text: str = "",
        *,
        to: str | None = None,
        stops: Iterable[str] | None = None,
        starts: str | None = None,
        public: bool = False,
        facts: dict[str, Any] | None = None,
    ) -> None:
        """Add a move with the state and the clocks that its row in the table states.

        `to`, `stops` and `starts` replace those of the row where an effect would decide them, or where more is known.
        """
        move, history = FLOW[code], self.history
        who = history.people.get("VISIT" if code == "END_VISIT" else code) or MoveMaker(
            self.actor.label, self.actor.user_id, self.actor.unit_id
        )
        after = str(to or move.target or self._state)
        self.moves.append(
            CaseMove(
                move=code,
                at=at,
                from_state=self._state,
                to_state=after,
                text=text,
                data=facts or {},
                public=public,
                actor_label=who.label,
                user_id=who.user_id,
                unit_id=who.unit_id,
            )
        )
        self._state = after
        self._stop_clocks(move.stops if stops is None else stops, at)
        stage = str(move.starts if starts is None else starts)
        if stage:
            self._start_clock(self._compute_deadline(stage, at))

    def _compute_deadline(self, stage: str, start: datetime, limit: str = "") -> Deadline:
        if limit:
            return compute_deadline(str(stage), limit, start)
        return compute_stage_deadline(
            str(stage), self.columns["category_id"], self.columns["area_path"], start
        )

    def _start_clock(self, due: Deadline) -> Deadline:
        self.clocks.append(
            Clock(
                stage=due.stage,
                limit=due.limit,
                started_at=due.started_at,
                due_at=due.due_at,
                warn_at=due.warn_at,
                provisional=due.provisional,
                next_look_at=due.warn_at,
            )
        )
        return due

    def _stop_clocks(self, stages: Iterable[str], at: datetime) -> None:
        """Stop the running clocks of the stages; those of helpers are stopped with their own part."""
        stages = set(stages) - {Stage.HELP.value}
        for clock in self.clocks:
            if clock.stopped_at is None and clock.stage in stages:
                clock.stopped_at = at

    def _settle_clocks(self) -> None:
        """Pause what runs on in a suspended case, and show the deadline of the stage that runs."""
        is_over = self.history.state in FINISHED and self.history.state != State.CLOSED
        suspended = self.history.state == State.SUSPENDED and self.history.suspended_at is not None
        for clock in self.clocks:
            if clock.stopped_at is not None:
                clock.next_look_at = None
                continue
            clock.paused_at = self.history.suspended_at
            if clock.stage != Stage.CLOSE and not is_over:
                self.columns.update(stage=clock.stage, due_provisional=clock.provisional)
                if not suspended:
                    self.columns["due_at"] = clock.due_at

    def _accept(self, at: datetime) -> None:
        history = self.history
        self.columns["accepted_at"] = at
        if history.self_handled:  # the move SELF_HANDLE follows with the round
            self._stop_clocks(FLOW["SELF_HANDLE"].stops, at)
            self._file(at)
        elif history.verified_at is None and history.state != State.TO_VERIFY:
            self._file(at)
            self._make_move("ACCEPT", at, to=State.FILED, starts=Stage.DISPATCH)
        else:
            self._make_move("ACCEPT", at, to=State.TO_VERIFY, starts=Stage.VERIFY)
            if history.verified_at is not None:
                self._file(history.verified_at)
                self._make_move("VERIFY", history.verified_at, history.verify_text)

    def _file(self, at: datetime) -> None:
        """Start the clock from filing to closing."""
        self.columns["filed_at"] = at
        self.columns["close_due_at"] = self._start_clock(self._compute_deadline(Stage.CLOSE, at)).due_at

    def _work_as_helper(self, part: Round) -> None:
        due = self._start_clock(self._compute_deadline(Stage.HELP, part.dispatched_at, part.limit))
        clock = self.clocks[-1]
        clock.stopped_at = part.ended_at or self.history.ended_at
        self._add_part(part, due, clock)

    def _add_part(self, part: Round, due: Deadline, clock: Clock | None = None) -> bool | None:
        """Add the assignment of a round; return whether it was done on time, None where it was not done."""
        is_done = part.outcome == "DONE" and part.ended_at is not None
        on_time = part.ended_at <= due.due_at if part.outcome == "DONE" and part.ended_at else None
        on_time = True if self.history.self_handled else on_time
        row = Assignment(
            unit_id=part.unit_id,
            role=part.role,
            dispatched_at=part.dispatched_at,
            taken_at=part.taken_at,
            due_at=due.due_at,
            done_at=part.ended_at if is_done else None,
            ended_at=part.ended_at,
            outcome=part.outcome,
            wrong=part.wrong,
            on_time=on_time,
            result=part.text if is_done else "",
            round=1 + sum(1 for other, _clock in self.parts if other.role == part.role),
        )
        self.parts.append((row, clock))
        return on_time

    def _work_as_lead(self, part: Round) -> None:
        history, columns = self.history, self.columns
        due = self._begin_round(part)
        on_time = self._add_part(part, due)
        columns.update(lead_unit_id=part.unit_id, dispatched_at=part.dispatched_at, handle_due_at=due.due_at)
        handler = history.people.get("HANDLE")
        handler_id = handler.user_id if handler else None
        if part.taken_at is not None and not history.self_handled:
            self._make_move("TAKE", part.taken_at)
            columns["handler_id"] = handler_id
        if part.outcome == "DONE" and part.ended_at is not None:
            columns.update(handled_at=part.ended_at, handled_on_time=on_time, handler_id=handler_id)
            self._make_move("SELF_HANDLE" if history.self_handled else "HANDLE", part.ended_at, part.text)
            self._check(part)
        elif part.outcome == "RETURNED" and part.ended_at is not None:
            columns.update(returns=columns["returns"] + 1, lead_unit_id=None, handle_due_at=None)
            self._make_move("RETURN", part.ended_at, part.text, facts={"wrong": part.wrong})
        elif part.ended_at is not None:
            self._stop_clocks({Stage.HANDLE}, part.ended_at)

    def _begin_round(self, part: Round) -> Deadline:
        """Give the case to the unit of the round; return the deadline for handling it."""
        due = self._compute_deadline(Stage.HANDLE, part.dispatched_at, part.limit)
        if self.history.self_handled:
            return due
        if self._state != State.HANDLED:  # after a rework the unit still has the case
            self._make_move("DISPATCH", part.dispatched_at, starts="", facts={"unit": part.unit_id})
        return self._start_clock(due)

    def _check(self, part: Round) -> None:
        columns = self.columns
        if part.checked_at is None:
            return
        if part.passed:
            columns["checked_at"] = part.checked_at
            self._make_move("CHECK_PASS", part.checked_at, part.check_text)
            return
        columns.update(reworks=columns["reworks"] + 1, handled_at=None, handled_on_time=None)
        self._make_move("REWORK", part.checked_at, part.check_text, starts="")  # the next round has the clock
        self._state = State.HANDLED.value  # the next round continues without another dispatch

    def _close(self, at: datetime) -> None:
        history, columns = self.history, self.columns
        if columns["close_due_at"] is None:  # the filing is not known: measure from the report
            whole = self._start_clock(self._compute_deadline(Stage.CLOSE, columns["reported_at"]))
            columns["close_due_at"] = whole.due_at
        on_time = at <= columns["close_due_at"]
        if not history.rounds:
            columns.update(handled_at=at, handle_due_at=columns["close_due_at"], handled_on_time=on_time)
        columns.update(closed_at=at, closed_on_time=on_time)
        is_reply = history.reply_at == at
        if is_reply:
            columns["replied_at"] = at
        is_visited = history.state == State.CLOSED or bool(history.visits)
        self._make_move(
            "CLOSE",
            at,
            history.reply if is_reply else "",
            to=State.CLOSED if is_visited else State.DONE,
            stops=Stage.values,  # an imported matter may be closed from any stage
            starts=Stage.VISIT if is_visited else "",
            public=is_reply,
        )
        for visit in history.visits:
            self._visit(visit, is_last=visit is history.visits[-1])
        last_at = history.visits[-1].at if history.visits else at
        columns["ended_at"] = last_at if history.state == State.DONE else None

    def _visit(self, visit: Visit, *, is_last: bool) -> None:
        answers = {"solved": visit.solved, "satisfaction": visit.satisfaction}
        self.columns.update(answers, visited_at=visit.at if visit.reached else None)
        to = self.history.state if is_last else State.CLOSED.value
        is_given_up = to == State.DONE and not visit.reached
        stops = None if to == State.DONE else ()  # one clock runs over all attempts
        facts = {
            "reached": visit.reached,
            **answers,
            **({"wrong_number": True} if visit.wrong_number else {}),
        }
        after_call = State.CLOSED.value if is_given_up else to
        self._make_move("VISIT", visit.at, visit.note, to=after_call, stops=stops, facts=facts)
        if is_given_up:
            self._make_move("END_VISIT", visit.at)
        if to == State.DONE:
            self.columns["visit_outcome"] = _get_visit_outcome(visit).value

    def _add_end(self) -> None:
        history, columns = self.history, self.columns
        if history.supervised_at is not None:
            columns["supervised"] = True
            self._make_move("SUPERVISE", history.supervised_at)
        if history.state in {State.REJECTED, State.VOIDED} and history.ended_at is not None:
            rejects = history.state == State.REJECTED
            code = "REJECT" if rejects else "VOID"
            self._make_move(code, history.ended_at, history.end_text, stops=Stage.values, public=rejects)
            columns.update(ended_at=history.ended_at, replied_at=history.ended_at if rejects else None)
        if history.state == State.SUSPENDED and history.suspended_at is not None:
            review = compute_review_time(history.review_date)
            columns.update(previous_state=self._state, review_date=history.review_date, due_at=review)
            self._make_move("SUSPEND", history.suspended_at, history.end_text)
        if history.state in FINISHED and history.state != State.CLOSED:
            columns["due_provisional"] = False


def _get_visit_outcome(visit: Visit) -> VisitOutcome:
    if not visit.reached:
        return VisitOutcome.UNREACHED
    # What an old system did not record counts neither as unsolved nor as dissatisfaction.
    is_unsatisfied = visit.solved is False or not is_satisfied(True, visit.satisfaction or MAX_SCORE)
    return VisitOutcome.UNSATISFIED if is_unsatisfied else VisitOutcome.SATISFIED


def file_histories(histories: Sequence[History], *, actor: Actor) -> list[FiledCase]:
    """File cases with their past in one transaction; all or none.

    A case whose source_key exists already stays unchanged (created=False), and of two with one key in the batch the
    first is filed. Raise UserError as `file_cases` does.
    """
    actor.require("cases.case:report")
    batch = [_HistoryRows(history, actor) for history in histories]
    with transaction.atomic():
        keys = [rows.source_key for rows in batch if rows.source_key]
        known = Case.objects.filter(source_key__in=keys).values_list("source_key", "id", "number")
        filed = {key: (case_id, number) for key, case_id, number in known}
        fresh: list[_HistoryRows] = []
        known_keys = set(filed)
        for rows in batch:
            if rows.source_key is None or rows.source_key not in known_keys:
                fresh.append(rows)
                known_keys |= {rows.source_key} - {None}
        for case_id, rows in zip(writer.take_ids(len(fresh)), fresh, strict=True):
            rows.case_id = case_id
            filed[rows.source_key] = (case_id, rows.number)
        _write(fresh, actor)
        mark_new_cases([rows.case_id for rows in fresh])
    return [
        FiledCase(rows.case_id, rows.number, created=True, outside=rows.outside)
        if rows.case_id
        else FiledCase(*filed[rows.source_key], created=False, outside=rows.outside)
        for rows in batch
    ]


def _write(batch: Sequence[_HistoryRows], actor: Actor) -> None:
    """Write the rows of new cases, table by table."""
    writer.insert_many(Case, [{"id": rows.case_id, "number": rows.number, **rows.columns} for rows in batch])
    for rows in batch:
        children: list[CaseMove | Clock | Assignment] = [*rows.moves, *rows.clocks]
        for row in (*children, *(part for part, _clock in rows.parts)):
            row.case_id = rows.case_id
    writer.insert_many(CaseMove, [_unsaved_columns(move) for rows in batch for move in rows.moves])
    Assignment.objects.bulk_create((part for rows in batch for part, _clock in rows.parts), batch_size=2000)
    for rows in batch:
        for part, clock in rows.parts:
            if clock is not None:
                clock.assignment_id = part.pk
    writer.insert_many(Clock, [_unsaved_columns(clock) for rows in batch for clock in rows.clocks])
    ReturnVisit.objects.bulk_create(
        (ReturnVisit(case_id=rows.case_id, **vars(visit)) for rows in batch for visit in rows.history.visits),
        batch_size=2000,
    )
    Reporter.objects.bulk_create(
        (
            Reporter(case_id=rows.case_id, **vars(rows.intake.reporter))
            for rows in batch
            if rows.intake.reporter is not None
        ),
        batch_size=2000,
    )
    for rows in batch:
        if rows.intake.answers:
            write_answers(rows.case_id, rows.intake.answers, rows.columns["reported_at"])
    write_further_numbers((rows.case_id, rows.intake.further_keys) for rows in batch)
    write_sources(
        (
            (rows.case_id, rows.columns["reported_at"], rows.history.new.terms)
            for rows in batch
            if rows.history.new.terms is not None
        ),
        watch=False,
    )
    write_search([(rows.case_id, rows.intake.search_text) for rows in batch])
    record_entries(
        [
            {
                "actor": actor,
                "action": "cases.case:import",
                "obj_type": "cases.case",
                "obj_id": rows.case_id,
                "before": None,
                "after": {"state": rows.columns["state"], "subject": rows.columns["subject"]},
            }
            for rows in batch
        ]
    )


def _unsaved_columns(row: Model) -> dict[str, Any]:
    """Return the columns of a row that has no id yet: the database numbers it."""
    return {name: value for name, value in vars(row).items() if name not in {"id", "_state"}}
