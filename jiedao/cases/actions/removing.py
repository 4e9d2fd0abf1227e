"""Removing cases that an import has filed and on which nobody has worked: what undoing an import calls."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.db.models import PROTECT, QuerySet
from django.utils.translation import gettext as _

from jiedao.audit.models import Entry
from jiedao.cases.flow import State
from jiedao.cases.models import Case
from jiedao.cases.stored_counts.marking import mark_changes
from jiedao.files.models import Attachment

BATCH = 500
CASE = "cases.case"
# The entries of the audit log that filing a case and the worker write; every other one is the work of a person.
AUTOMATIC = (
    "cases.case:report",
    "cases.case:import",
    "cases.case:warned",
    "cases.case:overdue",
    "cases.case:escalated",
    "cases.case:settled",
    "cases.case:relocate",
    "cases.reporter:erase",
)


@dataclass(frozen=True)
class TouchedCase:
    """A case that must not be removed, and why not."""

    id: int
    number: str
    state: str
    reason: str

    def __str__(self) -> str:
        return f"{self.number} {State(self.state).label} ({self.reason})"


def _split(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), BATCH):
        yield ids[start : start + BATCH]


def find_touched_cases(case_ids: Sequence[int]) -> list[TouchedCase]:
    """Return those of the cases on which a person has worked, or to which something else refers.

    A move, a revealed reporter, a printout, an answer from another import: whatever the audit log has of a case beyond
    its filing counts as work. Warnings and other steps of the worker do not.
    """
    touched = []
    for ids in _split(case_ids):
        reasons = _find_reasons(ids)
        rows = Case.objects.filter(pk__in=list(reasons)).order_by("pk").values_list("pk", "number", "state")
        touched += [TouchedCase(pk, number, state, reasons[pk]) for pk, number, state in rows]
    return touched


def _find_reasons(ids: Sequence[int]) -> dict[int, str]:
    worked: QuerySet[Any] = Entry.objects.filter(object_type=CASE, object_id__in=ids).exclude(
        action__in=AUTOMATIC
    )
    with_files: QuerySet[Any] = Attachment.objects.filter(object_type=CASE, object_id__in=ids)
    reasons = dict.fromkeys(_find_referred(ids), _("别处引用了它"))
    for rows, reason in ((with_files, _("有附件")), (worked, _("已有人办理"))):
        reasons |= {pk: reason for pk in rows.values_list("object_id", flat=True) if pk is not None}
    return reasons


def _find_referred(ids: Sequence[int]) -> set[int]:
    """Return the cases to which rows refer that must not lose them, in whatever room."""
    found: set[int] = set()
    for relation in Case._meta.related_objects:
        if relation.on_delete is PROTECT:
            rows: Any = relation.related_model._default_manager
            column = relation.field.attname
            found.update(rows.filter(**{f"{column}__in": ids}).values_list(column, flat=True))
    return found


def lock_cases(case_ids: Sequence[int]) -> None:
    """Let moves on the cases wait until the caller's transaction ends."""
    for ids in _split(case_ids):
        list(Case.objects.filter(pk__in=ids).order_by("pk").select_for_update().values_list("pk"))


@transaction.atomic
def remove_cases(case_ids: Sequence[int]) -> None:
    """Delete the cases with all their rows, and what they count in the stored counts.

    Their numbers are not given again. The caller has locked the cases, has checked them by `find_touched_cases`,
    removes their notices and records the removal.
    """
    key = "case_id" if connection.vendor == "postgresql" else "rowid"
    for ids in _split(case_ids):
        with mark_changes(ids):
            Case.objects.filter(pk__in=ids).delete()
        with connection.cursor() as cursor:
            statement = f"DELETE FROM cases_searchrow WHERE {key} = %s"  # noqa: S608 (two fixed names)
            cursor.executemany(statement, [[pk] for pk in ids])
