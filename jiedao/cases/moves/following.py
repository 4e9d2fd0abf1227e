"""Following up a case that another user works on: supervising and reminding, the answers they ask for, commenting."""

from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiedao.cases import notices
from jiedao.cases.answering import find_responsible, list_working_units
from jiedao.cases.flow import OPEN, State
from jiedao.cases.models import Case, Demand
from jiedao.cases.moves.assignments import HANDLE_RIGHT
from jiedao.cases.moves.fields import EXPLANATION, NOTE, FieldKind, MoveField
from jiedao.cases.moves.step import Move, Party, Step, change_nothing, is_never_offered
from jiedao.kernel import clock
from jiedao.kernel.errors import UserError
from jiedao.notices.kinds import NoticeKind
from jiedao.orgs.people import find_holders, find_holders_in_units, find_superiors

MAX_ANSWER_DAYS = 92
MAX_NOTE = 300  # characters of a note that a notice repeats; the timeline has all of it


ANSWER_DATE = MoveField(
    "answer_date", FieldKind.DATE, gettext_lazy("答复期限"), help=gettext_lazy("最迟哪一天答复办理情况。")
)
REMIND_DATE = MoveField(
    "answer_date",
    FieldKind.DATE,
    gettext_lazy("答复期限"),
    required=False,
    help=gettext_lazy("最迟哪一天答复；只提醒、不用答复的，清空。"),
)


def notify_units(step: Step, kind: NoticeKind, **data: Any) -> None:
    """Notify the units that work on the case."""
    handlers = find_holders_in_units(list_working_units(step.case), HANDLE_RIGHT)
    step.notify(handlers, kind, note=step.text[:MAX_NOTE], **data)


def notify_next(step: Step, kind: NoticeKind) -> None:
    """Notify those whose turn it is after the move."""
    users, _posts = find_responsible(step.case, step.to_state)
    step.notify(users, kind, note=step.text[:MAX_NOTE])


def _notify_responsible(step: Step, kind: NoticeKind, rungs: int = 0) -> None:
    """Notify those whose turn it is now, and the posts up to `rungs` above theirs."""
    users, posts = find_responsible(step.case, step.case.previous_state or step.case.state)
    above = find_superiors(posts, rungs) if rungs else []
    step.notify(users + above, kind, note=step.text[:MAX_NOTE])


def supervise(step: Step) -> None:
    """Put the case under supervision 督办, ask for an answer, and notify those whose turn it is and their leaders."""
    step.changes["supervised"] = True
    _demand_answer(step)
    _notify_responsible(step, notices.SUPERVISED, rungs=1)


def remind(step: Step) -> None:
    """Remind those whose turn it is 催办, and ask for an answer if a day is given; the reminders are counted."""
    step.changes["reminders"] = step.case.reminders + 1
    _demand_answer(step)
    _notify_responsible(step, notices.REMINDED)


def _demand_answer(step: Step) -> None:
    """Record until when an answer is owed, if the move names a day."""
    day = step.data["answer_date"]
    if day is None:
        return
    today = step.now.astimezone(clock.TOWN_TZ).date()
    if not today <= day <= today + timedelta(days=MAX_ANSWER_DAYS):
        raise UserError(
            _("答复期限要在今天到 %(days)d 天之内。") % {"days": MAX_ANSWER_DAYS},
            hint=_("请选一个办理人来得及答复的日子。"),
            field="answer_date",
        )
    step.facts["answer_date"] = day.isoformat()
    step.after.append(
        lambda: Demand.objects.create(
            case=step.case,
            move=step.move.code,
            text=step.text,
            answer_date=day,
            asked_at=step.now,
            asked_by_id=step.actor.principal_id,
            asked_label=step.actor.label,
        )
    )


def find_open_demands(case: Case) -> QuerySet[Demand]:
    """Return the demands that wait for an answer; without a query where nobody supervised or reminded."""
    if not case.supervised and not case.reminders:
        return Demand.objects.none()
    return Demand.objects.filter(case=case, answered_at__isnull=True)


def has_open_demand(case: Case) -> bool:
    """Return whether an answer is owed on the case."""
    return find_open_demands(case).exists()


def answer(step: Step) -> None:
    """Answer every open demand and notify those who asked."""
    demands = find_open_demands(step.case).exclude(asked_by_id__in=step.actor.own_ids, asked_by__isnull=False)
    askers = [pk for pk in demands.values_list("asked_by_id", flat=True) if pk is not None]
    ids = list(demands.values_list("pk", flat=True))
    if not ids:
        raise UserError(_("没有等您答复的督办或催办。"), hint=_("请刷新页面。"), field="answer")
    step.text = step.data["answer"]
    step.after.append(
        lambda: Demand.objects.filter(pk__in=ids).update(
            answered_at=step.now, answered_label=step.actor.label, answer=step.text
        )
    )
    step.notify(askers, notices.DEMAND_ANSWERED, note=step.text[:MAX_NOTE])


def ask_withdrawal(step: Step) -> None:
    """Ask the office to void a case that the actor filed; whether it does is decided by those who may."""
    if step.case.reported_by_id not in step.actor.own_ids:
        raise UserError(_("只有交办这件案件的一方可以请求撤回。"), hint=_("请与交办方联系。"))
    voiders = find_holders("cases.case:void", step.area_path)
    step.notify(voiders, notices.WITHDRAWAL_ASKED, task=notices.WITHDRAWAL, note=step.text[:MAX_NOTE])


MOVES = (
    Move(
        code="SUPERVISE",
        label=gettext_lazy("督办"),
        sources=OPEN - {State.REPORTED.value},
        target=None,
        permission="cases.case:supervise",
        fields=(
            MoveField("note", FieldKind.TEXT, gettext_lazy("督办要求")),
            ANSWER_DATE,
        ),
        icon="urgent",
        tone="danger",
        entry_tone="bad",
        aside=True,
        effect=supervise,
    ),
    Move(
        code="REMIND",
        label=gettext_lazy("催办"),
        sources=OPEN - {State.SUSPENDED.value},
        target=None,
        permission="cases.case:remind",
        fields=(NOTE, REMIND_DATE),
        icon="bell",
        entry_tone="warn",
        aside=True,
        effect=remind,
    ),
    Move(
        code="ANSWER",
        label=gettext_lazy("答复督办、催办"),
        sources=OPEN,
        target=None,
        permission="cases.case:comment",
        party=Party.TURN,
        fields=(
            MoveField(
                "answer",
                FieldKind.TEXT,
                gettext_lazy("答复"),
                help=gettext_lazy("办到哪一步、什么时候办完、有什么困难。"),
            ),
        ),
        icon="message-report",
        key="y",
        possible=has_open_demand,
        effect=answer,
    ),
    Move(
        code="ASK_WITHDRAWAL",
        label=gettext_lazy("请求撤回"),
        sources=OPEN,
        target=None,
        permission="cases.case:report",
        fields=(EXPLANATION,),
        icon="arrow-back-up",
        entry_tone="warn",
        aside=True,
        possible=is_never_offered,
        effect=ask_withdrawal,
    ),
    Move(
        code="COMMENT",
        label=gettext_lazy("备注"),
        sources=frozenset(State.values),
        target=None,
        permission="cases.case:comment",
        fields=(MoveField("note", FieldKind.TEXT, gettext_lazy("备注")),),
        icon="note",
        key="n",
        aside=True,
        effect=change_nothing,
    ),
)
