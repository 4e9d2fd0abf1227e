"""Notices of appeals against scores."""

from django.utils.translation import gettext_lazy as _

from jiedao.notices.kinds import NoticeKind
from jiedao.notices.models import Tone

APPEAL = "evaluation.appeal"

MADE = NoticeKind(f"{APPEAL}:made", _("评分申诉，待裁定"), asks=True)
GRANTED = NoticeKind(f"{APPEAL}:granted", _("申诉成立，已重新计分"))
REFUSED = NoticeKind(f"{APPEAL}:refused", _("申诉不成立"), Tone.WARN)

KINDS = (MADE, GRANTED, REFUSED)
