"""Records on the map as GeoJSON in WGS 84: grids, shaded by the number of their records, and records as points."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count
from django.utils.translation import gettext as _

from jiedao.cases.selectors.mapping import COMMUNITIES, GRIDS
from jiedao.kernel.plans import plan_by_values
from jiedao.orgs.actor import Actor
from jiedao.places.selectors import area_text
from jiedao.registers.catalogue import RegisterInfo
from jiedao.registers.selectors.counting import find_states
from jiedao.registers.selectors.filters import RecordFilters

MOST = 3000  # points in one response; more points would cover each other
MOST_DRAWN = 400  # points in the SVG of the page itself

Feature = dict[str, Any]


@dataclass(frozen=True)
class MapCount:
    """The numbers of records that match the filters, of those that have a point, and of those that are shown."""

    found: int
    placed: int
    shown: int


@plan_by_values()
def build_features(
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
        grid_link: returns the address of the list of a grid's records, from the area's id.
        record_link: returns the address of a record, from its register and id.
    """
    counts: dict[str, int] = {}
    for states, _name in find_states(actor, info, filters, as_of):
        for path, number in states.order_by().values_list("area_path").annotate(Count("pk")):
            counts[path] = counts.get(path, 0) + number
    points, placed = build_record_points(actor, info, filters, record_link, as_of=as_of, most=most)
    features = _build_ground(actor, filters, counts, grid_link) + points
    count = MapCount(sum(counts.values()), placed, len(points))
    return {"type": "FeatureCollection", "features": features}, count


@plan_by_values()
def build_record_points(
    actor: Actor,
    info: RegisterInfo,
    filters: RecordFilters,
    record_link: Callable[[RegisterInfo, int], str],
    *,
    as_of: date | None = None,
    most: int = MOST,
) -> tuple[list[Feature], int]:
    """Return the newest records that have a point as features, and how many have a point in all."""
    rows: list[tuple[Any, ...]] = []
    placed = 0
    for states, name in find_states(actor, info, filters, as_of):
        with_point = states.filter(lon__isnull=False)
        drawn = list(
            with_point.order_by(f"-{name}").values_list(name, "name", "grade", "lon", "lat")[: most + 1]
        )
        placed += with_point.count() if len(drawn) > most else len(drawn)
        rows += drawn
    rows.sort(key=lambda row: -int(row[0]))
    return list(_build_points(info, rows[:most], record_link)), placed


def _build_points(
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


def _build_ground(
    actor: Actor, filters: RecordFilters, counts: dict[str, int], link: Callable[[int], str]
) -> list[Feature]:
    """Return communities with their names and grids with their numbers, in the areas that the actor sees."""
    visible_paths = ("",) if actor.confined_to is None else actor.confined_to

    def is_drawn(path: str) -> bool:
        return path.startswith(filters.area_path) and path.startswith(visible_paths)

    features: list[Feature] = []
    for path, _pk, polygon in COMMUNITIES.get():
        if is_drawn(path):
            name = area_text(path)
            properties = {"kind": "area", "label": name, "text": name.removesuffix("社区")}
            features.append({"type": "Feature", "geometry": polygon, "properties": properties})
    most = max(counts.values(), default=0)
    for path, pk, polygon in GRIDS.get():
        if is_drawn(path):
            features.append(
                {
                    "type": "Feature",
                    "geometry": polygon,
                    "properties": _build_grid(path, pk, counts, most, link),
                }
            )
    return features


def _build_grid(
    path: str, pk: int, counts: dict[str, int], most: int, link: Callable[[int], str]
) -> dict[str, Any]:
    number = counts.get(path, 0)
    label = _("%(area)s：%(n)d 条") % {"area": area_text(path), "n": number}
    properties: dict[str, Any] = {
        "kind": "grid",
        "label": label,
        "value": number / most if most and number else 0,
    }
    return properties | ({"href": link(pk)} if number else {})
