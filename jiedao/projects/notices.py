"""Notices of pledges.

Every move of a pledge settles the notices before it; an extension and a supervision settle only the alarms.
"""

from django.utils.translation import gettext_lazy as _

from jiedao.notices.kinds import NoticeKind
from jiedao.notices.models import Tone

PLEDGE = "projects.pledge"
DEADLINE = "deadline"  # the task of the alarms, which an extension or a supervision settles
ANSWER = "answer"  # the task of the answer that a unit owes to a supervision
DAY = ("deadline",)  # what messages outside the system may hold

ASSIGNED = NoticeKind(f"{PLEDGE}:assigned", _("新的任务"), asks=True)
REPORTED = NoticeKind(f"{PLEDGE}:reported", _("报告完成，待确认"), asks=True)
CONFIRMED = NoticeKind(f"{PLEDGE}:confirmed", _("已确认完成"))
SENT_BACK = NoticeKind(f"{PLEDGE}:sent_back", _("已退回，请补办"), Tone.WARN, asks=True)
WITHDRAWN = NoticeKind(f"{PLEDGE}:withdrawn", _("任务已撤销"))
EXTENDED = NoticeKind(f"{PLEDGE}:extended", _("已延期"))
WARNED = NoticeKind(f"{PLEDGE}:warned", _("即将到期（%(deadline)s）"), Tone.WARN, asks=True, codes=DAY)
LATE = NoticeKind(f"{PLEDGE}:late", _("已逾期（%(deadline)s）"), Tone.ALARM, asks=True, codes=DAY)
ESCALATED = NoticeKind(
    f"{PLEDGE}:escalated", _("逾期未办，逐级督办（%(deadline)s）"), Tone.ALARM, asks=True, codes=DAY
)
SUPERVISED = NoticeKind(
    f"{PLEDGE}:supervised", _("督办：%(deadline)s 前办完或答复"), Tone.ALARM, asks=True, codes=DAY
)
ANSWERED = NoticeKind(f"{PLEDGE}:answered", _("督办已答复"))
UNANSWERED = NoticeKind(
    f"{PLEDGE}:unanswered", _("督办逾期未答复（%(deadline)s）"), Tone.ALARM, asks=True, codes=DAY
)

KINDS = (
    ASSIGNED,
    REPORTED,
    CONFIRMED,
    SENT_BACK,
    WITHDRAWN,
    EXTENDED,
    WARNED,
    LATE,
    ESCALATED,
    SUPERVISED,
    ANSWERED,
    UNANSWERED,
)
