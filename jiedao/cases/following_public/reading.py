"""What a person outside may read of a case that they follow: plain words, units instead of persons, the reply."""

from dataclasses import dataclass, field
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from jiedao.cases.flow import State
from jiedao.cases.following_public.reporting import PUBLIC_LABEL, AlikeCase, describe_for_strangers
from jiedao.cases.models import Case, CaseMove, Follower, FollowRole
from jiedao.cases.questions import ShownAnswer, get_answers
from jiedao.cases.selectors.for_sender import find_ending
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
    State.CLOSED: _("已经办结，请您评价"),
    State.TO_CONFIRM: _("已经收到您的意见，正在研究"),
    State.DONE: _("已经办结"),
    State.SUSPENDED: _("暂时不能处理，条件具备后继续"),
    State.REJECTED: _("没有受理，原因见答复"),
    State.MERGED: _("与另一件同样的事合并办理"),
    State.VOIDED: _("已作废"),
}
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
    "MERGE": _("合并办理"),
    "REOPEN": _("重新办理"),
    "VOID": _("作废"),
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
class FollowedCase:
    """A case as a follower reads it. A follower who is not the reporter reads neither texts nor the reply."""

    follower: Follower
    number: str
    about: AlikeCase
    state: str
    state_words: str
    unit: str
    due_at: datetime | None
    reply: str
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
    """Return what the follower may read of the case; a merged one is told by the case it was merged into."""
    own = follower.case
    case: Case = own.merged_into if own.state == State.MERGED and own.merged_into is not None else own
    is_reporter = follower.role == FollowRole.REPORTER
    state = State(case.state)
    lead = unit_label(case.lead_unit_id) if state in WITH_UNIT else ""
    ending = find_ending(own)
    is_open = state not in (State.DONE, State.REJECTED, State.VOIDED, State.CLOSED, State.TO_CONFIRM)
    return FollowedCase(
        follower=follower,
        number=own.number,
        about=describe_for_strangers(own),
        state=case.state,
        state_words=str(STATE_WORDS[state]),
        unit=lead,
        due_at=case.close_due_at or case.due_at if is_open else None,
        reply=ending.reply if is_reporter else "",
        subject=own.subject if is_reporter else "",
        detail=own.detail if is_reporter else "",
        place_text=own.place_text if is_reporter else "",
        reported_at=own.reported_at,
        may_rate=is_reporter and own.state == State.CLOSED,
        is_open=is_open,
        rating=own.satisfaction if is_reporter else None,
        steps=_list_steps(case, with_texts=is_reporter and case == own),
        photos=_list_own_photos(own) if is_reporter else [],
        answers=list(get_answers(own)) if is_reporter else [],
    )


def _list_steps(case: Case, *, with_texts: bool) -> list[PublicStep]:
    steps = []
    for row in CaseMove.objects.filter(case=case).order_by("at", "id"):
        is_own = row.move == "COMMENT" and row.actor_label == PUBLIC_LABEL and with_texts
        if row.move not in STEP_WORDS and not is_own:
            continue
        words = _("补充情况") if is_own else STEP_WORDS[row.move]
        shows_text = with_texts and (row.public or is_own)
        steps.append(
            PublicStep(str(words), row.at, unit_label(row.unit_id, row.at), row.text if shows_text else "")
        )
    return steps


def _list_own_photos(case: Case) -> list[Attachment]:
    """Return the pictures that came with the report: those of the staff are not for the public before a review."""
    rows = Attachment.objects.filter(
        object_type="cases.case", object_id=case.pk, removed_at__isnull=True, uploaded_by_id__isnull=True
    )
    return [row for row in rows.select_related("blob").order_by("id") if row.is_image]


def find_own_photo(follower: Follower, attachment_id: int) -> Attachment | None:
    """Return a picture that the reporter sent, None for any other attachment."""
    if follower.role != FollowRole.REPORTER:
        return None
    return next((row for row in _list_own_photos(follower.case) if row.pk == attachment_id), None)
