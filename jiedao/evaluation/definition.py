"""What the `spec` of a version and of an item holds, and what can be wrong with it.

A version: `unit_kinds`, `only` and `exclude` (kinds of units; codes of units, communities or posts), `minimum_measure`
and `minimum` (who has fewer is not ranked), `grades`, `red` and `black` (how many places the two lists name). Of posts:
`roles`, `measured_by` (whose figures count) and `minimum_holders`.

An item: `rule` (see `rules.py`), `values` (the measure behind each value of the rule, by its name), `reads` (what is
read of the measures: the value, the completion of the target, or the growth), `missing` (without data: `scale` leaves
the item out and scales the rest, `full` gives all points). In place of a measure, `scores_of` names a sheet of shorter
periods, the mean of whose published scores is the value: a quarter from its months.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext as _

from jiedao.evaluation.models import Missing
from jiedao.evaluation.rules.amounts import ManualRule
from jiedao.evaluation.rules.ranks import RankRule, RankTableRule, ShareOfFirstRule
from jiedao.evaluation.rules.reading import read_rule
from jiedao.evaluation.rules.rule import VALUE, Rule, RuleFault
from jiedao.evaluation.scoring import Grade
from jiedao.kernel.phrasing import list_names, name_subject, name_unknown
from jiedao.kernel.readers.exact import name_wrong_number, read_exact

MEAN = "mean"  # of all who are compared, in place of a measure
COMPARED = {"rank", "count", "best"}  # values that come from comparing all who are scored
READS = ("value", "completion", "growth")
TONES = ("good", "info", "warn", "bad", "neutral")
LEAST_HOLDERS = 3  # of a post that is scored, where a version states no number
FEWEST_HOLDERS = 2  # below which a version may not go: one holder is a single worker


class Measured(StrEnum):
    """Whose figures a post is scored by."""

    AREA = "area"  # of the community of its unit, of its unit where that has none
    UNIT = "unit"
    TOWN = "town"


@dataclass(frozen=True)
class ItemDefinition:
    """A readable item: its rule, the key of the measure behind each value, and what is read of them."""

    rule: Rule
    values: Mapping[str, str] = field(default_factory=dict)
    reads: str = "value"
    missing: Missing = Missing.SCALE
    scores_of: str = ""

    @property
    def measures(self) -> set[str]:
        """The keys of the measures that the item reads."""
        return {key for key in self.values.values() if key != MEAN}

    @property
    def is_manual(self) -> bool:
        """Whether a person gives the points."""
        return isinstance(self.rule, ManualRule)


@dataclass(frozen=True)
class VersionDefinition:
    """A readable version of a sheet, without its items."""

    only: frozenset[str] = frozenset()
    exclude: frozenset[str] = frozenset()
    unit_kinds: frozenset[str] = frozenset()
    minimum_measure: str = ""
    minimum: Decimal = Decimal(0)
    grades: tuple[Grade, ...] = ()
    red: int = 0
    black: int = 0
    roles: frozenset[str] = frozenset()
    measured_by: str = Measured.AREA.value
    minimum_holders: int = LEAST_HOLDERS

    def includes(self, code: str, kind: str = "") -> bool:
        """Return whether a unit, of a kind, or a community is scored."""
        if self.unit_kinds and kind and kind not in self.unit_kinds:
            return False
        return code not in self.exclude and (not self.only or code in self.only)


def read_item(spec: Mapping[str, Any]) -> ItemDefinition:
    """Return the definition of an item; raise RuleFault with every fault, one a line."""
    rule = read_rule(spec.get("rule") or {})
    values = spec.get("values") or {}
    faults = []
    if not isinstance(values, Mapping) or not all(isinstance(key, str) for key in values.values()):
        raise RuleFault(_("values 应是名称和指标代码的表"))
    scores_of = spec.get("scores_of") or ""
    faults += _find_value_faults(rule, values, str(scores_of))
    reads, missing = spec.get("reads", "value"), spec.get("missing", Missing.SCALE.value)
    if reads not in READS:
        faults.append(name_unknown("reads", reads, READS))
    if missing not in Missing.values:
        faults.append(name_unknown("missing", missing, Missing.values))
    if faults:
        raise RuleFault("\n".join(faults))
    return ItemDefinition(rule, dict(values), reads, Missing(missing), str(scores_of))


def _find_value_faults(rule: Rule, values: Mapping[str, str], scores_of: str) -> list[str]:
    if isinstance(rule, ManualRule):
        if scores_of:
            return [_("人工评分的项目不用别的评分表；删去 scores_of")]
        message = _("人工评分的项目不用指标；删去 %(names)s")
        return [message % {"names": list_names(sorted(values))}] if values else []
    if scores_of:
        if VALUE in values:
            return [_("scores_of 代替指标；两个只写一个")]
        values = {**values, VALUE: scores_of}
    needed = {*rule.needed} - COMPARED
    if COMPARED & {*rule.needed}:
        needed.add(VALUE)
    known = needed | {*rule.optional}
    message = _("values 里没有给 %(name)s 的指标")
    faults = [message % {"name": name} for name in sorted(needed - set(values))]
    message = _("规则 %(rule)s 不用 %(name)s；可以写：%(known)s")
    words = {"rule": rule.name, "known": list_names(sorted(known))}
    faults += [message % {**words, "name": name} for name in sorted(set(values) - known)]
    if values.get(VALUE) == MEAN:
        faults.append(_("value 要写指标，不能写平均数 mean"))
    return faults


def is_compared(rule: Rule) -> bool:
    """Return whether the rule compares all who are scored."""
    return isinstance(rule, RankRule | RankTableRule | ShareOfFirstRule)


def read_version(spec: Mapping[str, Any]) -> VersionDefinition:
    """Return the definition of a version; raise RuleFault with every fault, one a line."""
    faults: list[str] = []
    grades = [_read_grade(row, faults) for row in _read_list(spec.get("grades"), "grades", faults)]
    minimum = read_exact(spec.get("minimum", 0))
    if minimum is None or minimum < 0:
        faults.append(name_wrong_number("minimum", spec.get("minimum")))
    if minimum and not spec.get("minimum_measure"):
        faults.append(_("缺少 minimum_measure：哪个指标要达到 minimum"))
    measured_by = spec.get("measured_by") or Measured.AREA.value
    if measured_by not in [*Measured]:
        faults.append(name_unknown("measured_by", measured_by, Measured))
    holders = spec.get("minimum_holders", LEAST_HOLDERS)
    if not isinstance(holders, int) or isinstance(holders, bool) or holders < FEWEST_HOLDERS:
        message = _("minimum_holders 至少是 %(least)d，现在是 %(value)r：只有一人任职的岗位就是这个人")
        faults.append(message % {"least": FEWEST_HOLDERS, "value": holders})
    if faults:
        raise RuleFault("\n".join(faults))
    return VersionDefinition(
        only=frozenset(spec.get("only") or ()),
        exclude=frozenset(spec.get("exclude") or ()),
        unit_kinds=frozenset(spec.get("unit_kinds") or ()),
        minimum_measure=str(spec.get("minimum_measure") or ""),
        minimum=minimum or Decimal(0),
        grades=tuple(grade for grade in grades if grade is not None),
        red=int(spec.get("red") or 0),
        black=int(spec.get("black") or 0),
        roles=frozenset(spec.get("roles") or ()),
        measured_by=str(measured_by),
        minimum_holders=holders,
    )


def _read_list(value: Any, name: str, faults: list[str]) -> list[Any]:
    if value is None:
        return []
    if not isinstance(value, list):
        faults.append(_("%(name)s 应是表的列表") % {"name": name})
        return []
    return value


def _read_grade(row: Any, faults: list[str]) -> Grade | None:
    if not isinstance(row, Mapping) or not isinstance(row.get("label"), str) or not row["label"].strip():
        faults.append(_("每个等次是写有 label 和 least 的表"))
        return None
    least, tone = read_exact(row.get("least")), row.get("tone", "neutral")
    if least is None:
        faults.append(name_subject(row["label"], name_wrong_number("least", row.get("least"))))
        return None
    if tone not in TONES:
        faults.append(name_subject(row["label"], name_unknown("tone", tone, TONES)))
        return None
    return Grade(row["label"], least, str(row.get("label_en", "")), tone)
