"""Read the rule of an item from the data of a pack."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from jiedao.evaluation.rules.amounts import (
    AddRule,
    CurveRule,
    DeductRule,
    InverseRule,
    ManualRule,
    NormalisedRule,
    RateRule,
    ThresholdRule,
    WeightRule,
)
from jiedao.evaluation.rules.bands import Band, BandsRule, QuotaRule
from jiedao.evaluation.rules.ranks import RankRule, RankTableRule, ShareOfFirstRule
from jiedao.evaluation.rules.rule import Rule, RuleFault
from jiedao.kernel.phrasing import list_names, name_unknown
from jiedao.kernel.readers.exact import name_wrong_number, read_exact

RULES: dict[str, type[Rule]] = {
    rule.name: rule
    for rule in (
        RateRule,
        InverseRule,
        DeductRule,
        AddRule,
        BandsRule,
        QuotaRule,
        NormalisedRule,
        ThresholdRule,
        CurveRule,
        RankRule,
        RankTableRule,
        ShareOfFirstRule,
        WeightRule,
        ManualRule,
    )
}


def read_rule(data: Mapping[str, Any]) -> Rule:
    """Return the rule of an item of a sheet; raise RuleFault with every fault, one a line."""
    rule = build_rule(data)
    if faults := rule.find_faults():
        raise RuleFault("\n".join(faults))
    return rule


def build_rule(data: Mapping[str, Any]) -> Rule:
    """Return a rule without checking its numbers; raise RuleFault where its form is wrong."""
    name = data.get("rule") if isinstance(data, Mapping) else data
    if not isinstance(data, Mapping) or not isinstance(name, str) or name not in RULES:
        raise RuleFault(name_unknown("rule", name, sorted(RULES)))
    kind = RULES[name]
    known = set(kind.__dataclass_fields__)
    unknown = sorted(set(data) - known - {"rule"})
    if unknown:
        words = {"rule": name, "keys": list_names(unknown), "known": list_names(sorted(known))}
        raise RuleFault(_("规则 %(rule)s 没有 %(keys)s 这些项；可以写：%(known)s") % words)
    if "points" not in data:
        raise RuleFault(_("缺少 points：这一项值多少分"))
    values = {key: _read_value(key, value) for key, value in data.items() if key != "rule"}
    return kind(**values)


def _read_value(key: str, value: Any) -> Any:
    if key == "bands":
        return tuple(_read_band(band) for band in _require_list(key, value))
    if key == "also":
        if not isinstance(value, Mapping) or not value:
            raise RuleFault(_("also 应是名称和数的表"))
        return {str(name): _read_number(f"also.{name}", per) for name, per in value.items()}
    if key == "table":
        return tuple(_read_number(key, item) for item in _require_list(key, value))
    return _read_number(key, value)


def _read_band(band: Any) -> Band:
    if not isinstance(band, Mapping) or "points" not in band:
        raise RuleFault(_("每一段是写有 points、low 和 high 的表"))
    unknown = sorted(set(band) - set(Band.__dataclass_fields__))
    if unknown:
        raise RuleFault(_("段里没有 %(keys)s") % {"keys": list_names(unknown)})
    return Band(
        points=_read_number("points", band["points"]),
        low=_read_number("low", band["low"]) if "low" in band else None,
        high=_read_number("high", band["high"]) if "high" in band else None,
        low_open=bool(band.get("low_open", False)),
        high_closed=bool(band.get("high_closed", False)),
    )


def _require_list(key: str, value: Any) -> Iterable[Any]:
    if not isinstance(value, list) or not value:
        raise RuleFault(_("%(key)s 应是列表") % {"key": key})
    return value


def _read_number(key: str, value: Any) -> Decimal:
    number = read_exact(value)
    if number is None:
        raise RuleFault(name_wrong_number(key, value))
    return number
