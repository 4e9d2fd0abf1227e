"""The map: grids shaded by what is open in them, and the open cases as points. GeoJSON, WGS 84."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiedao.cases import catalogue
from jiedao.cases.flow import OPEN, STATE_TONES, State
from jiedao.cases.models import Case
from jiedao.kernel import clock
from jiedao.kernel.memo import Memo
from jiedao.orgs.actor import Actor
from jiedao.places.following import find_present_area
from jiedao.places.models import Area, AreaKind, Premise, in_language
from jiedao.places.selectors import area_info, area_text

MOST = 3000  # points in one response; more would only cover each other
MOST_DRAWN = 400  # points in the SVG of the page itself

# The groups of states that the map may show, in the words of an office.
STATES: dict[str, tuple[Any, frozenset[str]]] = {
    "open": (gettext_lazy("全部在办"), OPEN),
    "intake": (gettext_lazy("待受理、待核实、待派遣"), frozenset({"REPORTED", "TO_VERIFY", "FILED"})),
    "unit": (gettext_lazy("单位办理中"), frozenset({"DISPATCHED", "HANDLING"})),
    "check": (gettext_lazy("待核查、待结案"), frozenset({"HANDLED", "CHECKED"})),
    "suspended": (gettext_lazy("挂账"), frozenset({"SUSPENDED"})),
    "overdue": (gettext_lazy("已超期"), OPEN - {"SUSPENDED"}),
}


@dataclass(frozen=True)
class MapFilter:
    """What the map shows: a key of STATES, and the ids of a category and an area or None."""

    state: str = "open"
    category: int | None = None
    area: int | None = None

    @classmethod
    def read(cls, state: str, category: int | None, area: int | None) -> "MapFilter":
        """Return a filter of known values; an unknown value filters nothing."""
        known_category, known_area = catalogue.category_info(category), find_present_area(area)
        return cls(
            state if state in STATES else "open",
            known_category.id if known_category is not None else None,
            known_area.id if known_area is not None else None,
        )


@dataclass(frozen=True)
class MapCount:
    """How many cases fit the filter, how many of them have a point, and how many of these are shown."""

    found: int
    placed: int
    shown: int


Shape = tuple[str, int, Any]  # path, id, polygon


def _read_shapes(kind: str) -> list[Shape]:
    rows = Area.objects.filter(kind=kind, active=True, polygon__isnull=False).order_by("path")
    return list(rows.values_list("path", "id", "polygon"))


GRIDS: Memo[list[Shape]] = Memo(lambda: _read_shapes(AreaKind.GRID), seconds=60.0)
COMMUNITIES: Memo[list[Shape]] = Memo(lambda: _read_shapes(AreaKind.COMMUNITY), seconds=60.0)


Name = tuple[str, str, str, float, float]  # path of the area, name, English name, longitude, latitude
MOST_NAMES = 2000  # premises that a map may name
NEAREST_NAMES = 8  # on the small map of a case; those that would cover each other are left out


def _read_names() -> list[Name]:
    rows = Premise.objects.filter(active=True, lon__isnull=False).order_by("pk")
    return list(rows.values_list("area__path", "name", "name_en", "lon", "lat")[:MOST_NAMES])  # type: ignore[arg-type]


PREMISES: Memo[list[Name]] = Memo(_read_names, seconds=60.0)


def _build_names(names: Iterable[Name]) -> list[dict[str, Any]]:
    features = []
    for _path, name, name_en, lon, lat in names:
        label = in_language(name, name_en)  # here, because the rows are cached for readers of both languages
        features.append(
            {
                "type": "Feature",
                "geometry": {"type": "Point", "coordinates": [lon, lat]},
                "properties": {"kind": "premise", "label": label, "text": label},
            }
        )
    return features


def build_premise_names(actor: Actor, filters: MapFilter) -> list[dict[str, Any]]:
    """Return the names of premises in the chosen area as points, for a map that shows them when it is close enough."""
    area = area_info(filters.area)
    chosen_path = area.path if area is not None else ""
    visible_paths = ("",) if actor.confined_to is None else actor.confined_to
    return _build_names(
        row for row in PREMISES.get() if row[0].startswith(chosen_path) and row[0].startswith(visible_paths)
    )


def _find_nearest_names(lon: float, lat: float, path: str) -> list[Name]:
    """Return the premises around a point, in the community of the path; no query."""
    near = [row for row in PREMISES.get() if path and row[0].startswith(path[:-4])]
    return sorted(near, key=lambda row: (row[3] - lon) ** 2 + (row[4] - lat) ** 2)[:NEAREST_NAMES]


def build_nearest_names(lon: float, lat: float, path: str) -> list[dict[str, Any]]:
    """Return the names of the premises around a point, in the community of the grid at the path; no query."""
    return _build_names(_find_nearest_names(lon, lat, path))


def find_map_cases(actor: Actor, filters: MapFilter) -> Any:
    """Return the visible cases that fit the filter."""
    cases = Case.objects.visible_to(actor).filter(state__in=sorted(STATES[filters.state][1]))
    if filters.state == "overdue":
        cases = cases.filter(due_at__lt=clock.now())
    if filters.category is not None:
        cases = cases.filter(Q(category_id=filters.category) | Q(category__parent_id=filters.category))
    area = area_info(filters.area)
    return cases.filter(area_path__startswith=area.path) if area is not None else cases


def _find_tone(state: str, due_at: datetime | None, now: datetime) -> str:
    if due_at is not None and due_at < now and state != State.SUSPENDED:
        return "bad"
    return STATE_TONES.get(state, "neutral")


def _build_points(rows: Iterable[Any], now: datetime, link: Callable[[str], str]) -> list[dict[str, Any]]:
    return [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [lon, lat]},
            "properties": {
                "kind": "case",
                "label": f"{subject} · {State(state).label}",
                "tone": _find_tone(state, due_at, now),
                "href": link(number),
            },
        }
        for number, subject, state, due_at, lon, lat in rows
    ]


def _select_shapes(actor: Actor, filters: MapFilter, shapes: list[Shape]) -> list[Shape]:
    """Return the shapes in the chosen area, and in the actor's areas where the post sees by area."""
    area = area_info(filters.area)
    chosen_path = area.path if area is not None else ""
    visible_paths = ("",) if actor.confined_to is None else actor.confined_to
    return [row for row in shapes if row[0].startswith(chosen_path) and row[0].startswith(visible_paths)]


