"""Notices of tasks: that one has ended, and until when its file can be fetched."""

from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiedao.notices.kinds import NoticeKind, Values
from jiedao.notices.models import Tone

TASK = "tasks.task"


def _add_end(data: Values) -> Values:
    text = data.get("keep_until")
    if not text:
        return {**data, "keep": ""}
    until = timezone.localtime(datetime.fromisoformat(text))
    return {**data, "keep": _("，文件保留到 %(until)s") % {"until": f"{until:%Y-%m-%d %H:%M}"}}


DONE = NoticeKind(
    f"{TASK}:done", gettext_lazy("已完成%(keep)s"), make_values=_add_end, codes=("keep_until",), personal=True
)
FAILED = NoticeKind(f"{TASK}:failed", gettext_lazy("没有完成：%(fault)s"), Tone.WARN, personal=True)
KINDS = (DONE, FAILED)
