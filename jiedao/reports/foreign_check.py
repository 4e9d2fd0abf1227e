"""Check the numbers of a foreign text in a confined process, so that no text can hold up the pages of others."""

import json
import threading
from dataclasses import fields
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from jiedao.kernel.errors import UserError
from jiedao.reports.checker import CheckResult, Claim, Kind, Verdict
from jiedao.reports.confined import Limits, run_confined

CHILD = Path(__file__).with_name("foreign_check_child.py")
SECONDS = 20.0  # after so many the rules stop, and what they have found is the result
LIMITS = Limits(seconds=30, wait=40)  # for a text on which they do not even stop
MOST_AT_ONCE = 2  # checks of one process; each holds a thread of the server
PATIENCE = 5  # seconds until another check is refused
_places = threading.BoundedSemaphore(MOST_AT_ONCE)


def check_foreign_text(text: str) -> CheckResult:
    """Return what `check_text` finds, computed in a process with little time and memory.

    Raises:
        UserError: the text could not be checked within the limits, or too many texts are being checked.
    """
    settings = {"seconds": SECONDS, "language": get_language() or "zh-hans"}
    if not _places.acquire(timeout=PATIENCE):
        raise UserError(_("正在核对的文字太多。"), hint=_("请过一分钟再试。"), field="text")
    try:
        answer = run_confined(CHILD, [json.dumps(settings)], LIMITS, text.encode("utf-8", "replace"))
    finally:
        _places.release()
    if "fault" in answer:
        raise UserError(
            _("没能在限定的时间内核对完这份文字。"),
            hint=_("请按章节分开再核对。"),
            field="text",
        )
    return CheckResult(
        findings=[read_claim(claim) for claim in answer["findings"]],
        claims=[read_claim(claim) for claim in answer["claims"]],
        implied=[read_claim(claim) for claim in answer["implied"]],
        quantities=answer["quantities"],
        is_complete=answer["is_complete"],
    )


def read_claim(values: dict[str, Any]) -> Claim:
    """Return a claim that the child has printed."""
    known = {field.name: values[field.name] for field in fields(Claim)}
    distance = known["distance"]
    return Claim(
        **known
        | {
            "kind": Kind(known["kind"]),
            "verdict": Verdict(known["verdict"]),
            "numbers": tuple(known["numbers"]),
            "distance": None if distance is None else Decimal(distance),
        }
    )
