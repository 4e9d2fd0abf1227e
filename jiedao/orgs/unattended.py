"""What would wait for nobody once a post or a holder ends: work that no remaining user may do.

Each room registers the kinds of its work with the right that does it. Whoever ends a post, a holding or an account is
shown the open work that then has no user with this right for its unit or area.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Q
from django.utils.module_loading import import_string

from jiedao.kernel import clock
from jiedao.orgs.models import Holding
from jiedao.orgs.units import UNITS, unit_info
from jiedao.places.models import Area
from jiedao.places.selectors import area_info


@dataclass(frozen=True)
class Seat:
    """A user in a post today; without paths it covers every area."""

    holding_id: int
    user_id: int
    post_id: int
    unit_id: int
    rights: frozenset[str]
    paths: tuple[str, ...]


@dataclass(frozen=True)
class Gap:
    """Where nobody may do a kind of work any more.

    Attributes:
        everywhere: whether no user at all has the right.
        area_ids, paths: areas in which nobody has it, with all below them.
        unit_id: the unit in which nobody has it, for work that a unit does.
    """

    everywhere: bool = False
    area_ids: tuple[int, ...] = ()
    paths: tuple[str, ...] = ()
    unit_id: int | None = None

    def build_area_filter(self, column: str = "area_path") -> Q:
        """Return the filter of the rows in the areas."""
        if self.everywhere:
            return Q()
        condition = Q(pk__in=[])
        for path in self.paths:
            condition |= Q(**{f"{column}__startswith": path})
        return condition

    @property
    def place_query(self) -> list[tuple[str, str]] | None:
        """The parameters of a list of rows in these areas or of this unit; None where no list has exactly these.

        A list of a unit contains the units below, which may have people of their own.
        """
        if self.unit_id is not None:
            has_units_below = any(info.parent_id == self.unit_id for info in UNITS.get().values())
            return None if has_units_below else [("unit", str(self.unit_id))]
        return [] if self.everywhere else [("area", str(pk)) for pk in self.area_ids]


@dataclass(frozen=True)
class WorkKind:
    """A kind of open work.

    Attributes:
        label: the work in words, such as 待受理的案件.
        right: the right that does it.
        by_unit: whether only users of the unit that it names do it; else those who cover its area.
        count: returns how many wait in a gap.
    """

    code: str
    label: Any
    right: str
    count: Callable[[Gap], int]
    by_unit: bool = False


@dataclass(frozen=True)
class UnattendedLine:
    """How much work of a kind waits for nobody, in an area or a unit; `place` is its name, "" for the town."""

    kind: WorkKind
    gap: Gap
    count: int
    place: str

    @property
    def text(self) -> str:
        """The line in words, without the number."""
        label = str(self.kind.label)
        return f"{self.place}：{label}" if self.place else label


_REGISTERED: dict[str, None] = {}  # names, in the order of registration


def register_work_kinds(name: str) -> None:
    """Add the kinds of work of a room by the name of their list, such as "jiedao.cases.unattended.KINDS"."""
    _REGISTERED[name] = None


def list_work_kinds() -> list[WorkKind]:
    """Return the kinds of work of every room."""
    return [kind for name in _REGISTERED for kind in import_string(name)]


def read_seats() -> list[Seat]:
    """Return the posts that active users hold themselves today; two statements."""
    own_paths: dict[int, list[str]] = {}
    for holding_id, path in Holding.areas.through.objects.values_list("holding_id", "area__path"):
        own_paths.setdefault(holding_id, []).append(path)
    rows = Holding.objects.on(clock.today()).own().order_by("pk")
    columns = ("pk", "user_id", "post_id", "post__unit_id", "post__permissions", "post__unit__area__path")
    return [
        Seat(
            pk, user_id, post_id, unit_id, frozenset(rights), tuple(own_paths.get(pk) or filter(None, [path]))
        )
        for pk, user_id, post_id, unit_id, rights, path in rows.values_list(*columns)
    ]


def find_unattended(before: Iterable[Seat], after: Sequence[Seat]) -> list[UnattendedLine]:
    """Return the work that users may do before a change and nobody may do after it, in the order of the kinds."""
    lost = [_lose(seat, after) for seat in before]
    lost = [seat for seat in lost if seat.rights]
    lines = []
    for kind in list_work_kinds():
        losers = [seat for seat in lost if kind.right in seat.rights]
        if not losers:
            continue
        keepers = [seat for seat in after if kind.right in seat.rights]
        for gap in _find_unit_gaps(losers, keepers) if kind.by_unit else _find_area_gap(losers, keepers):
            count = kind.count(gap)
            lines += [UnattendedLine(kind, gap, count, _name_place(gap))] if count else []
    return lines


def find_left_by_users(user_id: int, holding_id: int | None = None) -> list[UnattendedLine]:
    """Return the work that waits for nobody once a user leaves, or gives up one of the posts."""
    seats = read_seats()
    leaving = [seat for seat in seats if seat.user_id == user_id and holding_id in {None, seat.holding_id}]
    return find_unattended(leaving, [seat for seat in seats if seat not in leaving])


def find_left_by_posts(rights: Mapping[int, Collection[str]]) -> list[tuple[UnattendedLine, int]]:
    """Return the work that waits for nobody once posts lose rights, each with a post that gave the right.

    Args:
        rights: the rights that remain to each post, none for one that ends.
    """
    seats = read_seats()
    after = [
        replace(seat, rights=seat.rights & set(rights[seat.post_id])) if seat.post_id in rights else seat
        for seat in seats
    ]
    before = [seat for seat in seats if seat.post_id in rights]
    return [
        (line, next(seat.post_id for seat in before if _had_part(seat, line)))
        for line in find_unattended(before, after)
    ]


def _had_part(seat: Seat, line: UnattendedLine) -> bool:
    in_unit = line.gap.unit_id is None or seat.unit_id == line.gap.unit_id
    return line.kind.right in seat.rights and in_unit


def describe_unattended(lines: Iterable[UnattendedLine]) -> str:
    """Return the lines in one text: "待受理的案件 3、城管办：处置中的案件 2"."""
    return "、".join(f"{line.text} {line.count}" for line in lines)


def find_left_by_deputy(represented_ids: Collection[int]) -> list[UnattendedLine]:
    """Return the work that waits for the absent people alone once their deputies end.

    Args:
        represented_ids: the holdings of the absent people.
    """
    seats = read_seats()
    absent = [seat for seat in seats if seat.holding_id in represented_ids]
    return find_unattended(absent, [seat for seat in seats if seat not in absent])


def _lose(seat: Seat, after: Sequence[Seat]) -> Seat:
    """Return the seat with the rights that it loses."""
    kept = next((row.rights for row in after if row.holding_id == seat.holding_id), frozenset())
    return replace(seat, rights=seat.rights - kept)


def _find_unit_gaps(losers: Sequence[Seat], keepers: Sequence[Seat]) -> list[Gap]:
    staffed = {seat.unit_id for seat in keepers}
    return [Gap(unit_id=pk) for pk in sorted({seat.unit_id for seat in losers} - staffed)]


def _find_area_gap(losers: Sequence[Seat], keepers: Sequence[Seat]) -> list[Gap]:
    if not keepers:
        return [Gap(everywhere=True)]
    if any(not seat.paths for seat in keepers):
        return []
    covered = {path for seat in keepers for path in seat.paths}
    wanted = {path for seat in losers for path in seat.paths}
    areas = dict(Area.objects.filter(active=True).order_by("path").values_list("path", "pk"))
    if any(not seat.paths for seat in losers):
        wanted = {path for path in areas if len(path) == Area.steplen}
    found: dict[str, int] = {}
    for path in sorted(wanted):
        for uncovered in _find_uncovered(path, covered, areas):
            found[uncovered] = areas[uncovered]
    return [Gap(area_ids=tuple(found.values()), paths=tuple(found))] if found else []


def _find_uncovered(path: str, covered: Collection[str], areas: dict[str, int]) -> list[str]:
    """Return the areas within a path that no other path covers, as broad as possible."""
    if path not in areas or any(path.startswith(other) for other in covered):
        return []
    if not any(other.startswith(path) for other in covered):
        return [path]
    below = [child for child in areas if child.startswith(path) and len(child) == len(path) + Area.steplen]
    return [uncovered for child in below for uncovered in _find_uncovered(child, covered, areas)]


def _name_place(gap: Gap) -> str:
    if gap.unit_id is not None:
        unit = unit_info(gap.unit_id)
        return unit.label if unit is not None else ""
    names = [info.label for pk in gap.area_ids if (info := area_info(pk)) is not None]
    return "、".join(names[:3]) + ("…" if len(names) > 3 else "")
