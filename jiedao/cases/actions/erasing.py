"""Erasing the reporter of a case: the encrypted fields, and the same words where a user typed them into a text."""

import re
from typing import Any

from jiedao.audit.actions import record_entry
from jiedao.cases.following_public.erasing import erase_followers_of_case, list_words_of_reporter
from jiedao.cases.models import (
    Assignment,
    Case,
    CaseAnswer,
    CaseMove,
    ExtensionRequest,
    Reporter,
    ReporterNumber,
    ReturnVisit,
)
from jiedao.cases.questions.erasing import erase_personal_answers
from jiedao.cases.search_rows import refresh_search
from jiedao.kernel import clock
from jiedao.kernel.crypto import UnreadableField, decrypt
from jiedao.kernel.phones import build_phone_patterns
from jiedao.orgs.actor import Actor

ERASED = "***"
SHORTEST_NAME, SHORTEST_NUMBER = 2, 7  # a shorter one occurs in a text by chance
# Every text of a case that a user types: (table, its key to the case, columns).
TEXTS: list[tuple[Any, str, tuple[str, ...]]] = [
    (Case, "pk", ("subject", "detail", "place_text")),
    (CaseMove, "case_id", ("text", "data")),
    (Assignment, "case_id", ("result",)),
    (ExtensionRequest, "case_id", ("reason",)),
    (ReturnVisit, "case_id", ("note",)),
    (CaseAnswer, "case_id", ("text",)),
]


def register_texts(model: Any, key: str, columns: tuple[str, ...]) -> None:
    """Register texts about cases in a room above, from which the reporter is erased too. Call it in AppConfig.ready."""
    if (model, key, columns) not in TEXTS:
        TEXTS.append((model, key, columns))


def erase_reporter(actor: Actor, case_id: int) -> None:
    """Erase the reporter of a case and the personal answers inside the caller's transaction; the audit records it.

    This is the only reason for which entries of a timeline are changed.
    """
    row = Reporter.objects.get(pk=case_id)
    pattern = build_reporter_pattern(row)
    Reporter.objects.filter(pk=case_id).update(name="", phone="", phone_check="", erased_at=clock.now())
    Case.objects.filter(pk=case_id).update(reporter_key="")
    ReporterNumber.objects.filter(case_id=case_id).delete()
    added = list(list_words_of_reporter(case_id).exclude(case_id=case_id).values_list("pk", flat=True))
    erase_followers_of_case(case_id)
    erase_personal_answers(case_id)
    rows = 0 if pattern is None else sum(_erase_words(*texts, case_id, pattern) for texts in TEXTS)
    if (
        pattern is not None
    ):  # what the reporter added while the case was merged is in the case it was merged into
        rows += sum(_erase_words(CaseMove, "pk", ("text",), pk, pattern) for pk in added)
    if rows:
        refresh_search(case_id)
    record_entry(
        actor=actor,
        action="cases.reporter:erase",
        obj_type="cases.case",
        obj_id=case_id,
        after={"erased": True, "texts": rows},
    )


def erase_answers(actor: Actor, case_id: int) -> None:
    """Erase the personal answers of a case without a reporter inside the caller's transaction; the audit records it."""
    count = erase_personal_answers(case_id)
    record_entry(
        actor=actor,
        action="cases.reporter:erase",
        obj_type="cases.case",
        obj_id=case_id,
        after={"erased": True, "answers": count},
    )


def build_reporter_pattern(row: Reporter) -> re.Pattern[str] | None:
    """Return a pattern for the number and name of the reporter that leaves longer numbers and Latin words alone."""
    try:
        name, phone = decrypt(row.name).strip(), decrypt(row.phone).strip()
    except UnreadableField:  # with the key, what was to be erased is lost too
        return None
    words = build_phone_patterns(phone)
    # What is no number is erased as it was typed.
    words += [
        re.escape(word)
        for word, least in ((phone, SHORTEST_NUMBER), (name, SHORTEST_NAME))
        if len(word) >= least
    ]
    parts = [rf"(?<![a-zA-Z0-9]){word}(?![a-zA-Z0-9])" for word in words]
    return re.compile("|".join(parts)) if parts else None


def _erase_words(
    model: Any, key: str, columns: tuple[str, ...], case_id: int, pattern: re.Pattern[str]
) -> int:
    """Replace the matches of the pattern in the columns; return how many rows had one."""
    count = 0
    for row in model.objects.filter(**{key: case_id}).only("pk", *columns):
        before = {name: getattr(row, name) for name in columns}
        cleaned = {name: _clean(value, pattern) for name, value in before.items()}
        if cleaned != before:
            model.objects.filter(pk=row.pk).update(**cleaned)
            count += 1
    return count


def _clean(value: Any, pattern: re.Pattern[str]) -> Any:
    """Return a text, or the JSON of a move, without the matches of the pattern; keys stay unchanged."""
    if isinstance(value, str):
        return pattern.sub(ERASED, value)
    if isinstance(value, list):
        return [_clean(item, pattern) for item in value]
    if isinstance(value, dict):
        return {name: _clean(item, pattern) for name, item in value.items()}
    return value
