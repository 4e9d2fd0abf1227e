"""Places of then: what happened to a case before a succession moved it counts for the place that it had.

A measure puts a case into a period by a time column. The place at that time is the one of the first `FormerPlace`
whose `until` is later, else that of the case itself. Cases that never moved are recognised by `Case.relocated`.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Case as Choice
from django.db.models import CharField, F, IntegerField, Max, OuterRef, Subquery, Value, When
from django.db.models.functions import Coalesce

from jiedao.cases.models import FormerPlace, PresentPlace
from jiedao.cases.selectors.measures import Table
from jiedao.kernel.figures import AREA, UNIT
from jiedao.kernel.former_names import FORMER_NAMES
from jiedao.kernel.memo import Memo
from jiedao.kernel.periods import Period
from jiedao.orgs.units import UNITS
from jiedao.places.following import list_area_successors
from jiedao.places.selectors import EVERY_AREA, list_retired_areas

# The column of a case and the same of `FormerPlace`; there, an empty one did not change by the succession.
AREA_PATH, LEAD_UNIT = "area_path", "lead_unit_id"
PLACES = {AREA: AREA_PATH, UNIT: LEAD_UNIT}  # the splits that a succession changes
# Values of `then`, beside the time column at whose moment a case had its place.
NOW = "now"  # past places are counted for those that took their place, see `present_places`
FormerRow = Mapping[str, Any]  # until, area_path, lead_unit_id


def read_last_relocation() -> datetime | None:
    """Return when a case was moved last by a succession, None for never."""
    last: datetime | None = FormerPlace.objects.aggregate(last=Max("until"))["last"]
    return last


LAST_RELOCATION: Memo[datetime | None] = Memo(read_last_relocation)


def has_former_places(period: Period) -> bool:
    """Return whether a case may have had another place at some time of the period or before."""
    last = LAST_RELOCATION.get()
    return last is not None and last > period.start_at


def get_moment_column(time: str) -> str:
    """Return the column with the moment of a time column; a day of reporting has one beside it."""
    return "reported_at" if time == "reported_date" else time


def build_place_column(name: str, table: Table, time: str) -> Any:
    """Return the expression for the place of a row's case at the moment of the row's time column.

    Args:
        name: AREA_PATH or LEAD_UNIT.
        time: the time column, or NOW for the place by the areas and units of now.
    """
    prefix = "" if table is Table.CASE else "case__"
    case = "pk" if table is Table.CASE else "case_id"
    if time == NOW:
        return _build_present_column(name, f"{prefix}{name}", case)
    output: Any = CharField() if name == AREA_PATH else IntegerField()
    changed = {"area_path__gt": ""} if name == AREA_PATH else {"lead_unit_id__isnull": False}
    places = FormerPlace.objects.filter(
        case_id=OuterRef(case), until__gt=OuterRef(get_moment_column(time)), **changed
    )
    former = Subquery(places.order_by("until").values(name)[:1], output_field=output)
    present = F(f"{prefix}{name}")
    return Choice(
        When(**{f"{prefix}relocated": True}, then=Coalesce(former, present, output_field=output)),
        default=present,
        output_field=output,
    )


def build_present_unit(column: str) -> Any:
    """Return the expression for the unit that a unit is now, from a column with its id."""
    return _build_present_column(LEAD_UNIT, column)


def _build_present_column(name: str, column: str, case: str = "") -> Any:
    """Return the expression for the only successor of a place; areas that became several are read by case.

    Args:
        case: the column with the id of the case; needed for areas only.
    """
    output: Any = CharField() if name == AREA_PATH else IntegerField()
    sources: dict[Any, list[Any]] = {}
    for old, new in PRESENT_PLACES.get()[name].items():
        sources.setdefault(new, []).append(old)
    choices = [
        When(**{f"{column}__in": sorted(old)}, then=Value(new, output_field=output))
        for new, old in sources.items()
    ]
    if name == AREA_PATH and (split := SPLIT_PATHS.get()):
        places = PresentPlace.objects.filter(case_id=OuterRef(case), area_path__gt="").values("area_path")
        present = Coalesce(Subquery(places[:1]), F(column), output_field=output)
        choices.append(When(**{f"{column}__in": sorted(split)}, then=present))
    return Choice(*choices, default=F(column), output_field=output) if choices else F(column)


def _load_present_places() -> dict[str, dict[Any, Any]]:
    """Return the successor of each area and unit that was replaced by a single one, by path and by id.

    An area without a successor of its own follows the nearest area above that has one.
    """
    names, areas = FORMER_NAMES.get(), EVERY_AREA.get()
    successors = {
        area.path: areas[new].path
        for area in areas.values()
        if not area.active and (new := names.find_successor("area", area.id)) in areas
    }
    for area in areas.values():  # in the order of their paths, so the ones above come first
        if not area.active and area.path not in successors and area.parent_path in successors:
            successors[area.path] = successors[area.parent_path]
    units = UNITS.get()
    by_unit = {
        unit.id: new
        for unit in units.values()
        if not unit.active and (new := names.find_successor("unit", unit.id)) in units
    }
    return {AREA_PATH: successors, LEAD_UNIT: by_unit}


PRESENT_PLACES: Memo[dict[str, dict[Any, Any]]] = Memo(_load_present_places)


def _load_split_paths() -> frozenset[str]:
    """Return the paths of the retired areas that became several."""
    alone = PRESENT_PLACES.get()[AREA_PATH]
    return frozenset(
        path
        for pk, path in list_retired_areas().items()
        if path not in alone and len(list_area_successors(pk)) > 1
    )


SPLIT_PATHS: Memo[frozenset[str]] = Memo(_load_split_paths)


def differs_now() -> bool:
    """Return whether an area or unit of then counts for another one by the places of now."""
    return any(PRESENT_PLACES.get().values()) or bool(SPLIT_PATHS.get())


def has_successions() -> bool:
    """Return whether a place of then may differ from the present one."""
    return LAST_RELOCATION.get() is not None or differs_now()


def find_place(case: Mapping[str, Any], former: Sequence[FormerRow], name: str, at: datetime) -> Any:
    """Return the place of a case at a moment, as `build_place_column` does.

    Args:
        former: the former places of the case, the earliest first.
    """
    for row in former:
        if at < row["until"] and row[name]:
            return row[name]
    return case[name]
