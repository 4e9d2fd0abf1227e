"""Policies: values that a town sets in its pack, such as how often a case may be returned.

Each room declares the policies that it reads, with default, kind and bounds, in its AppConfig.ready:

    declare_policies(PolicySpec("max_returns", 3, Kind.INT, least=0, most=20))
    ...
    limit = int(get_policy("max_returns"))

The keys of a pack's [policy] table are the policies that rooms declare.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from jiedao.kernel.memo import Memo
from jiedao.kernel.models import Policy
from jiedao.kernel.packs.tables import Column, Kind

if TYPE_CHECKING:
    from jiedao.kernel.packs.pack import Pack


@dataclass(frozen=True)
class PolicySpec:
    """A policy as its room declares it.

    Attributes:
        default: the value until a pack sets the policy.
        kind, least, most: the kind and the bounds of the value in [policy].
        names: the kind of row whose codes the value holds, such as "reason"; those rows are written before the policy.
        label, hint: the words of the policy on the page on which a town changes it; without a label there is none.
        read: for a policy that a pack sets elsewhere than in [policy], the function that reads its value from the pack.
    """

    key: str
    default: Any
    kind: Kind = Kind.TEXT
    least: float | None = None
    most: float | None = None
    names: str = ""
    label: Any = field(default="", compare=False)
    hint: Any = field(default="", compare=False)
    read: "Callable[[Pack], Any] | None" = None

    @property
    def column(self) -> Column:
        """The column of [policy]."""
        return Column(self.key, self.kind, least=self.least, most=self.most)


_SPECS: dict[str, PolicySpec] = {}
POLICIES: Memo[dict[str, Any]] = Memo(lambda: dict(Policy.objects.values_list("key", "value")))


def declare_policies(*specs: PolicySpec) -> None:
    """Declare policies; raise ValueError where two declarations of a key differ."""
    for spec in specs:
        if _SPECS.setdefault(spec.key, spec) != spec:
            raise ValueError(f"two rooms declare the policy {spec.key!r}")


def list_policies() -> list[PolicySpec]:
    """Return the policies of all rooms, in the order of declaration."""
    return list(_SPECS.values())


def get_default_policy(key: str) -> Any:
    """Return the value that applies where the pack sets none."""
    return _SPECS[key].default


def get_policy(key: str) -> Any:
    """Return the town's value of a policy, or its default; raise KeyError where no room declares it."""
    return POLICIES.get().get(key, _SPECS[key].default)
