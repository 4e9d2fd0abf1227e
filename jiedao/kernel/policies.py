"""Policies: numbers and lists that a town sets in its pack, such as how often a case may be returned.

Each room declares the policies that it reads, from its AppConfig.ready:

    declare_policies({"max_returns": 3})
    ...
    limit = int(get_policy("max_returns"))
"""

from collections.abc import Mapping
from typing import Any

from jiedao.kernel.memo import Memo
from jiedao.kernel.models import Policy

_DEFAULTS: dict[str, Any] = {}
POLICIES: Memo[dict[str, Any]] = Memo(lambda: dict(Policy.objects.values_list("key", "value")))


def declare_policies(defaults: Mapping[str, Any]) -> None:
    """Declare policies by key, each with the value that holds until a pack sets another.

    Raises ValueError where another room has declared the key with a different default.
    """
    for key, value in defaults.items():
        if _DEFAULTS.setdefault(key, value) != value:
            raise ValueError(f"two rooms declare the policy {key!r}")


def default_policy(key: str) -> Any:
    """Return the value that holds where the pack sets none."""
    return _DEFAULTS[key]


def get_policy(key: str) -> Any:
    """Return the town's value of a policy, or its default; raise KeyError where no room declares it."""
    return POLICIES.get().get(key, _DEFAULTS[key])
