"""Notices of registers: inspections that were not made in time."""

from django.utils.translation import ngettext_lazy

from jiedao.notices.kinds import NoticeKind, Values
from jiedao.notices.models import Tone
from jiedao.places.selectors import area_text

REGISTER = "registers.register"


def _make_missed_values(data: Values) -> Values:
    where = area_text(data["area_path"]) if data.get("area_path") else ""
    return {**data, "where": where or data["record"]}


# This kind only informs: a missed inspection can no longer be made, and the next one has a due date of its own.
MISSED = NoticeKind(
    f"{REGISTER}:missed",
    ngettext_lazy(
        "漏检 %(count)d 项，逐级提醒：%(where)s", "漏检 %(count)d 项，逐级提醒：%(where)s", "count"
    ),
    Tone.ALARM,
    make_values=_make_missed_values,
    codes=("area_path",),
)

KINDS = (MISSED,)
