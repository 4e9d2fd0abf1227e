"""What became of units that a pack has retired: the units that took their place, and what those were before."""

from collections.abc import Iterable, Mapping

from jiedao.kernel.memo import Memo
from jiedao.kernel.models import SuccessionRow
from jiedao.orgs.models import Post, Unit

UNIT, POST = "unit", "post"


def _load_former_units() -> dict[int, tuple[int, ...]]:
    """Return the retired units that each unit was, directly."""
    retired = set(Unit.objects.filter(active=False).values_list("id", flat=True))
    former: dict[int, tuple[int, ...]] = {}
    rows = SuccessionRow.objects.filter(kind=UNIT, old_id__in=retired).order_by("id")
    for old_id, new_id in rows.values_list("old_id", "new_id"):
        former[new_id] = (*former.get(new_id, ()), old_id)
    return former


FORMER_UNITS: Memo[dict[int, tuple[int, ...]]] = Memo(_load_former_units)


def add_former_units(unit_ids: Iterable[int]) -> set[int]:
    """Return the units with every retired unit whose place they took, also by way of others."""
    former, complete, queue = FORMER_UNITS.get(), set[int](), list(unit_ids)
    while queue:
        unit_id = queue.pop()
        if unit_id not in complete:
            complete.add(unit_id)
            queue.extend(former.get(unit_id, ()))
    return complete


def list_successors(kind: str, old_ids: Iterable[int]) -> dict[int, list[int]]:
    """Return the units or posts in use that took the place of each retired one, also by way of others.

    Args:
        kind: UNIT or POST.
    """
    model = Unit if kind == UNIT else Post
    active = set(model.objects.filter(active=True).values_list("id", flat=True))
    steps: dict[int, list[int]] = {}
    for old_id, new_id in (
        SuccessionRow.objects.filter(kind=kind).order_by("id").values_list("old_id", "new_id")
    ):
        steps.setdefault(old_id, []).append(new_id)
    return {old_id: _follow(old_id, steps, active) for old_id in old_ids}


def _follow(old_id: int, steps: Mapping[int, list[int]], active: set[int]) -> list[int]:
    found: dict[int, None] = {}
    queue, passed = [old_id], set[int]()
    while queue:
        unit_id = queue.pop(0)
        if unit_id in passed:
            continue
        passed.add(unit_id)
        if unit_id in active:
            found[unit_id] = None
        else:
            queue.extend(steps.get(unit_id, ()))
    return list(found)


def find_successor(unit_id: int | None) -> int | None:
    """Return the unit itself while it is in use, else the only unit that took its place; None for none or several."""
    if unit_id is None:
        return None
    successors = list_successors(UNIT, [unit_id])[unit_id]
    return successors[0] if len(successors) == 1 else None
