"""Erasing who reported: the encrypted fields, and the same words where somebody typed them into a text of the case."""

import re
from typing import Any

from jiedao.audit.actions import record
from jiedao.cases.models import Assignment, Case, CaseMove, ExtensionRequest, Reporter, ReturnVisit
from jiedao.cases.writer import rewrite_search
from jiedao.kernel import clock
from jiedao.kernel.crypto import UnreadableField, decrypt
from jiedao.orgs.actor import Actor

GONE = "***"
SHORTEST_NAME, SHORTEST_NUMBER = 2, 7  # shorter ones stand in a text by chance
# Every text of a case that a person types: (table, its key to the case, columns).
TEXTS: list[tuple[Any, str, tuple[str, ...]]] = [
    (Case, "pk", ("subject", "detail", "place_text")),
    (CaseMove, "case_id", ("text", "data")),
    (Assignment, "case_id", ("result",)),
    (ExtensionRequest, "case_id", ("reason",)),
    (ReturnVisit, "case_id", ("note",)),
]


def erase_reporter(actor: Actor, case_id: int) -> None:
    """Erase the reporter of a case inside the caller's transaction; the audit keeps that it was done.

    The timeline's lines are changed for no other reason than this one.
    """
    row = Reporter.objects.get(pk=case_id)
    pattern = _pattern(row)
    Reporter.objects.filter(pk=case_id).update(name="", phone="", erased_at=clock.now())
    Case.objects.filter(pk=case_id).update(reporter_key="")
    rows = 0 if pattern is None else sum(_wipe(*texts, case_id, pattern) for texts in TEXTS)
    if rows:
        case = Case.objects.get(pk=case_id)
        rewrite_search(case_id, f"{case.subject} {case.place_text} {case.detail}")
    record(
        actor=actor,
        action="cases.reporter:erase",
        obj_type="cases.case",
        obj_id=case_id,
        after={"erased": True, "texts": rows},
    )


def _pattern(row: Reporter) -> re.Pattern[str] | None:
    """Return what finds the reporter's number and name, not as a part of a longer number or Latin word."""
    try:
        name, phone = decrypt(row.name).strip(), decrypt(row.phone).strip()
    except UnreadableField:  # the key is lost, and with it what was to be erased
        return None
    known = [word for word, least in ((phone, SHORTEST_NUMBER), (name, SHORTEST_NAME)) if len(word) >= least]
    parts = [rf"(?<![a-zA-Z0-9]){re.escape(word)}(?![a-zA-Z0-9])" for word in known]
    return re.compile("|".join(parts)) if parts else None


def _wipe(model: Any, key: str, columns: tuple[str, ...], case_id: int, pattern: re.Pattern[str]) -> int:
    """Replace what the pattern finds in the columns; return how many rows had one."""
    count = 0
    for row in model.objects.filter(**{key: case_id}).only("pk", *columns):
        held = {name: getattr(row, name) for name in columns}
        cleaned = {name: _clean(value, pattern) for name, value in held.items()}
        if cleaned != held:
            model.objects.filter(pk=row.pk).update(**cleaned)
            count += 1
    return count


def _clean(value: Any, pattern: re.Pattern[str]) -> Any:
    """Return a text, or the JSON of a move, without what the pattern finds; keys stay."""
    if isinstance(value, str):
        return pattern.sub(GONE, value)
    if isinstance(value, list):
        return [_clean(one, pattern) for one in value]
    if isinstance(value, dict):
        return {name: _clean(one, pattern) for name, one in value.items()}
    return value
