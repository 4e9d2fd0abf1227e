"""The map on which a resident points at the place of a matter: its outlines, and words for a point."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from jiedao.cases.following_public.reporting import make_public_actor
from jiedao.cases.selectors.mapping import COMMUNITIES, GRIDS, MapFilter, build_premise_names
from jiedao.kernel.coordinates import is_in_china
from jiedao.kernel.geo import compute_metres_per_degree
from jiedao.places.naming import PREMISES, PremiseInfo
from jiedao.places.selectors import PointLocation, area_text, community_of, locate

AT_M, NEAR_M = 60.0, 250.0  # within the first the premise itself is proposed, within the second "near" it
MOST_WORDS = 3


@dataclass(frozen=True)
class PointWords:
    """Words for a point.

    Attributes:
        note: one sentence: in which community the point is, or that it is outside the town.
        words: proposals for the words of the place, the nearest first; () for a point outside the town.
    """

    note: str
    outside: bool
    words: tuple[str, ...] = ()


def has_pointing_map() -> bool:
    """Return whether the town has outlines to point into."""
    return bool(COMMUNITIES.get() or GRIDS.get())


def build_pointing_map() -> dict[str, Any]:
    """Return the communities, or the grids of a town without their outlines, with the names of premises. No query."""
    features = []
    for path, _pk, polygon in COMMUNITIES.get() or GRIDS.get():
        name = area_text(path)
        properties = {
            "kind": "area",
            "label": name,
            "text": name.removesuffix("社区").removesuffix(" Community"),
        }
        features.append({"type": "Feature", "geometry": polygon, "properties": properties})
    names = build_premise_names(make_public_actor(), MapFilter())
    return {"type": "FeatureCollection", "features": [*features, *names]}


def describe_point(lon: float, lat: float) -> PointWords:
    """Return what the site states about a point in WGS 84; no query. Raise UserError for impossible coordinates."""
    located = locate(lon, lat)
    if is_outside(lon, lat):
        return PointWords(describe_outside(), outside=True)
    community = community_of(located.area.path) if located.area is not None else None
    place = area_text(community.path) if community is not None else ""
    note = _("这个点在%(area)s。") % {"area": place} if place else _("位置已经记下。")
    words = [_name_premise(premise, metres) for metres, premise in _find_nearest_premises(located)]
    return PointWords(note, outside=False, words=tuple(words or filter(None, [place])))


def is_outside(lon: float, lat: float) -> bool:
    """Return whether a point in WGS 84 is outside the town; raise UserError for impossible coordinates."""
    return locate(lon, lat).outside or not is_in_china(lon, lat)


def describe_outside() -> str:
    """Return the sentence about a position that is not in the town."""
    return _("您给的位置不在本街道范围内，办理时以您写的地点为准。")


def _find_nearest_premises(located: PointLocation) -> list[tuple[float, PremiseInfo]]:
    per_lon, per_lat = compute_metres_per_degree(located.lat)
    nearest = []
    for premise in PREMISES.get().values():
        if not premise.active or premise.lon is None or premise.lat is None:
            continue
        east, north = (premise.lon - located.lon) * per_lon, (premise.lat - located.lat) * per_lat
        metres = (east**2 + north**2) ** 0.5
        if metres <= NEAR_M:
            nearest.append((metres, premise))
    return sorted(nearest, key=lambda pair: pair[0])[:MOST_WORDS]


def _name_premise(premise: PremiseInfo, metres: float) -> str:
    return premise.label if metres <= AT_M else _("%(place)s附近") % {"place": premise.label}
