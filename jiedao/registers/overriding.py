"""A grade that a user set by hand for a limited time, and the grade by the rules beside it. No database access.

An override is stored in `grade_note["override"]` with `grade`, `why`, `until` (its last day), `by`, `on`, and
`computed`, the grade by the rules. `Record.grade` is always the effective grade, so that lists, counts and rounds need
not know of overrides.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from jiedao.registers.definition import Definition
from jiedao.registers.grading import Graded

OVERRIDE = "override"


def find_override(note: Mapping[str, Any], today: date) -> dict[str, Any] | None:
    """Return the override in a stored `grade_note` that is in force on a day, None if there is none."""
    override: dict[str, Any] | None = note.get(OVERRIDE)
    return override if override is not None and override["until"] >= today.isoformat() else None


def grade_by_rules(grade: str, note: Mapping[str, Any]) -> str:
    """Return the grade by the rules, given a record's effective grade and its `grade_note`."""
    override = note.get(OVERRIDE)
    return str(override["computed"]) if override is not None else grade


def compute_effective_grade(
    definition: Definition, graded: Graded, note: Mapping[str, Any], today: date
) -> dict[str, Any]:
    """Return the columns `grade` and `grade_note` of a record.

    Args:
        graded: the grade by the rules.
        note: the stored `grade_note`, whose override stays in force until its last day.
    """
    columns: dict[str, Any] = {"grade": graded.grade, "grade_note": graded.note() if graded.grade else {}}
    override = find_override(note, today)
    if override is None or definition.grade(override["grade"]) is None:
        return columns
    note_with_override = {**columns["grade_note"], OVERRIDE: {**override, "computed": graded.grade}}
    return {"grade": override["grade"], "grade_note": note_with_override}
