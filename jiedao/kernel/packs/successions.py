"""Successions: what became of a row that a pack replaces, such as a community that was split into two.

A row states with `was` which keys it had, or which rows it was part of:

    was = ["CG"]         the unit was renamed under a new code, or took over the unit CG
    was = ["A", "B"]     A and B were joined
    two rows with the same `was`: the row was split. A row that stays in the pack gave away a part.

What refers to the old row follows in the same apply. Each room states in its part of a pack which rows of its own
follow, as a `Follower`: it proposes a successor for each of them and moves them. Where it cannot decide, such as for a
case without a point in a community that was split, the row stays with the old place until a person decides.
"""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from django.utils.translation import gettext as _

from jiedao.kernel import clock
from jiedao.kernel.models import SuccessionRow
from jiedao.kernel.packs.comparing import CHANGE, Comparison
from jiedao.kernel.packs.faults import Report
from jiedao.kernel.packs.rows import Row, Values
from jiedao.kernel.packs.tables import WAS


@dataclass(frozen=True)
class Succession:
    """What became of one row.

    Attributes:
        kind: the kind of row, such as "area".
        old_key, old_id, old_name: the row of the database that is replaced or gave away a part.
        successors: the values that the pack states for the rows that follow it, by key. If the old row stays in the
            pack, it is one of them.
        lies_elsewhere: whether the row itself keeps its key, but is in another area now. Such a succession is not
            stored: the row is the same.
    """

    kind: str
    old_key: str
    old_id: int
    old_name: str
    successors: Mapping[str, Values] = field(hash=False)
    lies_elsewhere: bool = False

    @property
    def only_key(self) -> str | None:
        """The key of the successor where there is only one."""
        return next(iter(self.successors)) if len(self.successors) == 1 else None


@dataclass(frozen=True)
class Following:
    """A row of a room that follows a succession.

    Attributes:
        object_id: the primary key of the row that refers to the old one.
        new_key: the successor it follows to; None where a person has to decide.
    """

    object_id: int
    succession: Succession
    new_key: str | None

    @property
    def is_moved(self) -> bool:
        """Return whether the row changes."""
        if self.new_key is None:
            return False
        return self.new_key != self.succession.old_key or self.succession.lies_elsewhere


class Follower(ABC):
    """Rows of a room that refer to rows of a kind, and follow when those are succeeded.

    Attributes:
        kind: the kind of row that is succeeded: "area", "premise", "unit" or "post".
        what: the rows that follow, in a plan: "open cases".
        guards: whether the old row cannot be retired without a successor while such rows exist. Then `find` is also
            called with successions without successors.
        title: the rows in the reader's language, for a follower that guards.
    """

    kind: ClassVar[str]
    what: ClassVar[str]
    guards: ClassVar[bool] = False
    title: Any = ""

    @abstractmethod
    def find(self, successions: Sequence[Succession], lookup: "Lookup") -> Iterable[Following]:
        """Return the rows that refer to the old rows, each with its successor. Nothing is written."""

    @abstractmethod
    def move(self, followings: Sequence[Following], lookup: "Lookup", actor: Any) -> None:
        """Move rows to their successors, each with an entry in its history. New rows have primary keys by now.

        Rows are locked and read again: a person may have changed one after `find`.
        """


class Lookup:
    """The values and primary keys of a plan's rows, for followers."""

    def __init__(
        self, comparisons: Mapping[str, Comparison], ids: Any, successions: Sequence[Succession] = ()
    ) -> None:
        self._comparisons = comparisons
        self._ids = ids
        self._successions = {(row.kind, row.old_id): row for row in successions}

    def wanted(self, kind: str) -> Mapping[str, Values]:
        """Return the values that the pack states, by key."""
        return self._comparisons[kind].wanted

    def current(self, kind: str) -> Mapping[str, Values]:
        """Return the values that the database had before the apply, by key."""
        return self._comparisons[kind].current

    def succession_of(self, kind: str, pk: int | None) -> Succession | None:
        """Return the succession of a row of the database; None where the plan leaves it as it is."""
        return self._successions.get((kind, pk)) if pk is not None else None

    def id_of(self, kind: str, key: str) -> int:
        """Return the primary key of a row. Rows that the pack creates have one only after they were written."""
        return int(self._ids.of(kind)[key])

    def key_of(self, kind: str, pk: int) -> str | None:
        """Return the key of a row of the database."""
        key: str | None = self._ids.keys_of(kind).get(pk)
        return key


@dataclass(frozen=True)
class FollowLine:
    """How many rows of one sort follow one succession, as a plan shows it.

    Attributes:
        moved: how many rows follow to each successor, by key.
        undecided: how many a person has to decide.
    """

    what: str
    kind: str
    old_key: str
    old_name: str
    moved: Mapping[str, int]
    undecided: int


