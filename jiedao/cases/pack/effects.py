"""What a pack's changes do to cases that are being worked on: clocks that run, visits and proofs that are due."""

from collections import Counter
from collections.abc import Iterable

from django.db.models import Count
from django.utils.translation import ngettext

from jiedao.cases.models import Case, Clock
from jiedao.kernel.packs.comparing import CHANGE, CREATE, RETIRE, Comparison, Item
from jiedao.places.models import Area

TOWN = "town"  # the area of a line of the duty list for the complete town
PROOFS = ("photo_after", "photo_before", "site_check")
UNACCEPTED = ("REPORTED",)
Effects = dict[str, list[str]]


def find_category_effects(comparison: Comparison) -> Effects:
    """State how many open cases follow changed rules about verifying, visiting and proving."""
    names = {"verify_first", "visit_required", *PROOFS}
    items = [item for item in comparison.items if item.action == CHANGE and names & set(item.fields)]
    if not items:
        return {}
    pks = {comparison.current[item.key]["pk"]: item.key for item in items}
    cases = Case.objects.open().filter(category_id__in=list(pks)).values_list("category_id", "state")
    opened, waiting = Counter[str](), Counter[str]()
    for pk, state, count in cases.annotate(count=Count("pk")).order_by():
        opened[pks[pk]] += count
        waiting[pks[pk]] += count if state in UNACCEPTED else 0
    effects = {}
    for item in items:
        wanted = comparison.wanted[item.key]
        sentences = []
        if "verify_first" in item.fields:
            sentences.append(_describe_verifying(waiting[item.key], is_first=wanted["verify_first"]))
        if "visit_required" in item.fields:
            sentences.append(_describe_visiting(opened[item.key], is_required=wanted["visit_required"]))
        if set(PROOFS) & set(item.fields):
            sentences.append(
                ngettext(
                    "%(n)d 件在办案件，以后处置时按新的照片和核查要求。",
                    "%(n)d 件在办案件，以后处置时按新的照片和核查要求。",
                    opened[item.key],
                )
                % {"n": opened[item.key]}
            )
        effects[item.key] = sentences
    return effects


def _describe_verifying(count: int, *, is_first: bool) -> str:
    if is_first:
        text = ngettext(
            "%(n)d 件还没有受理的案件，公众反映的要先核实。",
            "%(n)d 件还没有受理的案件，公众反映的要先核实。",
            count,
        )
    else:
        text = ngettext("%(n)d 件还没有受理的案件不再先核实。", "%(n)d 件还没有受理的案件不再先核实。", count)
    return text % {"n": count}


def _describe_visiting(count: int, *, is_required: bool) -> str:
    if is_required:
        text = ngettext("%(n)d 件在办案件，结案后要回访。", "%(n)d 件在办案件，结案后要回访。", count)
    else:
        text = ngettext("%(n)d 件在办案件，结案后不再回访。", "%(n)d 件在办案件，结案后不再回访。", count)
    return text % {"n": count}


def find_duty_effects(comparison: Comparison) -> Effects:
    """State how many open cases a changed line of the duty list governed, and that their clocks and units stay."""
    items = [item for item in comparison.items if item.action in (CHANGE, RETIRE)]
    if not items:
        return {}
    counts = _count_governed(comparison, {item.key for item in items})
    return {item.key: _describe_duty(item, count) for item in items if (count := counts[item.key])}


def _describe_duty(item: Item, count: int) -> list[str]:
    sentences = []
    if item.action == RETIRE or "limits" in item.fields:
        text = ngettext(
            "%(n)d 件在办案件已经开始的计时不变；新时限用于以后开始的环节。",
            "%(n)d 件在办案件已经开始的计时不变；新时限用于以后开始的环节。",
            count,
        )
        sentences.append(text % {"n": count})
    if item.action == RETIRE or {"lead_unit", "helpers"} & set(item.fields):
        text = ngettext(
            "%(n)d 件在办案件已派的单位不变，单位撤并的归承接单位；以后派遣按新的单位。",
            "%(n)d 件在办案件已派的单位不变，单位撤并的归承接单位；以后派遣按新的单位。",
            count,
        )
        sentences.append(text % {"n": count})
    return sentences


def _count_governed(comparison: Comparison, keys: Iterable[str]) -> Counter[str]:
    """Count the open cases by the line of the duty list that governs them: the one of the nearest area."""
    areas_by_category: dict[str, set[str]] = {}
    for key in comparison.current:
        category, _space, area = key.rpartition(" ")
        areas_by_category.setdefault(category, set()).add(area)
    categories = {key.rpartition(" ")[0] for key in keys}
    codes = {area for category in categories for area in areas_by_category.get(category, ())} - {TOWN}
    code_by_path = dict(Area.objects.filter(code__in=codes).values_list("path", "code"))
    cases = Case.objects.open().filter(category__code__in={name.partition(" ")[2] for name in categories})
    rows = cases.values_list("category__kind", "category__code", "area_path").annotate(count=Count("pk"))
    counts = Counter[str]()
    for kind, code, path, count in rows.order_by():
        category = f"{kind} {code}"
        around = (
            code_by_path[path[:end]]
            for end in range(len(path), 0, -Area.steplen)
            if path[:end] in code_by_path
        )
        known = areas_by_category.get(category, set())
        counts[f"{category} {next((area for area in around if area in known), TOWN)}"] += count
    return counts


def find_policy_effects(comparison: Comparison) -> Effects:
    """State that running clocks stay when the limits of the complete town change."""
    changed = [item.key for item in comparison.items if item.key == "limits" and item.action != CREATE]
    return {key: sentences for key in changed if (sentences := _describe_clocks())}


def find_calendar_effects(comparison: Comparison) -> Effects:
    """State that running clocks stay when office hours or days change; once for all days."""
    changed = [item.key for item in comparison.items]
    sentences = _describe_clocks() if changed else []
    return {changed[0]: sentences} if sentences else {}


def _describe_clocks() -> list[str]:
    count = Clock.objects.filter(stopped_at__isnull=True).count()
    if not count:
        return []
    text = ngettext(
        "%(n)d 个正在计时的期限不变；以后开始的按新的算。",
        "%(n)d 个正在计时的期限不变；以后开始的按新的算。",
        count,
    )
    return [text % {"n": count}]


EFFECTS = {
    "category": find_category_effects,
    "duty": find_duty_effects,
    "policy": find_policy_effects,
    "hours": find_calendar_effects,
    "day": find_calendar_effects,
}
