"""Guards against retiring rows that open cases refer to."""

from collections import Counter
from collections.abc import Callable
from typing import Any

from django.db.models import Count

from jiedao.cases.models import Assignment, Case
from jiedao.kernel.figures import RowsLink
from jiedao.kernel.models import OwnValue
from jiedao.kernel.packs.own import ROW
from jiedao.kernel.packs.rows import Values
from jiedao.kernel.rows_pages import build_rows_url
from jiedao.places.successions import count_at_areas

Guard = Callable[[dict[str, Values]], dict[str, str]]


def guard_column(column: str) -> Guard:
    """Return a guard for rows that a column of open cases refers to."""

    def guard(retired: dict[str, Values]) -> dict[str, str]:
        return _describe(_count_cases(column, retired))

    return guard


def guard_units(retired: dict[str, Values]) -> dict[str, str]:
    """Return the reasons against retiring units: those that lead or help in open cases, or in the town's own duties."""
    counts = _count_cases("lead_unit_id", retired)
    keys = {values["pk"]: key for key, values in retired.items()}
    helping = Assignment.objects.filter(
        unit_id__in=list(keys), role="HELPER", ended_at=None, case__in=Case.objects.open()
    )
    for pk, count in helping.values_list("unit_id").annotate(count=Count("id")):
        counts[keys[pk]] += count
    return _describe(counts) | _find_own_values(keys)


def guard_areas(retired: dict[str, Values]) -> dict[str, str]:
    """Return the reasons against retiring areas: those that contain open cases, directly or in an area below."""
    cases = Case.objects.open().exclude(area_path="").values_list("area_path")
    counts = count_at_areas(cases.annotate(count=Count("id")), retired)
    where = {
        code: build_rows_url(
            RowsLink("cases.cases", (), (("area", str(retired[code]["pk"])), ("group", "open")))
        )
        for code in counts
    }
    return {
        code: f"{count} open cases ({where[code]}): state what the area became with `was`, or close or move them first"
        for code, count in counts.items()
    }


def _count_cases(column: str, retired: dict[str, Values]) -> Counter[str]:
    keys = {values["pk"]: key for key, values in retired.items()}
    cases = Case.objects.open().filter(**{f"{column}__in": list(keys)})
    return Counter({keys[pk]: count for pk, count in cases.values_list(column).annotate(count=Count("id"))})


def _find_own_values(keys: dict[int, str]) -> dict[str, str]:
    """Return the units that own values of duties name: dispatching would go to a unit that no longer exists."""
    names = set(keys.values())
    reasons = {}
    for own in OwnValue.objects.filter(kind="duty", field__in=("lead_unit", "helpers", ROW)):
        for unit in names.intersection(_list_units(own.value)):
            reasons[unit] = (
                f"the town's own value of duty {own.key} names it: change or return that value first"
            )
    return reasons


def _list_units(value: Any) -> list[str]:
    """Return the units that an own value names: a lead unit, helpers, or both of a line of the town's own."""
    if isinstance(value, dict):
        return [value["lead_unit"], *value["helpers"]]
    return value if isinstance(value, list) else [value]


def _describe(counts: Counter[str]) -> dict[str, str]:
    return {key: f"{count} open cases name it: close or move them first" for key, count in counts.items()}
