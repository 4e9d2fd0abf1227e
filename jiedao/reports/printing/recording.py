"""The audit entry of a printout: who printed what."""

from collections.abc import Iterable
from enum import Enum

from django.db import transaction

from jiedao.audit.actions import record_entry
from jiedao.orgs.actor import Actor


class Sheet(Enum):
    """The kinds of printouts."""

    WORK_ORDER = "work_order"
    LETTER = "letter"
    BLANK_CHECKLIST = "blank_checklist"
    INSPECTION = "inspection"
    RECORD = "record"
    PROJECT = "project"


def record_printout(
    *, actor: Actor, sheet: Sheet, suffix: str, object_type: str, ids: Iterable[int], revealed: bool = False
) -> None:
    """Record who printed what, one entry for each object.

    Args:
        suffix: the format, "pdf" or "docx".
        revealed: whether the printout has personal data in clear; revealing it has its own entry with the reason.
    """
    after = {"printout": sheet.value, "format": suffix} | ({"revealed": True} if revealed else {})
    with transaction.atomic():
        for pk in ids:
            record_entry(
                actor=actor, action="reports.printout:make", obj_type=object_type, obj_id=pk, after=after
            )
