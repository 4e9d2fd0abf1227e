"""Notices of cases: what each states, whether it asks its reader to act, and what a move of the case settles.

The rule for each kind is in docs/reference/notices.md.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from jiedao.cases.flow import FINISHED, Stage, State
from jiedao.cases.models import Case, Channel, Clock
from jiedao.notices.actions import settle
from jiedao.notices.kinds import NoticeKind, Values
from jiedao.notices.models import Tone

CASE = "cases.case"
KINDS: list[NoticeKind] = []  # all of this module, to be registered

# The pieces of work that notices ask for. The next step of the loop is "", the default.
NEXT_STEP = ""
EXTENSION = "extension"
DOUBT = "doubt"
WITHDRAWAL = "withdrawal"
SOURCE_ALARM = "alarm:source"  # the deadline of the office that sent the case


def help_task(unit_id: int) -> str:
    """Return the task of a unit that is called to help."""
    return f"help:{unit_id}"


def alarm_task(clock: Clock) -> str:
    """Return the task of the alarms of a clock: that of a stage, or of a helping unit."""
    if clock.assignment is not None:
        return help_alarm_task(clock.assignment.unit_id)
    return stage_alarm_task(clock.stage)


def help_alarm_task(unit_id: int) -> str:
    """Return the task of the alarms of a helping unit's clock."""
    return f"help:{unit_id}:alarm"


def stage_alarm_task(stage: str) -> str:
    """Return the task of the alarms of a stage's clock."""
    return f"alarm:{stage}"


def _add_note(data: Values) -> Values:
    note = data.get("note")
    return {**data, "note": _("：%(note)s") % {"note": note} if note else ""}


def _add_stage(data: Values) -> Values:
    return {**data, "stage": Stage(data["stage"]).label}


def _add_source(data: Values) -> Values:
    return {**data, "source": _("市热线") if data.get("channel") == Channel.HOTLINE else _("来件方")}


def _declare_kind(
    event: str,
    text: Any,
    tone: Tone = Tone.INFO,
    *,
    asks: bool = False,
    make_values: Any = None,
    codes: tuple[str, ...] = (),
) -> NoticeKind:
    kind = NoticeKind(f"{CASE}:{event}", text, tone, asks, make_values, codes)
    KINDS.append(kind)
    return kind


