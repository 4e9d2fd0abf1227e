"""The duty list 权责清单: rules from broad to narrow, resolved into one line for each category and area.

A rule selects categories (all, those of a kind, those of a 大类, those that meet a condition, or a list) and areas (the
complete town or a list), and states a lead unit, helpers or limits. Of the rules that cover a category and an area, a
narrower selection of categories takes precedence; between equals, a narrower area does. The lead, the helpers and the
limit of each stage are each taken from the narrowest rule that states them.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from jiedao.cases.pack.conditions import Condition, build_environment
from jiedao.cases.pack.tables import CATEGORIES, DUTIES
from jiedao.kernel.expressions import BOOL, find_expression_faults
from jiedao.kernel.packs.faults import Report
from jiedao.kernel.packs.pack import Pack
from jiedao.kernel.packs.rows import Row, Values
from jiedao.orgs.pack.tables import UNITS

BY_COMMUNITY = "@community"  # the workstation of the community in which the case is
SMALL = {5, 8, 11}  # digits of a 小类

PART_NAMES = {"lead": pgettext_lazy("rule", "主办单位"), "helpers": pgettext_lazy("rule", "协办单位")}

Key = tuple[str, str]  # kind and code of a category


@dataclass(frozen=True)
class DutyLine:
    """One line of the duty list; `area` is "" for the complete town; limits are by stage, in upper case."""

    kind: str
    code: str
    area: str
    lead: str
    helpers: tuple[str, ...]
    limits: dict[str, str] = field(default_factory=dict)


@dataclass
class DutyRule:
    """A [[duty]] of the pack with its compiled condition; a higher `rank` is a narrower selection of categories."""

    row: Row
    rank: int
    condition: Condition | None
    hits: int = 0

    def covers(self, key: Key, facts: Values) -> bool:
        """Return whether the rule covers the category."""
        values = self.row.values
        if values.get("kind", key[0]) != key[0]:
            return False
        if "majors" in values and key[1][:2] not in values["majors"]:
            return False
        if "categories" in values and key[1] not in values["categories"]:
            return False
        return self.condition is None or self.condition.holds(facts)

    @property
    def areas(self) -> list[str]:
        """The areas that the rule names, or [""] for the complete town."""
        return self.row.values.get("areas") or [""]


def read_category_facts(pack: Pack) -> dict[Key, Values]:
    """Return the properties that a condition may use, by kind and code of each 小类."""
    rows = {(row.values.get("kind"), row.values.get("code")): row for row in pack.rows(CATEGORIES)}
    facts = {}
    for (kind, code), row in rows.items():
        if kind and code and len(code) in SMALL:
            major = rows.get((kind, code[:2]))
            facts[kind, code] = {
                "kind": kind,
                "code": code,
                "major": code[:2],
                "name": row.get("name"),
                "major_name": major.get("name") if major else "",
            }
    return facts


def check_condition(pack: Pack, row: Row, key: str, report: Report) -> bool:
    """Return whether the value of a key is a condition over the categories of the pack, else report every fault."""
    facts = read_category_facts(pack).values() if report.has_read(CATEGORIES) else ()
    faults = find_expression_faults(row.values[key], build_environment(facts), wanted=BOOL)
    report.expression_at(row, key, row.values[key], faults)
    return not faults


def read_duty_rules(pack: Pack, report: Report) -> list[DutyRule]:
    """Return the rules whose condition is correct, the broadest first."""
    rules = []
    for row in pack.rows(DUTIES, "duty"):
        condition = None
        if "when" in row.values:
            if not check_condition(pack, row, "when", report):
                continue
            condition = Condition(row.values["when"])
        rank = 0
        for level, key in enumerate(("kind", "majors", "when", "categories"), start=1):
            rank = level if key in row.values else rank
        rules.append(DutyRule(row, rank, condition))
    return sorted(rules, key=lambda rule: rule.rank)


class DutyList:
    """The rules of a pack resolved into `lines`; rules that contradict each other or cover nothing are reported."""

    def __init__(self, pack: Pack, report: Report) -> None:
        self.report = report
        self.facts = read_category_facts(pack)
        self.rules = read_duty_rules(pack, report)
        self.default_limits: dict[str, str] = pack.single(DUTIES, "limits")
        self.workstations = _find_workstations(pack)
        self.reported_clashes: set[tuple[int, int]] = set()
        self.lines = [line for key in self.facts for line in self._resolve(key)]
        for rule in self.rules:
            if not rule.hits and report.is_sound(CATEGORIES, DUTIES):
                message = _("这条规则一个类别也没有包含")
                report.warn_at(rule.row, "", "unused", message, _("删去它，或改正它。"))

    def _resolve(self, key: Key) -> Iterator[DutyLine]:
        """Yield the lines of one category: for the complete town, and for each area that a rule names."""
        rules = [rule for rule in self.rules if rule.covers(key, self.facts[key])]
        for rule in rules:
            rule.hits += 1
        areas = {area for rule in rules for area in rule.areas if area}
        if any(rule.row.values.get("lead") == BY_COMMUNITY for rule in rules):
            areas.update(self.workstations)
        for area in ["", *sorted(areas)]:
            line = self._make_line(key, area, rules)
            if line.lead:
                yield line

    def _make_line(self, key: Key, area: str, rules: list[DutyRule]) -> DutyLine:
        """Return the line for a category and an area: each part from the narrowest of the rules that states it."""
        chosen: Values = {f"limit {stage}": text for stage, text in self.default_limits.items()}
        deciding: dict[
            str, tuple[int, int, DutyRule]
        ] = {}  # part -> rank and depth of area of the deciding rule, rule
        for rule in rules:
            covering = [name for name in rule.areas if area.startswith(name)]
            if not covering:
                continue
            depth = max(len(name) for name in covering)
            for part, value in self._list_parts(rule, area):
                rank, deciding_depth, decider = deciding.get(part, (-1, -1, rule))
                if (rule.rank, depth) == (rank, deciding_depth) and value != chosen[part]:
                    self._report_clash(rule, decider, part, key[1])
                elif (rule.rank, depth) > (rank, deciding_depth):
                    chosen[part], deciding[part] = value, (rule.rank, depth, rule)
        limits = {part[6:].upper(): text for part, text in chosen.items() if part.startswith("limit ")}
        lead = chosen.get("lead", "")
        helpers = tuple(unit for unit in chosen.get("helpers", ()) if unit != lead)
        return DutyLine(*key, area, lead, helpers, limits)

    def _list_parts(self, rule: DutyRule, area: str) -> Iterator[tuple[str, Any]]:
        """Yield what a rule states for an area, as pairs: "lead", "helpers" or "limit STAGE", and its value."""
        values = rule.row.values
        lead = values.get("lead")
        if lead == BY_COMMUNITY:
            lead = self.workstations.get(area[:12])
        if lead:
            yield "lead", lead
        if "helpers" in values:
            yield "helpers", tuple(values["helpers"])
        for stage, text in values.get("limits", {}).items():
            yield f"limit {stage}", text

    def _report_clash(self, rule: DutyRule, other: DutyRule, part: str, code: str) -> None:
        pair = (rule.row.line(), other.row.line())
        if pair in self.reported_clashes:
            return
        self.reported_clashes.add(pair)
        name = PART_NAMES.get(part) or _("%(stage)s 时限") % {"stage": part.removeprefix("limit ")}
        message = _("类别 %(code)s 的%(part)s和第 %(line)d 行的规则不一样")
        message %= {"code": code, "part": name, "line": other.row.line()}
        hint = _("两条规则一样具体，分不出先后：把其中一条的类别或区域写得更具体。")
        self.report.error_at(rule.row, "", "duty-clash", message, hint)


def _find_workstations(pack: Pack) -> dict[str, str]:
    """Return the unit code of the workstation by the code of its community."""
    units = pack.by_key(UNITS, "unit")
    return {
        row.values["area"]: code
        for code, row in units.items()
        if row.values.get("kind") == "COMMUNITY" and row.values.get("area")
    }