def _build_communities(actor: Actor, filters: MapFilter) -> list[dict[str, Any]]:
    """Return the communities with their names, as the background over which the grids are drawn."""
    drawn = []
    for path, _pk, polygon in _select_shapes(actor, filters, COMMUNITIES.get()):
        name = area_text(path)
        properties = {"kind": "area", "label": name, "text": name.removesuffix("社区")}
        drawn.append({"type": "Feature", "geometry": polygon, "properties": properties})
    return drawn


def _build_grids(
    actor: Actor, filters: MapFilter, counts: dict[str, int], link: Callable[[int], str]
) -> list[dict[str, Any]]:
    most = max(counts.values(), default=0)
    features = []
    for path, pk, polygon in _select_shapes(actor, filters, GRIDS.get()):
        number = counts.get(path, 0)
        properties: dict[str, Any] = {
            "kind": "grid",
            "label": _("%(area)s：%(n)d 件") % {"area": area_text(path), "n": number},
            "value": number / most if most and number else 0,
        }
        if number:
            properties |= {"href": link(pk)}
        features.append({"type": "Feature", "geometry": polygon, "properties": properties})
    return features


def build_features(
    actor: Actor,
    filters: MapFilter,
    grid_link: Callable[[int], str],
    case_link: Callable[[str], str],
    *,
    most: int = MOST,
) -> tuple[dict[str, Any], MapCount]:
    """Return the FeatureCollection of grids and cases, the latest first, and the counts; three statements.

    Args:
        grid_link: returns the address of the list of a grid's cases, from the grid's id.
        case_link: returns the address of a case, from its number.
        most: points at most; the counts state how many were left out.
    """
    actor.require("cases.case:view")
    cases = find_map_cases(actor, filters)
    counts = dict(cases.order_by().values_list("area_path").annotate(Count("pk")))
    placed = cases.filter(lon__isnull=False)
    columns = ("number", "subject", "state", "due_at", "lon", "lat")
    rows = list(placed.order_by("-id").values_list(*columns)[: most + 1])
    total = placed.count() if len(rows) > most else len(rows)
    drawn = (
        _build_communities(actor, filters)
        + _build_grids(actor, filters, counts, grid_link)
        + _build_points(rows[:most], clock.now(), case_link)
    )
    count = MapCount(sum(counts.values()), total, min(len(rows), most))
    return {"type": "FeatureCollection", "features": drawn}, count


def build_case_spot(case: Case) -> dict[str, Any] | None:
    """Return the case's point and its grid as a FeatureCollection; None without a point."""
    if case.lon is None or case.lat is None:
        return None
    near = [row for row in GRIDS.get() if row[0][:-4] == case.area_path[:-4]] if case.area_path else []
    drawn: list[dict[str, Any]] = [
        {
            "type": "Feature",
            "geometry": polygon,
            "properties": {
                "kind": "grid",
                "label": area_text(path),
                "tone": "strong" if path == case.area_path else "",
            },
        }
        for path, _pk, polygon in near
    ]
    drawn += build_nearest_names(case.lon, case.lat, case.area_path)
    here = {"type": "Point", "coordinates": [case.lon, case.lat]}
    drawn.append(
        {"type": "Feature", "geometry": here, "properties": {"kind": "here", "label": case.place_text}}
    )
    return {"type": "FeatureCollection", "features": drawn}
