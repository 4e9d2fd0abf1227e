"""Everything that decides how cases are counted, apart from the cases themselves, and a digest of it."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from jiedao.cases import catalogue
from jiedao.cases.models import Channel
from jiedao.cases.selectors.measures import MEASURES, Measure, Table
from jiedao.cases.selectors.splits import COMMUNITIES, SPLITS, compute_path_length, read_groups
from jiedao.cases.stored_counts.evaluating import Test, build_test
from jiedao.cases.stored_counts.reach import REACHES, Reach
from jiedao.kernel import clock
from jiedao.kernel.figures import AREA, CATEGORY, CHANNEL, UNIT
from jiedao.kernel.policies import POLICIES
from jiedao.orgs.units import UNITS

FORM = "4"  # of the stored cells; a change of it makes every office count again


@dataclass(frozen=True)
class Definitions:
    """The measures with their conditions, and the keys of the splits, as they are at one moment.

    Attributes:
        digest: identifies them; another score of 不满意 or another community changes it.
        measures: those that are counted, by table and time column; the others are differences of them.
        tests: the condition of each measure, by its code.
        reach: what cases the posts of each unit see.
    """

    digest: str
    measures: Mapping[tuple[Table, str], tuple[Measure, ...]]
    tests: Mapping[str, Test]
    units: Mapping[int, str]
    communities: frozenset[str]
    path_length: int
    categories: Mapping[int, str]
    reach: Reach

    def find_keys(self, case: Mapping[str, Any]) -> dict[str, str]:
        """Return the key of a case in each split, "" for none."""
        return {
            UNIT: self.find_unit(case["lead_unit_id"]),
            AREA: self.find_community(case["area_path"]),
            CATEGORY: self.categories.get(case["category_id"], ""),
            CHANNEL: case["channel"] if case["channel"] in Channel.values else "",
        }

    def find_unit(self, unit_id: int | None) -> str:
        """Return the key of a unit, "" for none."""
        return self.units.get(unit_id, "") if unit_id is not None else ""

    def find_community(self, path: str) -> str:
        """Return the path of the community that holds a path, "" for none."""
        prefix = path[: self.path_length]
        return prefix if prefix in self.communities else ""


_Sources = tuple[Any, ...]
_CACHED: list[tuple[_Sources, Definitions]] = []


def get_definitions() -> Definitions:
    """Return the present definitions; they are built again once a value that they read is loaded again."""
    sources = _list_sources()
    for known, definitions in _CACHED:
        if all(own is other for own, other in zip(known, sources, strict=True)):
            return definitions
    definitions = _build_definitions()
    if all(own is other for own, other in zip(_list_sources(), sources, strict=True)):
        _CACHED[:] = [(sources, definitions)]
    return definitions


def compute_digest() -> str:
    """Return the digest of the present definitions."""
    return get_definitions().digest


def _list_sources() -> _Sources:
    return (
        MEASURES,
        UNITS.get(),
        catalogue.CATEGORIES.get(),
        COMMUNITIES.get(),
        POLICIES.get(),
        REACHES.get(),
        clock.TOWN_TZ,
    )


def _build_definitions() -> Definitions:
    counted = [measure for measure in MEASURES.values() if measure.minus is None]
    by_time: dict[tuple[Table, str], tuple[Measure, ...]] = {}
    for measure in counted:
        by_time[measure.table, measure.time] = (*by_time.get((measure.table, measure.time), ()), measure)
    majors = {group.value: group.key for group in read_groups(CATEGORY)}
    categories = {
        row.id: majors.get(row.parent_id if row.parent_id is not None else row.id, "")
        for row in catalogue.CATEGORIES.get().values()
    }
    communities = read_groups(AREA)
    return Definitions(
        digest=_compute_digest(counted),
        measures=by_time,
        tests={measure.code: build_test(_build_filter(measure)) for measure in counted},
        units={group.value: group.key for group in read_groups(UNIT)},
        communities=frozenset(group.value for group in communities),
        path_length=compute_path_length(communities),
        categories=categories,
        reach=REACHES.get(),
    )


def _build_filter(measure: Measure) -> Q:
    return Q(**measure.kind) & measure.build_condition(None)


def _compute_digest(counted: list[Measure]) -> str:
    parts = [FORM, str(clock.TOWN_TZ)]
    parts += [f"{row.code} {row.table} {row.time} {_build_filter(row)!r}" for row in counted]
    for split in SPLITS:
        parts += [f"{split} {group.value} {group.key}" for group in read_groups(split)]
    parts += [f"{row.id} {row.parent_id}" for row in catalogue.CATEGORIES.get().values()]
    parts.append(REACHES.get().text)
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
