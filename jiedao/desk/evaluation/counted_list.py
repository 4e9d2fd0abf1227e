"""The cases from which those of an appeal are chosen, and the contested cases of an appeal."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import Q

from jiedao.cases.flow import get_state_label, get_state_tone
from jiedao.cases.models import Case
from jiedao.desk.links import get_case_url
from jiedao.evaluation.actions.appealing import MOST_CASES
from jiedao.evaluation.counted import CountedCase, find_counted_cases, list_contested_ids
from jiedao.evaluation.models import Appeal, AppealCase, AppealState, Score
from jiedao.kernel.storable import make_storable
from jiedao.orgs.actor import Actor

SHOWN = 100  # rows of one list
CHUNK = 2000  # cases of one statement
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
    words, item = make_storable(str(query.get("q", ""))).strip()[:40], str(query.get("item", ""))
    rows = find_counted_cases(actor, score)
    contested = list_contested_ids(score)
    items = {line.item.key: line.item.label for line in score.lines.select_related("item")}
    numbers = [make_storable(number) for number in chosen[:MOST_CASES]]
    picked_ids = set(Case.objects.filter(number__in=numbers).values_list("pk", flat=True))
    picked = [row for row in rows if row.pk in picked_ids]
    others = [
        row for row in _narrow(rows, words) if row.pk not in picked_ids and (not item or item in row.items)
    ]
    listed = [*picked, *others[:SHOWN]]
    cases = Case.objects.in_bulk([row.pk for row in listed])
    return {
        "rows": [
            {
                **_describe_case(cases[row.pk]),
                "chosen": row.pk in picked_ids,
                "contested": row.pk in contested,
                **_label_items(row, items),
            }
            for row in listed
        ],
        "left_out": max(0, len(others) - SHOWN),
        "counted": len(rows),
        "words": words,
        "items": [(key, label, key == item) for key, label in items.items()],
    }


def _narrow(rows: Sequence[CountedCase], words: str) -> Sequence[CountedCase]:
    """Return the rows whose number or subject contains the words, all rows if there are no words."""
    if not words:
        return rows
    condition = Q(number__contains=words) | Q(subject__contains=words)
    ids = set[int]()
    for start in range(0, len(rows), CHUNK):  # a statement has at most 65,535 parameters
        some = [row.pk for row in rows[start : start + CHUNK]]
        ids.update(Case.objects.filter(condition, pk__in=some).values_list("pk", flat=True))
    return [row for row in rows if row.pk in ids]


def _describe_case(case: Case) -> dict[str, Any]:
    return {
        "number": case.number,
        "subject": case.subject,
        "url": get_case_url(str(case.number)),
        "state": get_state_label(case.state, case.visit_outcome),
        "tone": get_state_tone(case.state, case.visit_outcome),
    }


def build_contested_rows(actor: Actor, appeal: Appeal, rows: Sequence[AppealCase]) -> list[dict[str, Any]]:
    """Return the cases of an appeal with the items in which they count and cost points.

    A user who may not see a case learns its number alone.
    """
    labels = {line.item.key: line.item.label for line in appeal.score.lines.select_related("item")}
    ids, visible, counted = [row.case_id for row in rows], set[int](), dict[int, CountedCase]()
    if actor.can("cases.case:view"):
        visible = set(Case.objects.visible_to(actor).filter(pk__in=ids).values_list("pk", flat=True))
        counted = {row.pk: row for row in find_counted_cases(actor, appeal.score, only=ids)}
    return [
        {
            **(_describe_case(row.case) if row.case_id in visible else {"number": row.case.number}),
            **_label_items(counted.get(row.case_id, CountedCase(row.case_id)), labels),
            "verdict": row.get_state_display(),
            "verdict_tone": ROW_TONES[row.state],
        }
        for row in rows
    ]


def _label_items(row: CountedCase, labels: Mapping[str, str]) -> dict[str, list[str]]:
    """Return the labels of the items in which a case costs points, and of the others in which it counts."""
    return {
        "costs": [labels[key] for key in row.costs if key in labels],
        "items": [labels[key] for key in row.items if key in labels and key not in row.costs],
    }