def find_successions(
    kind: str, former_keys: Mapping[str, Sequence[str]], comparison: Comparison
) -> list[Succession]:
    """Return the successions that a pack states and that were not applied yet.

    Args:
        former_keys: what `was` states, by the key of the new row. Keys that the database never had are passed over: a
            town that is founded from this pack has no history.
    """
    successors: dict[str, list[str]] = {}
    for new_key, old_keys in former_keys.items():
        for old_key in old_keys:
            if old_key in comparison.current and new_key in comparison.wanted:
                successors.setdefault(old_key, []).append(new_key)
    applied = read_applied(kind) if successors else set()
    successions = []
    for old_key, new_keys in successors.items():
        if all((old_key, new_key) in applied for new_key in new_keys):
            continue
        stays = [old_key] if old_key in comparison.wanted else []
        old = comparison.current[old_key]
        wanted = {key: comparison.wanted[key] for key in [*stays, *new_keys]}
        successions.append(Succession(kind, old_key, old["pk"], str(old.get("name", old_key)), wanted))
    return successions


def find_moved_rows(comparison: Comparison, column: str) -> list[Succession]:
    """Return a succession for each row whose link to an area changes, such as a premise that moves to another grid."""
    return [
        Succession(
            comparison.kind,
            key,
            comparison.current[key]["pk"],
            str(comparison.current[key].get("name", key)),
            {key: comparison.wanted[key]},
            lies_elsewhere=True,
        )
        for key in comparison.keys(CHANGE)
        if comparison.current[key][column] != comparison.wanted[key][column]
    ]


def read_applied(kind: str) -> set[tuple[str, str]]:
    """Return the old and new key of every succession of a kind that was applied."""
    return set(SuccessionRow.objects.filter(kind=kind).values_list("old_key", "new_key"))


def list_new_ids(followings: Iterable[Following], lookup: Lookup) -> dict[int, tuple[int, int]]:
    """Return the primary keys of the old and of the new row, by that of the row that follows."""
    return {
        following.object_id: (
            following.succession.old_id,
            lookup.id_of(following.succession.kind, str(following.new_key)),
        )
        for following in followings
    }


def count_followings(what: str, followings: Iterable[Following]) -> list[FollowLine]:
    """Return the lines of a plan for the rows of one follower; rows that stay where they are are not counted."""
    moved: dict[Succession, Counter[str]] = {}
    undecided = Counter[Succession]()
    for following in followings:
        if following.new_key is None:
            undecided[following.succession] += 1
        elif following.is_moved:
            moved.setdefault(following.succession, Counter())[following.new_key] += 1
    return [
        FollowLine(
            what,
            succession.kind,
            succession.old_key,
            succession.old_name,
            dict(moved.get(succession, {})),
            undecided[succession],
        )
        for succession in {**dict.fromkeys(moved), **dict.fromkeys(undecided)}
    ]


def record_successions(successions: Iterable[Succession], lookup: Lookup, version: str) -> None:
    """Store the successions that were applied: figures of past periods and names of then are read by them."""
    now = clock.now()
    SuccessionRow.objects.bulk_create(
        [
            SuccessionRow(
                kind=succession.kind,
                old_key=succession.old_key,
                old_id=succession.old_id,
                new_key=new_key,
                new_id=lookup.id_of(succession.kind, new_key),
                pack_version=version,
                at=now,
            )
            for succession in successions
            for new_key in succession.successors
            if not succession.lies_elsewhere
        ],
        ignore_conflicts=True,  # a split whose second part comes with a later pack states the first part again
    )


# -- checking a pack ---------------------------------------------------------------------------------------------------


def check_successions(rows: Collection[Row], report: Report, *, key: str = "code") -> None:
    """Report rows that state themselves, each other in a circle, or the same former key twice."""
    former = {row.values[key]: row for row in rows if key in row.values and row.values.get(WAS.name)}
    for code, row in former.items():
        old_keys = row.values[WAS.name]
        for old_key in sorted({old for old in old_keys if old_keys.count(old) > 1}):
            message = _("was 把 %(code)s 写了两次") % {"code": old_key}
            report.error_at(row, WAS.name, "duplicate", message, _("删去其中一个。"), item=old_key)
        if code in old_keys:
            message = _("%(code)s 不能由它自己变来") % {"code": code}
            hint = _("was 写的是合并到这里、或者分出这一部分的其他代码。只改名称，不用写 was。")
            report.error_at(row, WAS.name, "circle", message, hint, item=code)
    for circle in _find_circles({code: row.values[WAS.name] for code, row in former.items()}):
        row = former[circle[0]]
        trail = " ← ".join([*circle, circle[0]])
        message = _("来历绕成了圈：%(trail)s") % {"trail": trail}
        hint = _("代码要对换，请分两次应用：先改成从未用过的新代码，再改成对方的。")
        report.error_at(row, WAS.name, "circle", message, hint)


def _find_circles(former: Mapping[str, Sequence[str]]) -> list[list[str]]:
    """Return each circle of two or more keys once, beginning with its smallest key."""
    circles: dict[frozenset[str], list[str]] = {}

    def follow(code: str, trail: list[str]) -> None:
        for old_key in former.get(code, ()):
            if old_key in trail:
                members = trail[trail.index(old_key) :]
                if len(members) > 1:
                    first = members.index(min(members))
                    circles.setdefault(frozenset(members), members[first:] + members[:first])
            else:
                follow(old_key, [*trail, old_key])

    for code in sorted(former):
        follow(code, [code])
    return list(circles.values())
