"""The names of places: premises, roads and communities, looked up by id and found in texts."""

from dataclasses import dataclass
from enum import Enum

from jiedao.kernel.folding import drop_invisible, fold_width
from jiedao.kernel.memo import Memo
from jiedao.kernel.numerals import starts_inside_number
from jiedao.places.models import AreaKind, Named, Premise, Road
from jiedao.places.selectors import AREAS, area_info

SHORTEST_NAME = 2


class PlaceKind(Enum):
    """What a name names, in the order of preference for one and the same name."""

    PREMISE = "premise"
    ROAD = "road"
    COMMUNITY = "community"


@dataclass(frozen=True)
class PremiseInfo(Named):
    """A premise, cached in the process; retired ones too, because records and cases may still name them."""

    id: int
    code: str
    name: str
    name_en: str
    area_id: int
    area_path: str
    lon: float | None
    lat: float | None
    active: bool


@dataclass(frozen=True)
class NamedPlace(Named):
    """A place that a text names.

    Attributes:
        premise_id: the premise, None for a road or a community.
        area_id, area_path: the grid of the premise, the community, or a community through which the road runs.
        lon, lat: the point of the premise in WGS 84, where the pack has one.
    """

    kind: PlaceKind
    name: str
    name_en: str
    area_id: int
    area_path: str
    premise_id: int | None = None
    lon: float | None = None
    lat: float | None = None


def _load_premises() -> dict[int, PremiseInfo]:
    columns = ("id", "code", "name", "name_en", "area_id", "area__path", "lon", "lat", "active")
    rows = Premise.objects.order_by("area__path", "code").values_list(*columns)
    return {row[0]: PremiseInfo(*row) for row in rows}


PREMISES: Memo[dict[int, PremiseInfo]] = Memo(_load_premises, seconds=60.0)


def _load_roads() -> list[NamedPlace]:
    rows = Road.objects.filter(active=True, areas__active=True).order_by("name", "areas__path")
    columns = ("name", "name_en", "areas__id", "areas__path")
    return [NamedPlace(PlaceKind.ROAD, *row) for row in rows.values_list(*columns)]


def _load_names() -> dict[str, list[NamedPlace]]:
    premises = [
        NamedPlace(
            PlaceKind.PREMISE, row.name, row.name_en, row.area_id, row.area_path, row.id, row.lon, row.lat
        )
        for row in PREMISES.get().values()
        if row.active and area_info(row.area_id) is not None
    ]
    communities = [
        NamedPlace(PlaceKind.COMMUNITY, area.name, area.name_en, area.id, area.path)
        for area in AREAS.get().values()
        if area.kind == AreaKind.COMMUNITY
    ]
    places: dict[str, list[NamedPlace]] = {}
    for place in [*premises, *_load_roads(), *communities]:
        for name in {fold_name(place.name), fold_name(place.name_en)}:
            if len(name) >= SHORTEST_NAME:
                places.setdefault(name, []).append(place)
    return places


NAMES: Memo[dict[str, list[NamedPlace]]] = Memo(_load_names, seconds=60.0)


def fold_name(text: str) -> str:
    """Return the form in which names are compared: width, case, spaces and invisible signs make no difference."""
    return "".join(fold_width(drop_invisible(text)).lower().split())


def premise_info(premise_id: int | None) -> PremiseInfo | None:
    """Return a premise by its id, also a retired one; None where there is no id or no such premise."""
    return PREMISES.get().get(premise_id) if premise_id is not None else None


def find_premise_named(text: str) -> PremiseInfo | None:
    """Return the premise whose name is the complete text; None where no premise or several have that name."""
    places = NAMES.get().get(fold_name(text), [])
    ids = {place.premise_id for place in places if place.kind is PlaceKind.PREMISE}
    return premise_info(ids.pop()) if len(ids) == 1 else None


def find_community_named(text: str) -> NamedPlace | None:
    """Return the community whose name is the complete text, None where there is none."""
    places = NAMES.get().get(fold_name(text), [])
    return next((place for place in places if place.kind is PlaceKind.COMMUNITY), None)


def find_names_in(text: str) -> list[tuple[int, str]]:
    """Return (position in the folded text, folded name) of the names in a text, the longest first.

    A name that lies within a longer one is left out, as is one that begins inside a number: 三号路 in 十三号路.
    """
    folded = fold_name(text)
    matches = [
        (start, name)
        for name in NAMES.get()
        if (start := folded.find(name)) >= 0 and not (start and starts_inside_number(folded, start))
    ]
    matches.sort(key=lambda match: (-len(match[1]), match[0]))
    taken: list[range] = []
    names = []
    for start, name in matches:
        span = range(start, start + len(name))
        if not any(span.start < other.stop and other.start < span.stop for other in taken):
            taken.append(span)
            names.append((start, name))
    return names
