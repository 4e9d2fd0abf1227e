"""Performing a move: rights, flow, effect, clocks, timeline, audit and notices in one transaction.

The case's row is locked first and the write is compare-and-swap on state and version: of two people who press at once
one wins, the other is told what happened meanwhile (`Stale`), on SQLite and PostgreSQL alike. The lock keeps the second
away from clocks and parts that the first is writing, whose constraints would refuse it without a word it understands.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from jiedao.audit.actions import record
from jiedao.cases import origins
from jiedao.cases.access import get_case
from jiedao.cases.actions import clocks
from jiedao.cases.actions.fields import clean_fields
from jiedao.cases.flow import FLOW, State
from jiedao.cases.handled import handled_by
from jiedao.cases.models import Assignment, Case, CaseMove
from jiedao.files.actions import attach
from jiedao.kernel import clock
from jiedao.kernel.errors import NotAllowed, Stale, UserError
from jiedao.kernel.flow import FieldKind, Move
from jiedao.notices.actions import notify_in_words
from jiedao.orgs.actor import Actor


@dataclass
class Step:
    """One move being made. An effect reads `case`, `data`, `now` and fills in the rest."""

    case: Case
    actor: Actor
    move: Move
    data: dict[str, Any]
    now: datetime
    changes: dict[str, Any] = field(default_factory=dict)
    to_state: str = ""
    stops: set[str] = field(default_factory=set)
    starts: str = ""
    limit: str = ""
    text: str = ""
    note: dict[str, Any] = field(default_factory=dict)
    public: bool = False
    tell: list[tuple[list[int], str, str]] = field(default_factory=list)  # (user ids, tone, text)
    after: list[Callable[[], object]] = field(default_factory=list)  # runs in the transaction, after the swap

    @property
    def category_id(self) -> int | None:
        """The category after this move."""
        return self.changes.get("category_id", self.case.category_id)

    @property
    def area_path(self) -> str:
        """The area path after this move."""
        return str(self.changes.get("area_path", self.case.area_path))


Effect = Callable[[Step], None]


def involvement(actor: Actor, case: Case, move: Move) -> str:
    """Return why the actor is not the party that this move belongs to; "" when they are."""
    if actor.is_system or not move.party:
        return ""
    leads = case.lead_unit_id in actor.unit_ids
    if move.party == "LEAD" and not leads:
        return _("这一步由主办单位的人来做。")
    if move.party == "STEER" and not leads and not actor.can("cases.case:dispatch"):
        return _("这一步由主办单位的人或派遣员来做。")
    if move.party == "HELPER" and not _open_help(actor, case).exists():
        return _("这一步由协办单位的人来做，而您的单位没有未完成的协办。")
    if move.party == "OTHER" and Case.objects.filter(handled_by(actor), pk=case.pk).exists():
        return _("处置的人和单位不能自己核查。")
    return ""


def _open_help(actor: Actor, case: Case) -> Any:
    return Assignment.objects.filter(case=case, role="HELPER", ended_at=None, unit_id__in=actor.unit_ids)


def allowed_moves(actor: Actor, case: Case) -> list[Move]:
    """Return the moves the actor may make on the case now, in table order."""
    from jiedao.cases.actions.effects import possible  # noqa: PLC0415 (effects register themselves here)

    return [
        move
        for move in FLOW.from_state(case.state)
        if actor.can(move.permission) and not involvement(actor, case, move) and possible(case, move)
    ]


def _check(actor: Actor, case: Case, move: Move, version: int | None) -> None:
    actor.need(move.permission)
    if version is not None and version != case.version:
        last = case.moves.order_by("-id").first()
        raise Stale(
            _("这件案件刚刚被改动：%(who)s，%(state)s。")
            % {"who": last.actor_label if last else "", "state": State(case.state).label},
            hint=_("您填写的内容还在；请看过最新情况后再提交。"),
        )
    if case.state not in move.sources:
        raise Stale(
            _("案件现在是“%(state)s”，不能“%(move)s”。")
            % {"state": State(case.state).label, "move": move.label},
            hint=_("请刷新页面，看现在可以做什么。"),
        )
    if why := involvement(actor, case, move):
        raise NotAllowed(why, hint=_("请换一位同事，或换一个岗位后再试。"))


def _lock_in_order(move: Move, case_id: int, data: Mapping[str, Any]) -> None:
    """Lock the case together with those that the fields name, lowest id first.

    Two people who merge a pair crosswise wait for each other in one order, instead of each holding one of the two.
    """
    named = [str(data.get(field.name)) for field in move.fields if field.kind is FieldKind.CASE]
    numbers = [number.strip() for number in named if "\x00" not in number]
    if numbers:
        rows = Case.objects.filter(Q(pk=case_id) | Q(number__in=numbers))
        list(rows.order_by("pk").select_for_update(no_key=True).values_list("pk"))


def perform(
    actor: Actor,
    case_id: int,
    code: str,
    *,
    version: int | None = None,
    data: Mapping[str, Any] | None = None,
) -> Case:
    """Make one move on a case and return the case as it is afterwards.

    Args:
        actor: who acts; never None.
        code: a move of `flow.FLOW`.
        version: the version the form was opened with; None skips that check but not the swap.
        data: the fields of the move, by name (see `Move.fields`).

    Raises:
        NotFoundError: out of scope. NotAllowed: without the right, or not the party. Stale: somebody was faster, or
        the state does not allow it. UserError: a field is missing or wrong.
    """
    from jiedao.cases.actions.effects import EFFECTS  # noqa: PLC0415

    if code not in EFFECTS:
        raise UserError(_("没有这一步：%(code)s。") % {"code": code[:20]}, hint=_("请刷新页面后再试。"))
    move = FLOW[code]
    with transaction.atomic():
        _lock_in_order(move, case_id, data or {})
        case = get_case(actor, case_id, for_change=True)
        _check(actor, case, move, version)
        step = Step(case, actor, move, clean_fields(move, data or {}, case), clock.now())
        step.to_state, step.starts, step.stops = move.target or case.state, move.starts, set(move.stops)
        step.text = str(step.data.get("note") or "")
        EFFECTS[code](step)
        _write(step)
    case.refresh_from_db()
    return case


def _write(step: Step) -> None:
    case, before_state = step.case, step.case.state
    clocks.settle(step)
    before = {name: getattr(case, name) for name in step.changes}
    swapped = Case.objects.filter(pk=case.pk, version=case.version, state=before_state).update(
        **step.changes, state=step.to_state, version=case.version + 1
    )
    if swapped != 1:
        raise Stale(_("另一位同事刚刚处理了这件案件。"), hint=_("您填写的内容还在；请刷新后再看。"))
    CaseMove.objects.create(
        case=case,
        move=step.move.code,
        at=step.now,
        from_state=before_state,
        to_state=step.to_state,
        actor_label=step.actor.label,
        user_id=step.actor.user_id,
        unit_id=step.actor.unit_id,
        text=step.text,
        data=step.note,
        public=step.public,
    )
    for run in step.after:
        run()
    origins.tell(step, before_state)
    attach(step.actor, "cases.case", case.pk, step.data.get("photos") or [])
    record(
        actor=step.actor,
        action=f"{step.move.permission.split(':')[0]}:{step.move.code.lower()}",
        obj_type="cases.case",
        obj_id=case.pk,
        before={**_plain(before), "state": before_state},
        after={**_plain(step.changes), "state": step.to_state},
    )
    for serial, (user_ids, tone, text) in enumerate(step.tell):
        key = f"case:{case.pk}:{case.version}:{step.move.code}:{serial}"
        others = [pk for pk in user_ids if pk != step.actor.user_id]
        notify_in_words(
            user_ids=others,
            object_type="cases.case",
            object_id=case.pk,
            object_name=f"{case.number} {case.subject}",
            key=key,
            text=text,
            tone=tone,
        )


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value if isinstance(value, (str, int, float, bool, list, dict)) or value is None else str(value)
        for name, value in values.items()
    }
