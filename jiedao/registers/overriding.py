"""A grade that somebody set by hand for a time, beside the one that the rules give. No database.

It lies in `grade_note["override"]`: `grade`, `why`, `until` (its last day), `by`, `on`, and `computed`, the grade by
the rules. `Record.grade` is the grade that holds, so lists, counts and rounds follow it without knowing of overrides.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from jiedao.registers.definition import Definition
from jiedao.registers.grading import Graded

OVERRIDE = "override"


def running(note: Mapping[str, Any], today: date) -> dict[str, Any] | None:
    """Return the override of a kept note that holds on a day, None without one."""
    found: dict[str, Any] | None = note.get(OVERRIDE)
    return found if found is not None and found["until"] >= today.isoformat() else None


def computed(grade: str, note: Mapping[str, Any]) -> str:
    """Return the grade by the rules of a record's grade and note."""
    found = note.get(OVERRIDE)
    return str(found["computed"]) if found is not None else grade


def effective(definition: Definition, graded: Graded, note: Mapping[str, Any], today: date) -> dict[str, Any]:
    """Return the columns `grade` and `grade_note` for a grade by the rules, with the override that runs in `note`."""
    columns: dict[str, Any] = {"grade": graded.grade, "grade_note": graded.note() if graded.grade else {}}
    over = running(note, today)
    if over is None or definition.grade(over["grade"]) is None:
        return columns
    kept = {**columns["grade_note"], OVERRIDE: {**over, "computed": graded.grade}}
    return {"grade": over["grade"], "grade_note": kept}
