"""Notices of the evaluation: scores that were published or computed again, appeals and their decisions."""

from django.utils.translation import gettext_lazy as _

from jiedao.notices.kinds import NoticeKind
from jiedao.notices.models import Tone

APPEAL = "evaluation.appeal"
SCORE = "evaluation.score"

PUBLISHED = NoticeKind(
    f"{SCORE}:published", _("评分已公布：%(points)s；申诉截止 %(due)s"), codes=("points", "due")
)
RENEWED = NoticeKind(
    f"{SCORE}:renewed", _("评分已重新计算：%(points)s；申诉截止 %(due)s"), codes=("points", "due")
)
MADE = NoticeKind(f"{APPEAL}:made", _("评分申诉，待裁定"), asks=True)
GRANTED = NoticeKind(f"{APPEAL}:granted", _("申诉成立，已重新计分"))
PARTLY = NoticeKind(f"{APPEAL}:partly", _("申诉部分成立，已重新计分"))
REFUSED = NoticeKind(f"{APPEAL}:refused", _("申诉不成立"), Tone.WARN)

KINDS = (PUBLISHED, RENEWED, MADE, GRANTED, PARTLY, REFUSED)
