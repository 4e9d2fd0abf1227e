"""What became of places that a pack retired: successors of areas and premises, read after the apply."""

from collections.abc import Callable, Iterable, Sequence

from django.utils.translation import gettext as _

from jiedao.kernel.errors import UserError
from jiedao.kernel.memo import Memo
from jiedao.kernel.models import SuccessionRow
from jiedao.places.models import Area, AreaKind
from jiedao.places.naming import PREMISES, PremiseInfo, fold_name, premise_info
from jiedao.places.selectors import AreaInfo, area_chain, area_info, list_retired_areas, locate

AREA, PREMISE = "area", "premise"
PRESENT_KINDS = (AREA, PREMISE)


def _load_successor_ids() -> dict[tuple[str, int], tuple[int, ...]]:
    ids: dict[tuple[str, int], list[int]] = {}
    rows = SuccessionRow.objects.filter(kind__in=PRESENT_KINDS).order_by("new_key")
    for kind, old_id, new_id in rows.values_list("kind", "old_id", "new_id"):
        if new_id != old_id:
            ids.setdefault((kind, old_id), []).append(new_id)
    return {key: tuple(new_ids) for key, new_ids in ids.items()}


_SUCCESSOR_IDS: Memo[dict[tuple[str, int], tuple[int, ...]]] = Memo(_load_successor_ids)


def _walk(kind: str, old_id: int) -> Iterable[int]:
    """Yield the successors of a row, and theirs, each once."""
    successor_ids, queue, known = _SUCCESSOR_IDS.get(), [old_id], {old_id}
    while queue:
        for new_id in successor_ids.get((kind, queue.pop()), ()):
            if new_id not in known:
                known.add(new_id)
                queue.append(new_id)
                yield new_id


def list_area_successors(area_id: int) -> list[AreaInfo]:
    """Return the areas that exist now and that a retired area became, also by further successions; by code."""
    areas = [area for pk in _walk(AREA, area_id) if (area := area_info(pk)) is not None]
    return sorted(areas, key=lambda area: area.code)


def list_premise_successors(premise_id: int) -> list[PremiseInfo]:
    """Return the premises in use that a retired premise became, also by further successions; by code."""
    known = [premise_info(pk) for pk in _walk(PREMISE, premise_id)]
    return sorted((row for row in known if row is not None and row.active), key=lambda row: row.code)


def list_retired_premises() -> list[PremiseInfo]:
    """Return the premises that are no longer in use."""
    return [premise for premise in PREMISES.get().values() if not premise.active]


def is_retired_place(area_id: int | None, premise_id: int | None = None) -> bool:
    """Return whether the area or the premise no longer exists."""
    premise = premise_info(premise_id)
    return area_id in list_retired_areas() or (premise is not None and not premise.active)


def choose_successor(
    successors: Sequence[str], *, premise_area: str, find_point_area: Callable[[], str]
) -> str | None:
    """Return the successor of an area to which something belongs, None where a person has to decide.

    It is the only successor, else the one with the premise, else the one whose outline contains the point. A point
    outside all of them is left to a person, even if it is near one.

    Args:
        successors: their codes, or their paths: that of an area begins with those of the areas above it.
        premise_area: the area of the premise, "" for none.
        find_point_area: called only where the premise does not decide; returns the area of the point, "" for none.
    """
    if len(successors) == 1:
        return successors[0]
    chosen = _find_above(successors, premise_area)
    return chosen if chosen is not None else _find_above(successors, find_point_area())


def _find_above(successors: Sequence[str], area: str) -> str | None:
    return next((key for key in successors if area.startswith(key)), None)


def find_present_place(
    area_id: int | None, premise_id: int | None, *, lon: float | None, lat: float | None
) -> tuple[AreaInfo | None, PremiseInfo | None]:
    """Return the area and premise that took the place of the given ones; None for each that a person has to decide.

    A place that exists is its own successor. The rule is `choose_successor`, as in an apply.
    """
    premise = premise_info(premise_id)
    if premise is not None and not premise.active:
        heirs = list_premise_successors(premise.id)
        premise = heirs[0] if len(heirs) == 1 else None
    area = area_info(area_id)
    if area is None and area_id is not None:
        by_path = {successor.path: successor for successor in list_area_successors(area_id)}
        path = choose_successor(
            list(by_path),
            premise_area=premise.area_path if premise is not None else "",
            find_point_area=lambda: _find_path_of_point(lon, lat),
        )
        area = by_path[path] if path is not None else None
    return area, premise


