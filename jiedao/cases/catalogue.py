"""The categories, duties, reasons and stock phrases of the town, cached in the process: reading one costs no query."""

from dataclasses import dataclass, field

from jiedao.cases.models import Category, Duty, Phrase, Reason
from jiedao.kernel.memo import Memo
from jiedao.kernel.policies import get_default_policy, get_policy
from jiedao.places.models import Named


@dataclass(frozen=True)
class CategoryInfo(Named):
    """A category as pages and the writer need it."""

    id: int
    kind: str
    code: str
    name: str
    name_en: str
    parent_id: int | None
    verify_first: bool
    visit_required: bool
    keywords: tuple[str, ...]
    active: bool
    photo_after: bool = False
    photo_before: bool = False
    site_check: bool = False


@dataclass(frozen=True)
class DutyInfo:
    """Who handles a category in an area, and within which limits."""

    lead_unit_id: int
    helper_ids: tuple[int, ...] = ()
    limits: dict[str, str] = field(default_factory=dict)


def _load_categories() -> dict[int, CategoryInfo]:
    rows = Category.objects.order_by("kind", "code").values_list(
        "id",
        "kind",
        "code",
        "name",
        "name_en",
        "parent_id",
        "verify_first",
        "visit_required",
        "keywords",
        "active",
        "photo_after",
        "photo_before",
        "site_check",
    )
    return {row[0]: CategoryInfo(*row[:8], tuple(row[8]), *row[9:]) for row in rows}


def _load_duties() -> dict[int, list[tuple[str, DutyInfo]]]:
    """Return the duty lines of each category as (area path, duty), the deepest area first."""
    helpers: dict[int, list[int]] = {}
    for duty_id, unit_id in Duty.helpers.through.objects.order_by("id").values_list("duty_id", "unit_id"):
        helpers.setdefault(duty_id, []).append(unit_id)
    lines_of_category: dict[int, list[tuple[str, DutyInfo]]] = {}
    for duty in Duty.objects.select_related("area"):
        info = DutyInfo(duty.lead_unit_id, tuple(helpers.get(duty.pk, ())), duty.limits)
        lines_of_category.setdefault(duty.category_id, []).append((duty.area.path if duty.area else "", info))
    for lines in lines_of_category.values():
        lines.sort(key=lambda line: -len(line[0]))
    return lines_of_category


CATEGORIES: Memo[dict[int, CategoryInfo]] = Memo(_load_categories)
DUTIES: Memo[dict[int, list[tuple[str, DutyInfo]]]] = Memo(_load_duties)
REASONS: Memo[dict[tuple[str, str], Reason]] = Memo(
    lambda: {(row.kind, row.code): row for row in Reason.objects.filter(active=True).order_by("id")}
)
PHRASES: Memo[list[Phrase]] = Memo(lambda: list(Phrase.objects.filter(active=True).order_by("id")))


def category_info(category_id: int | None) -> CategoryInfo | None:
    """Return a category by id, also a retired one: old cases name it."""
    return CATEGORIES.get().get(category_id) if category_id is not None else None


def find_category_id(kind: str, code: str) -> int | None:
    """Return the id of the active category with this code; None where there is none."""
    matches = (info for info in CATEGORIES.get().values() if info.kind == kind and info.code == code)
    return next((info.id for info in matches if info.active), None)


def find_major_category(category: CategoryInfo) -> CategoryInfo:
    """Return the 大类 of a category, which is the category itself when it is one."""
    parent = category_info(category.parent_id)
    return parent if parent is not None else category


def find_duty(category_id: int | None, area_path: str) -> DutyInfo | None:
    """Return the duty line of the category for the deepest area that contains the path, else that of its 大类."""
    category = category_info(category_id)
    while category is not None:
        for path, duty in DUTIES.get().get(category.id, ()):
            if area_path.startswith(path):
                return duty
        category = category_info(category.parent_id)
    return None


def find_limit(stage: str, category_id: int | None, area_path: str) -> str:
    """Return the limit text of a stage: that of the duty line, else the default of the town."""
    duty = find_duty(category_id, area_path)
    if duty is not None and stage in duty.limits:
        return str(duty.limits[stage])
    return str({**get_default_policy("limits"), **get_policy("limits")}[stage])


def find_reason(kind: str | None, code: str) -> Reason | None:
    """Return the active reason of this kind and code; None where the pack has none."""
    return REASONS.get().get((str(kind), code))


def list_reasons(kind: str | None) -> list[Reason]:
    """Return the active reasons of a kind, in the order of the pack."""
    return [reason for (reason_kind, _code), reason in REASONS.get().items() if reason_kind == kind]


def list_phrases(kind: str, move: str) -> list[Phrase]:
    """Return the stock phrases of a kind that a move offers, in the order of the pack."""
    return [phrase for phrase in PHRASES.get() if phrase.kind == kind and phrase.move in {"", move}]
