"""The dispatcher's desk: the queue, the categories that one key chooses, and the units that would get the case."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count
from django.utils.translation import gettext as _

from jiedao.cases import catalogue, suggesting
from jiedao.cases.catalogue import CategoryInfo
from jiedao.cases.deadlines import Deadline, compute_stage_deadline
from jiedao.cases.flow import Stage, State
from jiedao.cases.models import PUBLIC_CHANNELS, Case
from jiedao.cases.selectors.lists import COLUMNS, CaseRow
from jiedao.kernel import clock
from jiedao.kernel.errors import UserError
from jiedao.orgs.actor import Actor
from jiedao.orgs.units import UnitInfo, unit_info

QUEUE = 40
PICKS = 3
RIGHTS = {State.REPORTED.value: "cases.case:accept", State.FILED.value: "cases.case:dispatch"}


@dataclass(frozen=True)
class Queue:
    """The most pressing cases, urgent ones first, then by deadline; `counts` counts all waiting cases by state."""

    rows: list[CaseRow]
    counts: dict[str, int]


@dataclass(frozen=True)
class Pick:
    """A category that one key chooses. `confidence` is 0 to 1, None for the category that the case already has."""

    key: str
    category: CategoryInfo
    label: str
    words: tuple[str, ...]
    confidence: float | None
    verify_first: bool
    unit: str  # the unit that would handle it, "" without a duty line


@dataclass(frozen=True)
class Proposal:
    """The lead, helpers and limit (such as "4wh") of the duty list for a filed case; empty without a duty line."""

    lead: UnitInfo | None
    helper_ids: tuple[int, ...]
    limit: str
    due: Deadline


def list_desk_states(actor: Actor) -> list[str]:
    """Return the states of the cases on which the actor works at this desk."""
    return [state for state, right in RIGHTS.items() if actor.can(right)]


def read_queue(actor: Actor, states: Sequence[str], most: int = QUEUE) -> Queue:
    """Return the queue of the actor in these states, in three statements."""
    cases = Case.objects.visible_to(actor).filter(state__in=list(states))
    ordered = cases.order_by("due_at", "id").values_list(*COLUMNS)
    rows = [CaseRow(*row) for row in ordered.filter(urgent=True)[:most]]
    rows += [CaseRow(*row) for row in ordered.filter(urgent=False)[: most - len(rows)]]
    waiting = Case.objects.visible_to(actor).filter(state__in=list_desk_states(actor)).order_by()
    return Queue(rows, dict(waiting.values_list("state").annotate(Count("pk"))))


def format_category_path(category: CategoryInfo) -> str:
    """Return 大类 › 小类 in the reader's language."""
    major = catalogue.find_major_category(category)
    return category.label if major.id == category.id else f"{major.label} › {category.label}"


def _make_pick(
    key: str, case: Case, category: CategoryInfo, words: Sequence[str], confidence: float | None
) -> Pick:
    duty = catalogue.find_duty(category.id, case.area_path)
    unit = unit_info(duty.lead_unit_id) if duty else None
    verify = category.verify_first and case.channel in PUBLIC_CHANNELS
    label = format_category_path(category)
    return Pick(key, category, label, tuple(words), confidence, verify, unit.label if unit else "")


def list_picks(case: Case) -> list[Pick]:
    """Return up to three categories for a reported case: its own, then the suggestions."""
    rows: list[dict[str, Any]] = list(case.suggestions)
    if not rows and case.category_id is None:
        rows = suggesting.suggest(case.subject, case.detail)
    picks: list[Pick] = []
    own_category = catalogue.category_info(case.category_id)
    if own_category is not None and own_category.parent_id is not None and own_category.active:
        picks.append(_make_pick("1", case, own_category, (), None))
    for row in rows:
        category = catalogue.category_info(row.get("category"))
        known = {pick.category.id for pick in picks}
        if category is None or category.parent_id is None or not category.active or category.id in known:
            continue
        words = [str(word) for word in row.get("words") or []]
        picks.append(
            _make_pick(str(len(picks) + 1), case, category, words, float(row.get("confidence") or 0))
        )
    return picks[:PICKS]


def propose_dispatch(case: Case) -> Proposal:
    """Return which units would get the case and until when, if it were dispatched now."""
    duty = catalogue.find_duty(case.category_id, case.area_path)
    limit = catalogue.find_limit(Stage.HANDLE.value, case.category_id, case.area_path)
    due = compute_stage_deadline(Stage.HANDLE.value, case.category_id, case.area_path, clock.now())
    lead = unit_info(duty.lead_unit_id) if duty else None
    lead = lead if lead is not None and lead.active else None
    return Proposal(lead, duty.helper_ids if duty else (), limit, due)


def list_category_choices() -> list[tuple[int, str]]:
    """Return every 小类 in use as (id, text of its line in the list)."""
    rows = (row for row in catalogue.CATEGORIES.get().values() if row.active and row.parent_id is not None)
    return [(row.id, f"{format_category_path(row)} · {row.code}") for row in rows]


def find_category_id(text: str) -> int:
    """Return the id of the category whose line in the list, code, name, part of a name or keyword was typed.

    Raise UserError when no category matches, or several do.
    """
    wanted = text.strip()
    choices = list_category_choices()
    for pk, words in choices:
        if wanted == words:
            return pk
    names = {row.id: (row.name, row.name_en, row.code) for row in catalogue.CATEGORIES.get().values()}
    exact = [pk for pk, _words in choices if wanted in names[pk]]
    matches = exact or [pk for pk, words in choices if wanted and wanted.lower() in words.lower()]
    if not matches:
        matches = [
            pk for pk, _words in choices if wanted and wanted in catalogue.CATEGORIES.get()[pk].keywords
        ]
    if len(matches) == 1:
        return matches[0]
    if not matches:
        raise UserError(
            _("没有叫“%(text)s”的类别。") % {"text": wanted[:40]},
            hint=_("请输入类别名称中的几个字，再从列表中选择。"),
            field="category_text",
        )
    names_of_matches = "、".join(names[pk][0] for pk in matches[:6])
    raise UserError(
        _("“%(text)s”对得上 %(n)d 个类别：%(some)s。")
        % {"text": wanted[:40], "n": len(matches), "some": names_of_matches},
        hint=_("请从列表中选定一个。"),
        field="category_text",
    )