def _find_path_of_point(lon: float | None, lat: float | None) -> str:
    if lon is None or lat is None:
        return ""
    located = locate(lon, lat)
    return located.area.path if located.area is not None and located.exact else ""


def list_present_paths(area_path: str) -> list[str]:
    """Return the paths of the areas that an area became; the path itself for an area that exists."""
    retired_ids = {path: pk for pk, path in list_retired_areas().items()}
    if area_path not in retired_ids:
        return [area_path]
    return [area.path for area in list_area_successors(retired_ids[area_path])] or [area_path]


def add_retired_paths(paths: Iterable[str]) -> tuple[str, ...]:
    """Return the paths, and those of the retired areas of which they cover all successors.

    Closed cases, and those that wait for a decision, stay at the place of then: the people of its ground still see
    them.
    """
    present = tuple(sorted(paths))
    retired = list_retired_areas()
    if not retired or not present:
        return present
    covered = {
        path
        for pk, path in retired.items()
        if not path.startswith(present)
        and (successors := list_area_successors(pk))
        and all(area.path.startswith(present) for area in successors)
    }
    return tuple(sorted({*present, *covered}))


def _load_retired_codes() -> dict[str, int]:
    return dict(Area.objects.filter(active=False).values_list("code", "id"))


_RETIRED_CODES: Memo[dict[str, int]] = Memo(_load_retired_codes)


def list_successors_of_code(code: str) -> list[AreaInfo]:
    """Return the areas that the retired area with this code became; none for other codes."""
    area_id = _RETIRED_CODES.get().get(code)
    return list_area_successors(area_id) if area_id is not None else []


def find_present_area(area_id: int | None) -> AreaInfo | None:
    """Return the area, or for a retired one its successor; of several the smallest area that contains all of them.

    An address that names a retired area, such as a saved view or a bookmark, opens with this area.
    """
    area = area_info(area_id)
    if area is not None or area_id is None:
        return area
    paths = [successor.path for successor in list_area_successors(area_id)]
    above = [
        row
        for row in area_chain(paths[0] if paths else "")
        if all(path.startswith(row.path) for path in paths)
    ]
    return above[-1] if above else None


def _load_retired_names() -> dict[str, list[tuple[str, int]]]:
    names: dict[str, list[tuple[str, int]]] = {}
    communities = Area.objects.filter(active=False, kind=AreaKind.COMMUNITY)
    rows = [(AREA, *row) for row in communities.values_list("id", "name", "name_en")]
    rows += [(PREMISE, row.id, row.name, row.name_en) for row in list_retired_premises()]
    for kind, pk, name, name_en in rows:
        for text in {fold_name(name), fold_name(name_en)} - {""}:
            names.setdefault(text, []).append((kind, pk))
    return names


_RETIRED_NAMES: Memo[dict[str, list[tuple[str, int]]]] = Memo(_load_retired_names, seconds=60.0)


def find_retired_place_named(text: str) -> tuple[int | None, int | None]:
    """Return (area id, premise id) of the only successor of the retired place whose name is the complete text.

    Both are None for other texts: addresses keep old names for years, but no name decides between two successors.
    """
    areas: set[int] = set()
    premises: set[int] = set()
    for kind, pk in _RETIRED_NAMES.get().get(fold_name(text), []):
        if kind == AREA:
            areas |= {area.id for area in list_area_successors(pk)}
        else:
            premises |= {premise.id for premise in list_premise_successors(pk)}
    if len(premises) == 1:
        return None, premises.pop()
    return (areas.pop(), None) if len(areas) == 1 and not premises else (None, None)


def name_successors(areas: Iterable[AreaInfo | PremiseInfo]) -> str:
    """Return the names and codes of the places that a retired one became, for a message."""
    return "、".join(f"{area.label} {area.code}" for area in areas)


def refuse_retired_area(code: str, field: str = "area") -> None:
    """Raise UserError for the code of an area that became several, and name them."""
    if successors := list_successors_of_code(code):
        raise UserError(
            _("区域 %(code)s 已随辖区调整撤销。") % {"code": code},
            hint=_("现在是：%(areas)s。请写其中一个。") % {"areas": name_successors(successors)},
            field=field,
        )
