"""A plan: everything that applying a pack would change."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from jiedao.kernel.packs.comparing import CHANGE, CREATE, RETIRE, Comparison, Item
from jiedao.kernel.packs.own import OwnLine
from jiedao.kernel.packs.pack import Pack
from jiedao.kernel.packs.parts import list_guards
from jiedao.kernel.packs.section import RowIds, Section


@dataclass
class Plan:
    """The comparisons by kind, in the order in which they are written."""

    comparisons: dict[str, Comparison] = field(default_factory=dict)
    ids: RowIds = field(default_factory=RowIds)

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

    def keys(self, kind: str, *actions: str) -> list[str]:
        """Return the keys of the items of a kind with one of these actions."""
        return self.comparisons[kind].keys(*actions)

    def as_json(self) -> dict[str, Any]:
        """Return the document of `jiedao pack plan --json`."""
        counts = Counter(item.action for item in self.items)
        return {
            **{action: counts[action] for action in (CREATE, CHANGE, RETIRE)},
            "blocked": len(self.blocked),
            "items": [asdict(item) for item in self.items],
            "own": [asdict(line) for line in self.own],
        }


def compare_sections(pack: Pack, sections: Iterable[Section]) -> Plan:
    """Compare a checked pack with the database; nothing is written. Sections are given in the order of writing."""
    plan = Plan()
    for section in sections:
        comparison = section.compare(pack, plan.ids)
        _apply_guards(comparison)
        plan.comparisons[section.kind] = comparison
    return plan


def _apply_guards(comparison: Comparison) -> None:
    """Block the retirement of rows that other rooms still need."""
    retired = {key: comparison.current[key] for key in comparison.keys(RETIRE)}
    if not retired:
        return
    for guard in list_guards(comparison.kind):
        reasons = guard(retired)
        comparison.items = [
            replace(item, blocked=reasons[item.key])
            if item.action == RETIRE and item.key in reasons
            else item
            for item in comparison.items
        ]
