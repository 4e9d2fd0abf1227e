"""Records on the map: grids shaded by how many lie in them, and the records as points. GeoJSON, WGS 84."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count
from django.utils.translation import gettext as _

from jiedao.cases.selectors.mapping import COMMUNITIES, GRIDS
from jiedao.kernel.plans import planned_by_values
from jiedao.orgs.actor import Actor
from jiedao.places.selectors import area_text
from jiedao.registers.catalogue import RegisterInfo
from jiedao.registers.selectors.counting import states_on
from jiedao.registers.selectors.filters import RecordFilters

MOST = 3000  # points in one answer; more would only cover each other
MOST_DRAWN = 400  # points in the SVG of the page itself

Feature = dict[str, Any]


@dataclass(frozen=True)
class MapCount:
    """How many records the filter finds, how many have a point, and how many of these are shown."""

    found: int
    placed: int
    shown: int


@planned_by_values()
def features(
    actor: Actor,
    info: RegisterInfo,
    filters: RecordFilters,
    grid_link: Callable[[int], str],
    record_link: Callable[[RegisterInfo, int], str],
    *,
    as_of: date | None = None,
    most: int = MOST,
) -> tuple[dict[str, Any], MapCount]:
    """Return the FeatureCollection of grids and records, the newest first, and the counts.

    Three statements now, six as of a past day.

    Args:
        grid_link: gives the address of the list of a grid's records from the area's id.
        record_link: gives the address of a record from its register and id.
    """
    counts: dict[str, int] = {}
    for states, _name in states_on(actor, info, filters, as_of):
        for path, number in states.order_by().values_list("area_path").annotate(Count("pk")):
            counts[path] = counts.get(path, 0) + number
    points, placed = record_points(actor, info, filters, record_link, as_of=as_of, most=most)
    drawn = _ground(actor, filters, counts, grid_link) + points
    count = MapCount(sum(counts.values()), placed, len(points))
    return {"type": "FeatureCollection", "features": drawn}, count


@planned_by_values()
def record_points(
    actor: Actor,
    info: RegisterInfo,
    filters: RecordFilters,
    record_link: Callable[[RegisterInfo, int], str],
    *,
    as_of: date | None = None,
    most: int = MOST,
) -> tuple[list[Feature], int]:
    """Return the newest records that have a point as features, and how many there are in all."""
    rows: list[tuple[Any, ...]] = []
    placed = 0
    for states, name in states_on(actor, info, filters, as_of):
        with_point = states.filter(lon__isnull=False)
        found = list(
            with_point.order_by(f"-{name}").values_list(name, "name", "grade", "lon", "lat")[: most + 1]
        )
        placed += with_point.count() if len(found) > most else len(found)
        rows += found
    rows.sort(key=lambda row: -int(row[0]))
    return list(_points(info, rows[:most], record_link)), placed


def _points(
    info: RegisterInfo, rows: Iterable[tuple[Any, ...]], link: Callable[[RegisterInfo, int], str]
) -> Iterable[Feature]:
    for pk, name, code, lon, lat in rows:
        grade = info.definition.grade(code)
        words = f"{name} · {grade.label}" if grade is not None else name
        yield {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [lon, lat]},
            "properties": {
                "kind": "record",
                "label": words,
                "tone": grade.tone if grade is not None else info.definition.map_tone,
                "href": link(info, pk),
            },
        }


def _ground(
    actor: Actor, filters: RecordFilters, counts: dict[str, int], link: Callable[[int], str]
) -> list[Feature]:
    """Return communities with their names, and grids with their numbers, as far as the actor looks."""
    seen = ("",) if actor.confined_to is None else actor.confined_to

    def within(path: str) -> bool:
        return path.startswith(filters.area_path) and path.startswith(seen)

    drawn: list[Feature] = []
    for path, _pk, polygon in COMMUNITIES.get():
        if within(path):
            name = area_text(path)
            properties = {"kind": "area", "label": name, "text": name.removesuffix("社区")}
            drawn.append({"type": "Feature", "geometry": polygon, "properties": properties})
    most = max(counts.values(), default=0)
    for path, pk, polygon in GRIDS.get():
        if within(path):
            drawn.append(
                {"type": "Feature", "geometry": polygon, "properties": _grid(path, pk, counts, most, link)}
            )
    return drawn


def _grid(
    path: str, pk: int, counts: dict[str, int], most: int, link: Callable[[int], str]
) -> dict[str, Any]:
    number = counts.get(path, 0)
    label = _("%(area)s：%(n)d 条") % {"area": area_text(path), "n": number}
    found: dict[str, Any] = {"kind": "grid", "label": label, "value": number / most if most and number else 0}
    return found | ({"href": link(pk)} if number else {})
