"""A plan: everything that applying a pack would change."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from django.utils.translation import gettext as _

from jiedao.kernel.packs.comparing import CHANGE, CREATE, RETIRE, Comparison, Item, Refusal
from jiedao.kernel.packs.own import OwnLine
from jiedao.kernel.packs.pack import Pack
from jiedao.kernel.packs.parts import list_effects, list_followers, list_guards
from jiedao.kernel.packs.section import RowIds, Section, TableSection
from jiedao.kernel.packs.successions import (
    Follower,
    Following,
    FollowLine,
    Lookup,
    Succession,
    count_followings,
    find_moved_rows,
    find_successions,
)
from jiedao.kernel.phrasing import list_names


@dataclass
class Plan:
    """The comparisons by kind, in the order in which they are written, and what follows rows that are succeeded."""

    comparisons: dict[str, Comparison] = field(default_factory=dict)
    ids: RowIds = field(default_factory=RowIds)
    successions: list[Succession] = field(default_factory=list)
    followings: list[tuple[Follower, list[Following]]] = field(default_factory=list)

    @property
    def items(self) -> list[Item]:
        """Every item, kind by kind."""
        return [item for comparison in self.comparisons.values() for item in comparison.items]

    @property
    def blocked(self) -> list[Item]:
        """The items because of which the pack cannot be applied."""
        return [item for item in self.items if item.blocked]

    @property
    def own(self) -> list[OwnLine]:
        """The values that people set on pages, which the pack does not replace."""
        return [line for comparison in self.comparisons.values() for line in comparison.own]

    @property
    def lookup(self) -> Lookup:
        """The values and primary keys of the rows, for followers."""
        return Lookup(self.comparisons, self.ids, self.successions)

    @property
    def follow_lines(self) -> list[FollowLine]:
        """What follows rows that are succeeded, counted by sort and by old row."""
        return [
            line
            for follower, followings in self.followings
            for line in count_followings(follower.what, followings)
        ]

    def keys(self, kind: str, *actions: str) -> list[str]:
        """Return the keys of the items of a kind with one of these actions."""
        return self.comparisons[kind].keys(*actions)

    @property
    def counts(self) -> dict[str, int]:
        """How many rows are created, changed, retired and blocked."""
        counts = Counter(item.action for item in self.items)
        actions = {action: counts[action] for action in (CREATE, CHANGE, RETIRE)}
        return {**actions, "blocked": len(self.blocked)}

    def as_json(self) -> dict[str, Any]:
        """Return the document of `jiedao pack plan --json`, in which no value is shortened."""
        return {
            **self.counts,
            "items": [self._describe(item) for item in self.items],
            "own": [asdict(line) for line in self.own],
            "successions": [
                {"kind": row.kind, "old": row.old_key, "name": row.old_name, "new": list(row.successors)}
                for row in self.successions
            ],
            "following": [asdict(line) for line in self.follow_lines],
        }

    def _describe(self, item: Item) -> dict[str, Any]:
        """Return an item with its values in full: of a change those that differ, of a new row all."""
        comparison = self.comparisons[item.kind]
        stored = comparison.current.get(item.key, {})
        wanted = comparison.wanted.get(item.key, {})
        fields = {
            name: [stored[name], wanted[name]] if name in stored and name in wanted else pair
            for name, pair in item.fields.items()
        }
        needed_by = [{**asdict(rows), "count": rows.count} for rows in item.needed_by]
        values = wanted if item.action == CREATE else {}
        return {**asdict(item), "fields": fields, "values": values, "needed_by": needed_by}


def compare_sections(pack: Pack, sections: Iterable[Section]) -> Plan:
    """Compare a checked pack with the database; nothing is written. Sections are given in the order of writing."""
    plan = Plan()
    for section in sections:
        comparison = section.compare(pack, plan.ids)
        plan.comparisons[section.kind] = comparison
        if isinstance(section, TableSection):
            plan.successions += find_successions(section.kind, section.read_was(pack), comparison)
            if section.area_column:
                plan.successions += find_moved_rows(comparison, section.area_column)
    succeeded = {(succession.kind, succession.old_key) for succession in plan.successions}
    for comparison in plan.comparisons.values():
        _apply_guards(plan, comparison, succeeded)
        _block_ends(plan, comparison, succeeded)
        _add_effects(comparison)
    plan.followings = list(_find_followings(plan))
    return plan


def _find_followings(plan: Plan) -> Iterator[tuple[Follower, list[Following]]]:
    for follower in list_followers():
        successions = [row for row in plan.successions if row.kind == follower.kind]
        if successions and (followings := list(follower.find(successions, plan.lookup))):
            yield follower, followings


def _apply_guards(plan: Plan, comparison: Comparison, succeeded: set[tuple[str, str]]) -> None:
    """Block the retirement of rows that other rooms still need, unless a successor takes their place."""
    retired = {
        key: comparison.current[key]
        for key in comparison.keys(RETIRE)
        if (comparison.kind, key) not in succeeded
    }
    if not retired:
        return
    reasons: dict[str, list[str | Refusal]] = {}
    for guard in list_guards(comparison.kind):
        for key, reason in guard(retired, plan.lookup).items():
            reasons.setdefault(key, []).append(reason)
    if reasons:
        comparison.items = [
            _block(item, reasons[item.key]) if item.action == RETIRE and item.key in reasons else item
            for item in comparison.items
        ]


def _block(item: Item, reasons: Iterable[str | Refusal]) -> Item:
    """Return the item with more reasons against it."""
    refusals = [reason if isinstance(reason, Refusal) else Refusal(reason) for reason in reasons]
    needed_by = [refusal.needed_by for refusal in refusals if refusal.needed_by]
    blocked = _("；").join(filter(None, (item.blocked, *(refusal.text for refusal in refusals))))
    return replace(item, blocked=blocked, needed_by=(*item.needed_by, *needed_by))


def _add_effects(comparison: Comparison) -> None:
    """State on the items what they do to work that is going on."""
    if not comparison.items:
        return
    for find_effects in list_effects(comparison.kind):
        effects = find_effects(comparison)
        comparison.items = [
            replace(item, effects=(*item.effects, *effects[item.key])) if effects.get(item.key) else item
            for item in comparison.items
        ]


def _block_ends(plan: Plan, comparison: Comparison, succeeded: set[tuple[str, str]]) -> None:
    """Block the retirement of rows without a successor to which rows of a room still refer."""
    ends = [
        Succession(comparison.kind, key, comparison.current[key]["pk"], key, {})
        for key in comparison.keys(RETIRE)
        if (comparison.kind, key) not in succeeded
    ]
    if not ends:
        return
    reasons: dict[str, list[str]] = {}
    for follower in list_followers():
        if follower.kind == comparison.kind and follower.guards:
            counts = Counter(row.succession.old_key for row in follower.find(ends, plan.lookup))
            for key, count in counts.items():
                words = {"what": follower.title, "count": count}
                reasons.setdefault(key, []).append(_("%(what)s %(count)d 个") % words)
    comparison.items = [
        replace(item, blocked=_("；").join(filter(None, [item.blocked, _describe_need(reasons[item.key])])))
        if item.action == RETIRE and item.key in reasons
        else item
        for item in comparison.items
    ]


def _describe_need(counts: list[str]) -> str:
    words = {"rows": list_names(counts)}
    return _("%(rows)s用到它：请用 was 写明什么接替它，或先移走") % words
