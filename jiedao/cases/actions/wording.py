"""Lines of notices, in words."""

from typing import Any

from django.utils.translation import gettext as _

from jiedao.cases.models import Case


def line(what: Any, case: Case, note: str = "") -> str:
    """Say what happened to which case, e.g. "新派案件：2026-00012268 路灯不亮"."""
    words = {"what": what, "number": case.number, "subject": case.subject}
    return f"{_('%(what)s：%(number)s %(subject)s') % words} {note}".rstrip()
