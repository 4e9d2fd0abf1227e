"""Guards against retiring rows that open cases refer to."""

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlencode

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from jiedao.cases.models import Assignment, Case
from jiedao.kernel.models import OwnValue
from jiedao.kernel.packs.comparing import NeededBy, Refusal
from jiedao.kernel.packs.own import ROW
from jiedao.kernel.packs.parts import Guard
from jiedao.kernel.packs.rows import Values
from jiedao.kernel.packs.successions import Lookup
from jiedao.places.successions import list_at_areas, list_moving_premises

CaseName = tuple[int, str]  # primary key and number
MOST_NAMES = 5  # numbers of cases that a refusal names; its list has all


def guard_column(column: str, filter_name: str = "") -> Guard:
    """Return a guard for rows that a column of open cases refers to.

    Args:
        filter_name: the filter of the list of cases that chooses by this column, "" where there is none.
    """

    def guard(retired: dict[str, Values], _lookup: Lookup) -> Mapping[str, str | Refusal]:
        return _describe(_find_cases(column, retired), retired, filter_name)

    return guard


def guard_units(retired: dict[str, Values], _lookup: Lookup) -> Mapping[str, str | Refusal]:
    """Return the reasons against retiring units: those that lead or help in open cases, or in the town's own duties."""
    cases = _find_cases("lead_unit_id", retired)
    keys = {values["pk"]: key for key, values in retired.items()}
    helping = Assignment.objects.filter(
        unit_id__in=list(keys), role="HELPER", ended_at=None, case__in=Case.objects.open()
    )
    led = {key: len(names) for key, names in cases.items()}
    for pk, case_id, number in helping.values_list("unit_id", "case_id", "case__number").order_by("case_id"):
        cases.setdefault(keys[pk], []).append((case_id, number))
    helped = [key for key, names in cases.items() if len(names) > led.get(key, 0)]
    refusals = _describe(cases, {key: retired[key] for key in retired if key not in helped}, "unit")
    # the list of cases has no filter for helping units: it would lack some of the cases
    refusals |= _describe(cases, {key: retired[key] for key in helped}, "")
    return {**refusals, **_find_own_values(keys)}


def guard_areas(retired: dict[str, Values], lookup: Lookup) -> Mapping[str, str | Refusal]:
    """Return the reasons against retiring areas: those that contain open cases, directly or in an area below.

    Cases at a premise that the pack moves to another area follow it, and need nothing.
    """
    staying = Case.objects.open().exclude(area_path="").exclude(premise__in=list_moving_premises(lookup))
    rows = staying.order_by("pk").values_list("area_path", "pk", "number")
    cases: dict[str, list[CaseName]] = {}
    for code, name in list_at_areas(((path, (pk, number)) for path, pk, number in rows), retired):
        cases.setdefault(code, []).append(name)
    return _describe(cases, retired, "area")


def _find_cases(column: str, retired: dict[str, Values]) -> dict[str, list[CaseName]]:
    """Return the open cases that refer to each row, by its key."""
    keys = {values["pk"]: key for key, values in retired.items()}
    rows = Case.objects.open().filter(**{f"{column}__in": list(keys)}).order_by("pk")
    cases: dict[str, list[CaseName]] = {}
    for referred, pk, number in rows.values_list(column, "pk", "number"):
        cases.setdefault(keys[referred], []).append((pk, number))
    return cases


def _find_own_values(keys: dict[int, str]) -> dict[str, str]:
    """Return the units that own values of duties name: dispatching would go to a unit that no longer exists."""
    names = set(keys.values())
    reasons = {}
    for own in OwnValue.objects.filter(kind="duty", field__in=("lead_unit", "helpers", ROW)):
        for unit in names.intersection(_list_units(own.value)):
            text = _("本街道自己改的权责清单 %(key)s 用到它：请先改掉或恢复那一项。")
            reasons[unit] = text % {"key": own.key}
    return reasons


def _list_units(value: Any) -> list[str]:
    """Return the units that an own value names: a lead unit, helpers, or both of a line of the town's own."""
    if isinstance(value, dict):
        return [value["lead_unit"], *value["helpers"]]
    return value if isinstance(value, list) else [value]


def _describe(
    cases: Mapping[str, Iterable[CaseName]], retired: dict[str, Values], filter_name: str
) -> dict[str, str | Refusal]:
    refusals: dict[str, str | Refusal] = {}
    for key, values in retired.items():
        names = dict(cases.get(key, ()))  # a unit may help twice in one case
        if not names:
            continue
        query = urlencode({"group": "open", filter_name: values["pk"]}) if filter_name else ""
        text = ngettext(
            "%(n)d 件在办案件用到它：请先办结或改到别处。",
            "%(n)d 件在办案件用到它：请先办结或改到别处。",
            len(names),
        )
        needed_by = NeededBy("cases.case", tuple(names), tuple(names.values())[:MOST_NAMES], query)
        refusals[key] = Refusal(text % {"n": len(names)}, needed_by)
    return refusals
