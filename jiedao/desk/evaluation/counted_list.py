"""The cases from which those of an appeal are chosen, and the contested cases of an appeal."""

from collections.abc import Sequence
from typing import Any

from jiedao.cases.flow import get_state_label, get_state_tone
from jiedao.cases.models import Case
from jiedao.desk.links import get_case_url
from jiedao.evaluation.counted import CountedCase, find_counted_cases
from jiedao.evaluation.models import AppealCase, AppealState, Score
from jiedao.orgs.actor import Actor

SHOWN = 100  # rows of one list
ROW_TONES = {
    AppealState.WAITING.value: "warn",
    AppealState.GRANTED.value: "good",
    AppealState.REFUSED.value: "neutral",
    AppealState.WITHDRAWN.value: "neutral",
}


def build_counted_list(actor: Actor, score: Score, query: Any, chosen: Sequence[str]) -> dict[str, Any]:
    """Return the cases that count in a score: chosen ones first, then those that cost points.

    `query` may hold `q` (a part of the number or of the subject), `item` (the key of an item) and `costs`.
    """
    words, item = str(query.get("q", "")).strip()[:40], str(query.get("item", ""))
    rows = find_counted_cases(actor, score)
    contested = set(
        AppealCase.objects.filter(
            state=AppealState.WAITING,
            sheet_version=score.sheet_version_id,
            place_key=score.place_key,
            first_date=score.first_date,
            last_date=score.last_date,
        ).values_list("case_id", flat=True)
    )
    items = {line.item.key: line.item.label for line in score.lines.select_related("item")}
    picked = [row for row in rows if row.case.number in chosen]
    others = [row for row in rows if row.case.number not in chosen and _fits(row, words, item)]
    return {
        "rows": [
            _build_row(row, items, is_chosen=row in picked, is_contested=row.case.pk in contested)
            for row in [*picked, *others[:SHOWN]]
        ],
        "left_out": max(0, len(others) - SHOWN),
        "counted": len(rows),
        "words": words,
        "items": [(key, label, key == item) for key, label in items.items()],
    }


def _fits(row: CountedCase, words: str, item: str) -> bool:
    if item and item not in row.items:
        return False
    return not words or words in row.case.number or words in row.case.subject


def _build_row(
    row: CountedCase, items: dict[str, str], *, is_chosen: bool, is_contested: bool
) -> dict[str, Any]:
    return {
        **_describe_case(row.case),
        "chosen": is_chosen,
        "contested": is_contested,
        "costs": [items[key] for key in row.costs if key in items],
        "items": [items[key] for key in row.items if key in items and key not in row.costs],
    }


def _describe_case(case: Case) -> dict[str, Any]:
    return {
        "number": case.number,
        "subject": case.subject,
        "url": get_case_url(str(case.number)),
        "state": get_state_label(case.state, case.visit_outcome),
        "tone": get_state_tone(case.state, case.visit_outcome),
    }


def build_contested_row(actor: Actor, row: AppealCase) -> dict[str, Any]:
    """Return a case of an appeal; who may not see the case learns its number alone."""
    is_visible = (
        actor.can("cases.case:view") and Case.objects.visible_to(actor).filter(pk=row.case_id).exists()
    )
    shown = _describe_case(row.case) if is_visible else {"number": row.case.number}
    return {**shown, "verdict": row.get_state_display(), "verdict_tone": ROW_TONES[row.state]}
