"""The view of a case for its followers: plain words, units instead of persons, and the reply."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from jiedao.cases.flow import BEFORE_HANDLED, ENDED, OPEN, State
from jiedao.cases.following_public.reporting import AlikeCase, describe_for_strangers
from jiedao.cases.models import Case, CaseMove, Follower, FollowRole
from jiedao.cases.moves.visiting import may_be_rated
from jiedao.cases.questions import ShownAnswer, get_answers
from jiedao.files.models import Attachment
from jiedao.orgs.units import unit_label

# What happens now, in the words of a resident.
STATE_WORDS = {
    State.REPORTED: _("已收到，等待受理"),
    State.TO_VERIFY: _("已受理，正在现场核实"),
    State.FILED: _("已受理，正在安排承办单位"),
    State.DISPATCHED: _("已交承办单位，等待接单"),
    State.HANDLING: _("承办单位正在处理"),
    State.HANDLED: _("已经处理，正在核查结果"),
    State.CHECKED: _("已经处理，准备答复"),
    State.CLOSED: _("已经办结"),
    State.TO_CONFIRM: _("已经收到您的意见，正在研究"),
    State.DONE: _("已经办结"),
    State.SUSPENDED: _("暂时不能处理，条件具备后继续"),
    State.REJECTED: _("没有受理，原因见答复"),
    State.MERGED: _("与另一件同样的事合并办理"),
    State.VOIDED: _("已作废"),
}
WORDS_TO_RATE = _("已经办结，请您评价")  # where the reader has the form of the rating
# What is due next, in the words of a resident; a case that is not accepted yet has no other deadline.
DUE_WORDS = {
    State.REPORTED: _("最晚什么时候受理"),
    State.TO_VERIFY: _("最晚什么时候核实完"),
}
HANDLE_WORDS, CLOSE_WORDS = _("最晚什么时候处置完"), _("最晚什么时候办结")
# Steps that a resident understands, in their words.
STEP_WORDS = {
    "REPORT": _("收到反映"),
    "ACCEPT": _("受理"),
    "VERIFY": _("现场核实"),
    "REJECT": _("不予受理"),
    "DISPATCH": _("交承办单位"),
    "REDISPATCH": _("改由其他单位承办"),
    "TAKE": _("承办单位接单"),
    "HANDLE": _("处理完毕"),
    "SELF_HANDLE": _("处理完毕"),
    "CHECK_PASS": _("核查通过"),
    "REWORK": _("核查没有通过，继续处理"),
    "SUSPEND": _("暂缓"),
    "RESUME": _("继续处理"),
    "REPLY": _("答复"),
    "CLOSE": _("办结"),
    "END_ANSWERED": _("办结"),
    "MERGE": _("合并办理"),
    "REOPEN": _("重新办理"),
    "VOID": _("作废"),
}
# Moves whose text is the reply to the reporter where it is public; MERGE answers one whose case joins a closed one.
REPLIES = ("REPLY", "CLOSE", "REJECT", "END_ANSWERED", "MERGE")
# Steps that are read from the merged case itself; all others are those of the case it was merged into.
STEPS_OF_MERGED = frozenset({"REPORT", "REPLY", "MERGE"})
WORDS_WITHOUT_REPLY = {
    State.CLOSED: _("这件事已经办理，没有另写答复。"),
    State.TO_CONFIRM: _("这件事已经办理，没有另写答复。"),
    State.DONE: _("这件事已经办理，没有另写答复。"),
    State.VOIDED: _("这件事没有继续办理。想了解原因，请联系街道。"),
}
WITH_UNIT = {State.DISPATCHED, State.HANDLING, State.SUSPENDED}


@dataclass(frozen=True)
class PublicStep:
    """A step as a follower reads it; `text` is the reply, or what the follower added."""

    words: str
    at: datetime
    unit: str
    text: str = ""


@dataclass(frozen=True)
class DueDate:
    """What is due, in words, and by when."""

    words: str
    at: datetime


@dataclass(frozen=True)
class FollowedCase:
    """A case as a follower reads it. A follower who is not the reporter sees no reply and no text of others.

    Attributes:
        merged_into: the number of the case with which this one is worked on, "" for none.
        rating_note: why a reader of a closed case has no form to rate it, "" where there is nothing to state.
    """

    follower: Follower
    number: str
    about: AlikeCase
    state: str
    state_words: str
    unit: str
    dues: list[DueDate]
    reply: str
    merged_into: str = ""
    rating_note: str = ""
    subject: str = ""
    detail: str = ""
    place_text: str = ""
    reported_at: datetime | None = None
    may_rate: bool = False
    is_open: bool = True
    rating: int | None = None
    steps: list[PublicStep] = field(default_factory=list)
    photos: list[Attachment] = field(default_factory=list)
    answers: list[ShownAnswer] = field(default_factory=list)


def read_followed_case(follower: Follower) -> FollowedCase:
    """Return what the follower may read of the case; a merged one has the state of the case it was merged into."""
    own = follower.case
    case: Case = own.merged_into if own.state == State.MERGED and own.merged_into is not None else own
    is_reporter = follower.role == FollowRole.REPORTER
    state = State(case.state)
    lead = unit_label(case.lead_unit_id) if state in WITH_UNIT else ""
    is_open = state not in ENDED
    may_rate = may_rate_case(follower)
    return FollowedCase(
        follower=follower,
        number=own.number,
        about=describe_for_strangers(own),
        state=case.state,
        state_words=describe_state(case.state, may_rate=may_rate),
        unit=lead,
        dues=_list_dues(case),
        merged_into=case.number if case != own else "",
        rating_note="" if may_rate else _explain_no_rating(follower, case),
        reply=_find_reply(own, case) if is_reporter else "",
        subject=own.subject if is_reporter else "",
        detail=own.detail if is_reporter else "",
        place_text=own.place_text if is_reporter else "",
        reported_at=own.reported_at,
        may_rate=may_rate,
        is_open=is_open,
        rating=own.satisfaction if is_reporter else None,
        steps=_list_steps(follower, own, case),
        photos=_list_own_photos(follower),
        answers=list(get_answers(own)) if is_reporter else [],
    )


def describe_state(state: str, *, may_rate: bool) -> str:
    """Return the state in the words of a resident; a reader who may rate the case is asked to do so."""
    return str(WORDS_TO_RATE if may_rate else STATE_WORDS[State(state)])


def may_rate_case(follower: Follower) -> bool:
    """Return whether the follower has the form of the rating: the reporter of a case that ended on its own."""
    return follower.role == FollowRole.REPORTER and may_be_rated(follower.case)


def _explain_no_rating(follower: Follower, case: Case) -> str:
    """Return who rates a closed case instead of this reader; "" for a case that nobody rates now."""
    if not may_be_rated(case):
        return ""
    if case.pk != follower.case_id:
        words = gettext("这件事并入 %(number)s 一起办理，由 %(number)s 的反映人评价。")
        return words % {"number": case.number}
    return gettext("只有反映人可以评价，关注的人不用评价。")


def _list_dues(case: Case) -> list[DueDate]:
    """Return what is due by when: acceptance or verification first, then handling and closing."""
    state = State(case.state)
    dates: list[tuple[Any, datetime | None]] = []
    if state in DUE_WORDS:
        dates = [(DUE_WORDS[state], case.due_at)]
    elif state in OPEN and state != State.SUSPENDED:
        dates = [(HANDLE_WORDS, case.handle_due_at)] if state in BEFORE_HANDLED else []
        dates.append((CLOSE_WORDS, case.close_due_at))
    return [DueDate(str(words), at) for words, at in dates if at is not None]


def _find_reply(own: Case, case: Case) -> str:
    """Return the last reply that was written for the reporter; internal notes of the office are never shown.

    A reply that was also given to the reporter of a merged case has an entry in that case. An ended case without a
    reply has a standard sentence instead.
    """
    # The history of a case that was opened again has the reply of the first round; `replied_at` is of the present one.
    if own.replied_at is not None:
        rows = CaseMove.objects.filter(case=own, move__in=REPLIES, public=True).exclude(text="")
        if text := rows.order_by("-id").values_list("text", flat=True).first():
            return str(text)
    return str(WORDS_WITHOUT_REPLY.get(State(case.state), ""))


def _list_steps(follower: Follower, own: Case, case: Case) -> list[PublicStep]:
    """Return the steps of the case; for a merged one those of the case it was merged into, with its own replies.

    Each person reads the replies written for them and what they added themselves, nothing that another person wrote.
    """
    is_reporter = follower.role == FollowRole.REPORTER
    steps = []
    for row in CaseMove.objects.filter(case__in={own, case}).order_by("at", "id"):
        is_words = row.move == "COMMENT" and row.data.get("follower") == follower.pk
        if is_words:
            steps.append(PublicStep(str(_("补充情况")), row.at, "", row.text))
            continue
        if row.move not in STEP_WORDS or (row.case_id == own.pk) != _is_read_from_own(row.move, own, case):
            continue
        shows_text = is_reporter and row.public and row.case_id == own.pk
        unit = unit_label(row.unit_id, row.at)
        steps.append(PublicStep(str(STEP_WORDS[row.move]), row.at, unit, row.text if shows_text else ""))
    return steps


def _is_read_from_own(move: str, own: Case, case: Case) -> bool:
    """Return whether a step is read from the follower's own case, not from the one it was merged into."""
    return own == case or move in STEPS_OF_MERGED


