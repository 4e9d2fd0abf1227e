"""What a person has to decide after a pack retired a place: rows of any room that are still there."""

from dataclasses import dataclass

from django.db.models import Q

from jiedao.places.following import (
    AREA,
    PREMISE,
    list_premise_successors,
    list_retired_premises,
)
from jiedao.places.naming import premise_info
from jiedao.places.selectors import list_retired_areas


@dataclass(frozen=True)
class OldPlace:
    """A place that no longer exists; `kind` is that of a plan, "area" or "premise"."""

    kind: str
    id: int


@dataclass(frozen=True)
class Undecided:
    """A row that waits at a retired place.

    Attributes:
        version: compared when it is decided.
        key: what identifies it to people: the number of a case, the code of a record.
        words: where the matter is, in the words of the person who reported it.
        lon, lat: its point in WGS 84, None without one.
    """

    id: int
    version: int
    place: OldPlace
    key: str
    name: str
    words: str
    lon: float | None
    lat: float | None


def build_retired_filter() -> Q | None:
    """Return the filter of rows with `area_path` and `premise` at a retired place; None if there is none."""
    paths = list(list_retired_areas().values())
    premise_ids = [premise.id for premise in list_retired_premises()]
    if not paths and not premise_ids:
        return None
    at_area, at_premise = Q(area_path__in=paths), Q(premise_id__in=premise_ids)
    if not premise_ids:
        return at_area
    return at_area | at_premise if paths else at_premise


def find_old_place(area_id: int | None, premise_id: int | None) -> OldPlace:
    """Return which of its retired places a row waits at: a premise that has successors is the more exact one."""
    premise = premise_info(premise_id)
    is_retired = premise is not None and not premise.active
    if (
        premise is not None
        and is_retired
        and (area_id not in list_retired_areas() or list_premise_successors(premise.id))
    ):
        return OldPlace(PREMISE, premise.id)
    return OldPlace(AREA, area_id or 0)
