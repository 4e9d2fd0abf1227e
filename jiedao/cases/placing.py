"""Where a matter is: the point, the area and the premise that follow from what was given, and the places it names."""

from dataclasses import dataclass

from jiedao.cases.text.addresses import drop_door, is_part_of_other_name
from jiedao.places.following import find_retired_place_named
from jiedao.places.naming import (
    NAMES,
    NamedPlace,
    PlaceKind,
    PremiseInfo,
    find_community_named,
    find_names_in,
    find_premise_named,
    fold_name,
    premise_info,
)
from jiedao.places.selectors import AreaInfo, PointLocation, area_info, locate

SHORTEST_START = 2  # characters of a name that are enough to offer it
MOST_OFFERED = 8
PREMISE_SYSTEM = "WGS84"  # of the points of premises in a pack


@dataclass(frozen=True)
class MatterPlace:
    """The place of a matter.

    Attributes:
        located: the point, None where there is none.
        coord_system: the system in which the point was given, "" without a point.
        area_id, area_path: the area, None and "" where it is not known.
        premise_id: the premise that was chosen or that the words for the place name.
    """

    located: PointLocation | None
    coord_system: str
    area_id: int | None
    area_path: str
    premise_id: int | None

    @property
    def outside(self) -> bool:
        """Whether the point is outside the town and no area is known otherwise."""
        return self.located is not None and self.located.outside and self.area_id is None


def place_matter(
    *,
    lon: float | None,
    lat: float | None,
    coord_system: str,
    area_id: int | None,
    premise_id: int | None,
    place_text: str,
) -> MatterPlace:
    """Return where a matter is; no query once the caches are filled.

    The chosen area decides, else the grid of the point, else the grid of the premise. Where the area is a community,
    the premise in it decides the grid. A premise with a point gives the matter its point if none was given. Where
    nothing but words were given, words that are exactly the name of one premise or community choose it; the number of
    a building, floor or room may follow the name of a premise.

    Raise UserError for a point that is none.
    """
    if place_text and area_id is None and premise_id is None and lon is None:
        area_id, premise_id = _find_exact_place(place_text)
    premise, chosen = premise_info(premise_id), area_info(area_id)
    point = (lon, lat, coord_system)
    has_own_point = lon is not None and lat is not None
    if not has_own_point and premise is not None and _contains(chosen, premise):
        point = (premise.lon, premise.lat, PREMISE_SYSTEM)
    located = locate(point[0], point[1], point[2]) if point[0] is not None and point[1] is not None else None
    found_id, path = _choose_area(chosen, premise, located if has_own_point else None)
    return MatterPlace(located, point[2] if located is not None else "", found_id, path, premise_id)


def _contains(area: AreaInfo | None, premise: PremiseInfo) -> bool:
    return area is None or premise.area_path.startswith(area.path)


def _choose_area(
    chosen: AreaInfo | None, premise: PremiseInfo | None, located: PointLocation | None
) -> tuple[int | None, str]:
    if chosen is not None and (premise is None or not _contains(chosen, premise)):
        return chosen.id, chosen.path
    if chosen is None and located is not None and located.area is not None:
        return located.area.id, located.area.path
    if premise is not None:
        return premise.area_id, premise.area_path
    return None, ""


def _find_exact_place(text: str) -> tuple[int | None, int | None]:
    """Return (area id, premise id) of the place that the complete text names, (None, None) for other texts."""
    premise = find_premise_named(text) or find_premise_named(drop_door(text))
    if premise is not None:
        return None, premise.id
    community = find_community_named(text)
    return (community.area_id, None) if community is not None else find_retired_place_named(text)


def list_named_places(
    place_text: str, *other_texts: str, paths: tuple[str, ...] | None = None, most: int = MOST_OFFERED
) -> list[NamedPlace]:
    """Return the places that the texts name, to be offered to the user.

    The order: names within the words for the place, the longest first (百合花园东门 names 百合花园); names that the
    words for the place begin or are part of; names within the other texts.

    Args:
        paths: only places in the areas at these paths.
    """
    matches = [*_find_places_in(place_text), *_find_places_with(place_text)]
    for text in other_texts:
        matches += _find_places_in(text)
    allowed = [place for place in matches if paths is None or any(map(place.area_path.startswith, paths))]
    return list(dict.fromkeys(allowed))[:most]


def _find_places_in(text: str) -> list[NamedPlace]:
    folded, places = fold_name(text), NAMES.get()
    return [
        place
        for start, name in find_names_in(text)
        if not is_part_of_other_name(name, start, folded)
        for place in places[name]
    ]


def _find_places_with(text: str) -> list[NamedPlace]:
    """Return the places whose name contains the text, those that begin with it first."""
    folded = fold_name(text)
    if len(folded) < SHORTEST_START:
        return []
    names = [(not name.startswith(folded), name) for name in NAMES.get() if folded in name]
    return [place for _rank, name in sorted(names) for place in NAMES.get()[name]]


def find_road(place_text: str) -> str:
    """Return the road that the words for a place name, without the house number; "" for none."""
    for place in list_named_places(place_text):
        if place.kind == PlaceKind.ROAD and fold_name(place.name) in fold_name(place_text):
            return place.name
    # A premise may have the name of its road and house number: 吉华路144号楼.
    folded = fold_name(place_text)
    roads = [
        place.name
        for name, places in NAMES.get().items()
        if folded.startswith(name)
        for place in places
        if place.kind == PlaceKind.ROAD
    ]
    return max(roads, key=len, default="")
