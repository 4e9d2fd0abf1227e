"""The duty list 权责清单: rules that grow finer, resolved into one line for each category and area.

A rule names categories (all, of a kind, of a 大类, those a condition holds for, or a list) and areas (the
whole town or a list) and gives a lead unit, helpers or limits. For one category and area every rule that
covers it is laid over the broader ones: a finer choice of categories wins; between equals, a finer area
wins. Each of lead, helpers and each stage's limit is taken from the finest rule that gives it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from jiedao.kernel.expressions import ExpressionFault
from jiedao.packs.expressions import Condition
from jiedao.packs.faults import Report
from jiedao.packs.pack import Pack
from jiedao.packs.reading import Row

BY_COMMUNITY = "@community"  # the workstation of the community the case lies in
Key = tuple[str, str]  # kind and code of a category
SMALL = {5, 8, 11}  # digits of a 小类


@dataclass(frozen=True)
class DutyLine:
    """One line of the duty list; `area` is "" for the whole town, limits are keyed by upper-case stage."""

    kind: str
    code: str
    area: str
    lead: str
    helpers: tuple[str, ...]
    limits: dict[str, str] = field(default_factory=dict)


@dataclass
class Rule:
    """A [[duty]] of the pack, ready to be asked which categories it covers."""

    row: Row
    rank: int
    condition: Condition | None
    hits: int = 0

    def covers(self, key: Key, facts: dict[str, Any]) -> bool:
        """Tell whether the rule covers the category."""
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
        """The areas named, or [""] for the whole town."""
        return self.row.values.get("areas") or [""]


def category_facts(pack: Pack) -> dict[Key, dict[str, Any]]:
    """Return what an expression may ask of each 小类, by kind and code."""
    named = {(row.values.get("kind"), row.values.get("code")): row for row in pack.rows("categories.csv")}
    facts = {}
    for (kind, code), row in named.items():
        if kind and code and len(code) in SMALL:
            major = named.get((kind, code[:2]))
            facts[kind, code] = {
                "kind": kind,
                "code": code,
                "major": code[:2],
                "name": row.values.get("name", ""),
                "major_name": major.values.get("name", "") if major else "",
            }
    return facts


def read_rules(pack: Pack, report: Report) -> list[Rule]:
    """Return the rules whose condition compiles, broad ones first."""
    rules = []
    for row in pack.rows("duties.toml", "duty"):
        condition = None
        if "when" in row.values:
            try:
                condition = Condition(row.values["when"])
            except ExpressionFault as fault:
                report.error(row.file, row.line("when"), "expression", f"the condition {fault}", fault.hint)
                continue
        rank = 0
        for level, key in enumerate(("kind", "majors", "when", "categories"), start=1):
            rank = level if key in row.values else rank
        rules.append(Rule(row, rank, condition))
    return sorted(rules, key=lambda rule: rule.rank)


class DutyList:
    """The rules of a pack resolved; clashes, gaps and idle rules go into the report."""

    def __init__(self, pack: Pack, report: Report) -> None:
        self.report = report
        self.facts = category_facts(pack)
        self.rules = read_rules(pack, report)
        self.defaults: dict[str, str] = pack.one("duties.toml", "limits")
        self.stations = _stations(pack)
        self.clashes: set[tuple[int, int]] = set()
        self.lines = [line for key in self.facts for line in self._resolve(key)]
        for rule in self.rules:
            if not rule.hits and report.knows("categories.csv"):
                row = rule.row
                report.warn(
                    row.file, row.line(), "unused", "the rule covers no category", "Remove or correct it."
                )

    def _resolve(self, key: Key) -> Iterator[DutyLine]:
        rules = [rule for rule in self.rules if rule.covers(key, self.facts[key])]
        for rule in rules:
            rule.hits += 1
        areas = {area for rule in rules for area in rule.areas if area}
        if any(rule.row.values.get("lead") == BY_COMMUNITY for rule in rules):
            areas.update(self.stations)
        for area in ["", *sorted(areas)]:
            line = self._line(key, area, rules)
            if line.lead:
                yield line

    def _line(self, key: Key, area: str, rules: list[Rule]) -> DutyLine:
        """Lay the rules over each other, from the broadest to the finest."""
        chosen: dict[str, Any] = {f"limit {stage}": text for stage, text in self.defaults.items()}
        givers: dict[str, tuple[int, int, Rule]] = {}
        for rule in rules:
            here = [name for name in rule.areas if area.startswith(name)]
            if not here:
                continue
            depth = max(len(name) for name in here)
            for part, value in self._parts(rule, area):
                rank, reach, other = givers.get(part, (-1, -1, rule))
                if (rule.rank, depth) == (rank, reach) and value != chosen[part]:
                    self._clash(rule, other, part, key[1])
                elif (rule.rank, depth) > (rank, reach):
                    chosen[part], givers[part] = value, (rule.rank, depth, rule)
        limits = {part[6:].upper(): text for part, text in chosen.items() if part.startswith("limit ")}
        lead = chosen.get("lead", "")
        helpers = tuple(unit for unit in chosen.get("helpers", ()) if unit != lead)
        return DutyLine(*key, area, lead, helpers, limits)

    def _parts(self, rule: Rule, area: str) -> Iterator[tuple[str, Any]]:
        values = rule.row.values
        lead = values.get("lead")
        if lead == BY_COMMUNITY:
            lead = self.stations.get(area[:12])
        if lead:
            yield "lead", lead
        if "helpers" in values:
            yield "helpers", tuple(values["helpers"])
        for stage, text in values.get("limits", {}).items():
            yield f"limit {stage}", text

    def _clash(self, rule: Rule, other: Rule, part: str, code: str) -> None:
        pair = (rule.row.line(), other.row.line())
        if pair in self.clashes:
            return
        self.clashes.add(pair)
        self.report.error(
            rule.row.file, rule.row.line(), "duty-clash",
            f"gives category {code} another {part} than the rule in line {other.row.line()}",
            "Both are equally fine: name the categories or areas more closely in one of them.",
        )  # fmt: skip


def _stations(pack: Pack) -> dict[str, str]:
    """Return the community workstation of each community."""
    units = pack.coded("units.toml", "unit")
    return {
        row.values["area"]: code
        for code, row in units.items()
        if row.values.get("kind") == "COMMUNITY" and row.values.get("area")
    }