def _list_own_photos(follower: Follower) -> list[Attachment]:
    """Return the pictures that the follower sent: with the report, or with what they added.

    Photos of the staff are not public before a review, and those of other followers are only theirs.
    """
    own = follower.case
    mine, others = set[int](), set[int]()
    case_ids = [pk for pk in (own.pk, own.merged_into_id) if pk is not None]
    for data in CaseMove.objects.filter(case_id__in=case_ids, move="COMMENT").values_list("data", flat=True):
        if (writer := data.get("follower")) is not None:
            (mine if writer == follower.pk else others).update(data.get("photos") or [])
    rows = Attachment.objects.filter(
        object_type="cases.case",
        object_id__in=case_ids,
        removed_at__isnull=True,
        uploaded_by_id__isnull=True,
    )
    sent_with_report = Q(object_id=own.pk) if follower.role == FollowRole.REPORTER else Q(pk__in=[])
    rows = rows.filter(Q(pk__in=mine) | sent_with_report).exclude(pk__in=others - mine)
    return [row for row in rows.select_related("blob").order_by("id") if row.is_image]


def find_own_photo(follower: Follower, attachment_id: int) -> Attachment | None:
    """Return a picture that the follower sent, None for any other attachment."""
    return next((row for row in _list_own_photos(follower) if row.pk == attachment_id), None)
