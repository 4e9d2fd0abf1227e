"""Which of the areas that succeed another one contains a premise or a point, and what became of a retired place."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from jiedao.kernel.geo import PolygonIndex
from jiedao.kernel.packs.rows import Values
from jiedao.kernel.packs.successions import Following, Lookup, Succession, list_new_ids
from jiedao.places.following import choose_successor
from jiedao.places.models import Area, Premise

T = TypeVar("T")
PlaceColumns = dict[str, Any]  # area_id, area_path and premise_id of a row, as far as they change


class AreaChooser:
    """Chooses a successor for what lies in an area that a pack replaces.

    Areas are compared by the outlines and premises of the pack, so that a plan can state the outcome before any of the
    new areas exists.
    """

    def __init__(self, lookup: Lookup) -> None:
        self._lookup = lookup
        self._outlines: dict[Succession, PolygonIndex[str] | None] = {}

    def choose(
        self, succession: Succession, *, lon: float | None, lat: float | None, premise_id: int | None = None
    ) -> str | None:
        """Return the code of the successor by `choose_successor`, None where a person has to decide."""
        return choose_successor(
            list(succession.successors),
            premise_area=self._find_area_of_premise(premise_id),
            find_point_area=lambda: self._find_area_of_point(succession, lon, lat),
        )

    def moves_with_premise(self, premise_id: int | None) -> bool:
        """Return whether the pack moves the premise itself to another area: what is there follows the premise."""
        key = self._lookup.key_of("premise", premise_id) if premise_id is not None else None
        before, after = (self._lookup.current("premise"), self._lookup.wanted("premise"))
        if key is None or key not in before or key not in after:
            return False
        return bool(before[key]["area"] != after[key]["area"])

    def _find_area_of_premise(self, premise_id: int | None) -> str:
        """Return the code of the area in which the pack has a premise, "" for none."""
        key = self._lookup.key_of("premise", premise_id) if premise_id is not None else None
        values = self._lookup.wanted("premise").get(key) if key is not None else None
        return str(values["area"]) if values is not None else ""

    def _find_area_of_point(self, succession: Succession, lon: float | None, lat: float | None) -> str:
        """Return the code of the successor whose outline contains a point, "" for none."""
        if lon is None or lat is None or (index := self._find_outlines(succession)) is None:
            return ""
        hit = index.locate(lon, lat)
        return hit.key if hit is not None and hit.exact else ""

    def _find_outlines(self, succession: Succession) -> PolygonIndex[str] | None:
        if succession not in self._outlines:
            self._outlines[succession] = _index_outlines(succession.successors)
        return self._outlines[succession]


def find_in_areas(rows: Any, successions: Sequence[Succession], lookup: Lookup) -> Iterator[Following]:
    """Yield the rows in the areas, each with the area that it follows to; rows that move with their premise do so.

    Args:
        rows: a queryset of a model with `area`, `premise`, `lon` and `lat`.
    """
    by_id = {succession.old_id: succession for succession in successions}
    chooser = AreaChooser(lookup)
    rows = rows.filter(area_id__in=list(by_id)).order_by("pk")
    for pk, area_id, lon, lat, premise_id in rows.values_list("pk", "area_id", "lon", "lat", "premise_id"):
        if not chooser.moves_with_premise(premise_id):
            new_code = chooser.choose(by_id[area_id], lon=lon, lat=lat, premise_id=premise_id)
            yield Following(pk, by_id[area_id], new_code)


def find_at_premises(rows: Any, successions: Sequence[Succession]) -> Iterator[Following]:
    """Yield the rows at the premises, each with the only successor; where a premise was split, a person decides."""
    by_id = {succession.old_id: succession for succession in successions}
    rows = rows.filter(premise_id__in=list(by_id)).order_by("pk")
    for pk, premise_id in rows.values_list("pk", "premise_id"):
        yield Following(pk, by_id[premise_id], by_id[premise_id].only_key)


def read_area_changes(followings: Sequence[Following], lookup: Lookup) -> Callable[[Any], PlaceColumns]:
    """Return a function that returns the new area of a row; nothing for a row that was moved meanwhile."""
    ids = list_new_ids(followings, lookup)
    areas = Area.objects.defer("polygon").in_bulk({new_id for _old_id, new_id in ids.values()})

    def find_changes(row: Any) -> PlaceColumns:
        old_id, new_id = ids[row.pk]
        return {"area_id": new_id, "area_path": areas[new_id].path} if row.area_id == old_id else {}

    return find_changes


def read_premise_changes(followings: Sequence[Following], lookup: Lookup) -> Callable[[Any], PlaceColumns]:
    """Return a function that returns what the new premise of a row changes; nothing for a row moved meanwhile."""
    ids = list_new_ids(followings, lookup)
    premises = (
        Premise.objects.select_related("area")
        .defer("area__polygon")
        .in_bulk({new_id for _old_id, new_id in ids.values()})
    )

    def find_changes(row: Any) -> PlaceColumns:
        old_id, new_id = ids[row.pk]
        if row.premise_id != old_id:
            return {}
        premise = premises[new_id]
        wanted = {"premise_id": new_id, "area_id": premise.area_id, "area_path": premise.area.path}
        return {name: value for name, value in wanted.items() if getattr(row, name) != value}

    return find_changes


def _index_outlines(successors: Mapping[str, Values]) -> PolygonIndex[str] | None:
    """Return the index of the outlines; None unless all successors have one."""
    outlines: list[tuple[str, Any]] = [(code, values["polygon"]) for code, values in successors.items()]
    return PolygonIndex(outlines) if all(polygon for _code, polygon in outlines) else None


def count_at_areas(paths: Iterable[tuple[str, int]], retired: Mapping[str, Values]) -> Counter[str]:
    """Return how many rows are in each of the areas or in an area below it, by the code of the area.

    Args:
        paths: the paths of areas, each with a number of rows.
    """
    counts = Counter[str]()
    for code, count in list_at_areas(paths, retired):
        counts[code] += count
    return counts


def list_at_areas(rows: Iterable[tuple[str, T]], retired: Mapping[str, Values]) -> Iterator[tuple[str, T]]:
    """Yield the code of each of the areas that a row is in, or in an area below it, with what comes with the row.

    Args:
        rows: the paths of areas, each with anything.
    """
    pks = [values["pk"] for values in retired.values()]
    codes = dict(Area.objects.filter(pk__in=pks).values_list("path", "code"))
    for path, item in rows if codes else ():
        for end in range(Area.steplen, len(path) + 1, Area.steplen):
            if path[:end] in codes:
                yield codes[path[:end]], item
