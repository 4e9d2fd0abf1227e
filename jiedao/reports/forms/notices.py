"""Notices of forms that are due."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from jiedao.kernel.periods import parse_period
from jiedao.notices.kinds import NoticeKind
from jiedao.notices.models import Tone

FORM = "reports.form"
REMINDER, ALARM = "reminder", "deadline"  # the tasks of these notices
_CODES = ("period", "due")


def _make_values(data: Mapping[str, Any]) -> Mapping[str, Any]:
    period = str(data.get("period", ""))
    return {**data, "period": parse_period(period).label if period else ""}


WARNED = NoticeKind(
    f"{FORM}:warned",
    _("%(period)s的表 %(due)s 前要报出"),
    Tone.WARN,
    asks=True,
    make_values=_make_values,
    codes=_CODES,
)
LATE = NoticeKind(
    f"{FORM}:late",
    _("%(period)s的表已逾期（%(due)s）"),
    Tone.ALARM,
    asks=True,
    make_values=_make_values,
    codes=_CODES,
)
KINDS = (WARNED, LATE)