# It is the reader's turn.
TO_VERIFY = _declare_kind("to_verify", gettext_lazy("待核实"), asks=True)
UNTRUE = _declare_kind("untrue", gettext_lazy("核实不属实，待受理"), Tone.WARN, asks=True)
TO_DISPATCH = _declare_kind("to_dispatch", gettext_lazy("待派遣"), asks=True)
ASSIGNED = _declare_kind("assigned", gettext_lazy("新派案件"), asks=True)
SUCCEEDED = _declare_kind("succeeded", gettext_lazy("原承办单位已调整，转由本单位承办"), asks=True)
RETURNED = _declare_kind("returned", pgettext_lazy("notice", "退回"), Tone.WARN, asks=True)
TO_CHECK = _declare_kind("to_check", gettext_lazy("待核查"), asks=True)
REWORK = _declare_kind("rework", gettext_lazy("核查不通过，返工"), Tone.ALARM, asks=True)
TO_CLOSE = _declare_kind("to_close", gettext_lazy("待结案"), asks=True)
TO_VISIT = _declare_kind("to_visit", gettext_lazy("待回访"), asks=True)
TO_CONFIRM = _declare_kind("to_confirm", gettext_lazy("反映人不满意，待确认不再办理"), Tone.WARN, asks=True)
REOPENED = _declare_kind("reopened", pgettext_lazy("notice", "重新办理"), Tone.ALARM, asks=True)
REOPENED_TO_DISPATCH = _declare_kind(
    "reopened_to_dispatch", gettext_lazy("重新办理，待派遣"), Tone.ALARM, asks=True
)
RESUMED = _declare_kind(
    "resumed", gettext_lazy("恢复办理%(note)s"), Tone.WARN, asks=True, make_values=_add_note
)
UNMERGED = _declare_kind(
    "unmerged",
    gettext_lazy("已撤销并案，请继续办理%(note)s"),
    Tone.WARN,
    asks=True,
    make_values=_add_note,
)
DOUBTFUL = _declare_kind("doubtful", gettext_lazy("可疑的公众上报，请复核"), Tone.WARN, asks=True)
PUBLIC_ADDED = _declare_kind("public_added", gettext_lazy("公众补充了情况"))
# It still is the turn of the reader, or of a user below them.
SUPERVISED = _declare_kind(
    "supervised", gettext_lazy("督办%(note)s"), Tone.ALARM, asks=True, make_values=_add_note
)
REMINDED = _declare_kind(
    "reminded", gettext_lazy("催办%(note)s"), Tone.WARN, asks=True, make_values=_add_note
)
WARNED = _declare_kind(
    "warned",
    gettext_lazy("%(stage)s即将到期"),
    Tone.WARN,
    asks=True,
    make_values=_add_stage,
    codes=("stage",),
)
OVERDUE = _declare_kind(
    "overdue",
    gettext_lazy("%(stage)s已超期"),
    Tone.ALARM,
    asks=True,
    make_values=_add_stage,
    codes=("stage",),
)
ESCALATED = _declare_kind(
    "escalated",
    gettext_lazy("%(stage)s超期未办，逐级提醒"),
    Tone.ALARM,
    asks=True,
    make_values=_add_stage,
    codes=("stage",),
)
SOURCE_WARNED = _declare_kind(
    "source_warned", gettext_lazy("%(source)s的时限即将到期"), Tone.WARN, asks=True, make_values=_add_source
)
SOURCE_OVERDUE = _declare_kind(
    "source_overdue", gettext_lazy("已过%(source)s的时限"), Tone.ALARM, asks=True, make_values=_add_source
)
REVIEW_DUE = _declare_kind("review_due", gettext_lazy("挂账复核日期已到"), Tone.WARN, asks=True)
# Work beside the next step: a helper's part, a decision on more time.
HELP_ASKED = _declare_kind("help_asked", gettext_lazy("请协办"), asks=True)
EXTENSION_ASKED = _declare_kind("extension_asked", pgettext_lazy("notice", "申请延期"), Tone.WARN, asks=True)
WITHDRAWAL_ASKED = _declare_kind(
    "withdrawal_asked",
    gettext_lazy("交办方请求撤回%(note)s"),
    Tone.WARN,
    asks=True,
    make_values=_add_note,
)
# News that asks the reader to do nothing.
REASSIGNED = _declare_kind("reassigned", gettext_lazy("已改派"), Tone.WARN)
HELP_RELEASED = _declare_kind("help_released", pgettext_lazy("notice", "撤回协办"))
HELP_FINISHED = _declare_kind("help_finished", pgettext_lazy("notice", "协办完成"))
EXTENSION_GRANTED = _declare_kind("extension_granted", gettext_lazy("已同意延期"))
EXTENSION_REFUSED = _declare_kind("extension_refused", pgettext_lazy("notice", "不同意延期"))
DEMAND_ANSWERED = _declare_kind(
    "demand_answered", gettext_lazy("已答复督办、催办%(note)s"), make_values=_add_note
)
SUSPENDED = _declare_kind("suspended", gettext_lazy("已挂账%(note)s"), make_values=_add_note)
MERGED = _declare_kind(
    "merged", gettext_lazy("已并入 %(number)s%(note)s"), make_values=_add_note, codes=("number",)
)
MERGED_HERE = _declare_kind("merged_here", gettext_lazy("又有反映并入"))
UNMERGED_HERE = _declare_kind("unmerged_here", gettext_lazy("并入的案件已撤出"))
VOIDED = _declare_kind("voided", gettext_lazy("已作废%(note)s"), Tone.WARN, make_values=_add_note)


def name_case(case: Case) -> str:
    """Return what a case is called in notices."""
    return f"{case.number} {case.subject}"


def settle_case(
    case: Case,
    *,
    after: dict[str, Any],
    clocks: Collection[str],
    tasks: Collection[str],
    now: datetime,
) -> None:
    """Withdraw the notices that a move answers, before its own notices are written.

    A change of state, stage or lead unit answers what was asked for the next step. The alarms of a stage end with its
    clock, so accepting the case leaves the alarm of handling. Suspension and the end of a case settle more: nobody can
    act on the alarms of a clock that is paused, and nothing is left to do on a case that has ended.

    Args:
        after: columns of the case after the move that may differ: state, stage, lead_unit_id.
        clocks: the stages whose clocks the move stopped or started.
        tasks: what else the move answers.
    """
    changed = any(getattr(case, name) != value for name, value in after.items())
    if changed and after["state"] in FINISHED:
        settle(object_type=CASE, object_id=case.pk, now=now)
        return
    alarms = set(Stage.values) if after["state"] == State.SUSPENDED else set(clocks)
    answered = {
        *tasks,
        *(stage_alarm_task(stage) for stage in alarms),
        *([NEXT_STEP] if changed else []),
    }
    if answered:
        settle(object_type=CASE, object_id=case.pk, now=now, tasks=answered)
