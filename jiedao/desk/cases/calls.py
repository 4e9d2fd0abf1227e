"""The calls of a return visit as lines of a page."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from jiedao.cases.models import ReturnVisit


@dataclass(frozen=True)
class CallLine:
    """A call: its outcome in words, the answers of the reporter, who called and when."""

    at: datetime
    who: str
    outcome: str
    answers: str
    note: str
    tone: str


def list_calls(visits: Iterable[ReturnVisit]) -> list[CallLine]:
    """Return the calls, newest first; the callers come with the rows."""
    return [_build_line(visit) for visit in visits][::-1]


def _build_line(visit: ReturnVisit) -> CallLine:
    who = visit.by.full_name if visit.by is not None else ""
    if visit.reached:
        return CallLine(visit.at, who, _("已接通"), _describe_answers(visit), visit.note, "info")
    outcome = _("号码有误") if visit.wrong_number else _("未接通")
    return CallLine(visit.at, who, outcome, "", visit.note, "warn")


def _describe_answers(visit: ReturnVisit) -> str:
    answers = [_("已解决") if visit.solved else _("没有解决")] if visit.solved is not None else []
    if visit.satisfaction is not None:
        answers.append(_("满意度 %(score)s 分") % {"score": visit.satisfaction})
    return " · ".join(answers)
