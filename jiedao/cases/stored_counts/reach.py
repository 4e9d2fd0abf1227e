"""What the posts of a unit see: cells of counts for users whose scope is limited.

A post with the scope UNIT sees the cases that its unit, or one below it, has or ever had, as lead or as helper. A post
with the scope AREA sees those as well, and all cases of its areas. These are no sums of the cells by unit and by area,
because a case may be in several of them. So each case counts once in the cell of every *root* that sees it: of a unit
("u12"), and of a unit together with the community to which it belongs ("a12"). What a user reported is added from the
rows.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from jiedao.cases.selectors.splits import COMMUNITIES
from jiedao.kernel.figures import UNIT
from jiedao.kernel.memo import Memo
from jiedao.orgs.actor import Actor, list_unit_subtree
from jiedao.orgs.models import Scope, Unit

REACH = "reach"  # the split whose keys are roots
REACH_UNIT = "reach_unit"  # and whose keys are roots with a unit, as the split by unit of what a root sees
BY_UNIT = frozenset({UNIT, REACH_UNIT})
SEPARATOR = "@"


@dataclass(frozen=True)
class Reach:
    """The tree of the units, and the communities of those that belong to one.

    Attributes:
        above: each unit with itself and all units above it.
        communities: the path of the community of a unit.
    """

    above: Mapping[int, frozenset[int]]
    communities: Mapping[int, str]

    @cached_property
    def text(self) -> str:
        """Everything of it that decides how cases count."""
        above = [f"{unit}<{sorted(units)}" for unit, units in sorted(self.above.items())]
        return f"reach {above} {sorted(self.communities.items())}"

    @cached_property
    def _by_community(self) -> Mapping[str, frozenset[str]]:
        """The roots that see all cases of a community."""
        roots: dict[str, set[str]] = {}
        for unit, path in self.communities.items():
            roots.setdefault(path, set()).add(f"a{unit}")
        return {path: frozenset(names) for path, names in roots.items()}

    def find_roots(self, community: str, units: Iterable[int | None]) -> frozenset[str]:
        """Return the roots that see a case in a community that these units have or had."""
        reached = frozenset[int]().union(*(self.above.get(unit, frozenset()) for unit in set(units) if unit))
        of_units = [f"u{unit}" for unit in reached]
        of_areas = [f"a{unit}" for unit in reached if unit in self.communities]
        return self._by_community.get(community, frozenset()).union(of_units, of_areas)

    def find_root(self, actor: Actor) -> str | None:
        """Return the root that sees what the actor sees beside their own reports; None where no root does."""
        unit = actor.unit_id
        if unit is None or unit not in self.above or actor.unit_ids != list_unit_subtree(unit):
            return None
        if actor.scope == Scope.UNIT:
            return f"u{unit}"
        if actor.scope == Scope.AREA and actor.area_paths == (self.communities.get(unit),):
            return f"a{unit}"
        return None


def make_unit_key(root: str, unit: str) -> str:
    """Return the key of a unit, "" for none, among what a root sees."""
    return f"{root}{SEPARATOR}{unit}"


def get_unit(key: str) -> str:
    """Return the unit of a key of `make_unit_key`."""
    return key.partition(SEPARATOR)[2]


def _load_reach() -> Reach:
    paths = [path for path, *_names in COMMUNITIES.get()]
    longest = max(map(len, paths), default=0)
    known = {path for path in paths if len(path) == longest}  # cases are grouped by so many characters
    above: dict[int, set[int]] = {}
    units: Sequence[tuple[int, str | None]] = list(Unit.objects.values_list("pk", "area__path"))
    for unit, _path in units:
        for below in list_unit_subtree(unit):
            above.setdefault(below, set()).add(unit)
    communities = {unit: path for unit, path in units if path in known}
    return Reach({unit: frozenset(roots) for unit, roots in above.items()}, communities)


REACHES: Memo[Reach] = Memo(_load_reach)
