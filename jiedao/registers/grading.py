"""Evaluate the grading rules of a pack: which grade a record has, and why. No database access.

Grades are listed with the most serious first. A record has the first grade with a rule that holds; if no rule holds,
it has the last grade. A rule that needs a field which the record leaves empty is skipped, and the field is reported as
missing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from jiedao.kernel.expressions import ExpressionFault, compile_expression, find_unknown_names
from jiedao.places.models import in_language
from jiedao.registers.definition import Definition, Field, FieldKind, Rule

# Rules see a date field `tested` as `tested_days`: the days since that date, negative if it is in the future.
DAYS = "_days"
EXAMPLE = "storeys >= 7 && !second_exit"


@dataclass(frozen=True)
class Graded:
    """The grade of a record: the rules that gave it, and the keys of empty fields that rules would have needed."""

    grade: str
    rules: tuple[Rule, ...] = ()
    missing: tuple[str, ...] = ()

    def note(self) -> dict[str, Any]:
        """Return the reasons to store with the record, in the words that the rules have today."""
        return {
            "why": [rule.because for rule in self.rules],
            "why_en": [rule.label if not rule.because_en else rule.because_en for rule in self.rules],
            "missing": list(self.missing),
        }


def translate_reasons(note: Mapping[str, Any]) -> list[str]:
    """Return the reasons in a stored `grade_note`, in the reader's language."""
    why = [str(reason) for reason in note.get("why", [])]
    english = [str(reason) for reason in note.get("why_en", [])]
    return [in_language(*pair) for pair in zip(why, english + why[len(english) :], strict=False)]


def names_for_rules(definition: Definition) -> dict[str, Field]:
    """Return the names that a rule may use: the fields in use that are not personal, date fields with `DAYS`."""
    return {
        field.key + DAYS if field.kind is FieldKind.DATE else field.key: field
        for field in definition.active_fields
        if not field.personal
    }


def check_rule(definition: Definition, rule: Rule) -> Any:
    """Return the compiled rule; raise ExpressionFault if it does not compile or uses an unknown name."""
    program = compile_expression(rule.when, example=EXAMPLE)
    names = names_for_rules(definition)
    for name in find_unknown_names(program, names):
        raise ExpressionFault(f"names {name!r}, which is no field", f"Fields: {', '.join(names)}.")
    return program


@dataclass
class _CompiledRule:
    rule: Rule
    names: tuple[str, ...]


@dataclass
class Grader:
    """The compiled rules of one register. Grades are cached by the values that the rules use."""

    definition: Definition
    _rules: list[_CompiledRule] = field(default_factory=list)
    _names: dict[str, Field] = field(default_factory=dict)
    _programs: dict[tuple[int, ...], Any] = field(default_factory=dict)
    _cache: dict[tuple[Any, ...], Graded] = field(default_factory=dict)

    def __post_init__(self) -> None:
        known = names_for_rules(self.definition)
        order = {grade.code: place for place, grade in enumerate(self.definition.grades)}
        for rule in sorted(self.definition.rules, key=lambda rule: order.get(rule.grade, len(order))):
            used = tuple(check_rule(self.definition, rule).variables())
            self._rules.append(_CompiledRule(rule, used))
            self._names |= {name: known[name] for name in used}

    @property
    def counts_days(self) -> bool:
        """Return whether a rule counts days since a date, so that grades can change without a change of the record."""
        return any(rule_field.kind is FieldKind.DATE for rule_field in self._names.values())

    def grade(self, values: Mapping[str, Any], today: date) -> Graded:
        """Return the grade on a day of a record with these stored values; "" if the register has no grades."""
        if not self.definition.grades:
            return Graded("")
        facts = {
            name: self._fact(rule_field, values.get(rule_field.store), today)
            for name, rule_field in self._names.items()
        }
        key = tuple(facts.values())
        if (graded := self._cache.get(key)) is None:
            if len(self._cache) > 50_000:
                self._cache.clear()
            graded = self._cache[key] = self._grade_facts(facts)
        return graded

    def _fact(self, field: Field, value: Any, today: date) -> Any:
        if field.kind is FieldKind.DATE and value is not None:
            return (today - date.fromisoformat(value)).days
        return value

    def _grade_facts(self, facts: dict[str, Any]) -> Graded:
        known = tuple(
            number
            for number, compiled in enumerate(self._rules)
            if all(facts[name] is not None for name in compiled.names)
        )
        empty = {self._names[name].key for name, fact in facts.items() if fact is None}
        missing = tuple(field.key for field in self.definition.active_fields if field.key in empty)
        holding = [
            self._rules[number].rule
            for number, holds in zip(known, self._run(known, facts), strict=True)
            if holds
        ]
        if not holding:
            return Graded(self.definition.grades[-1].code, (), missing)
        return Graded(
            holding[0].grade, tuple(rule for rule in holding if rule.grade == holding[0].grade), missing
        )

    def _run(self, known: tuple[int, ...], facts: dict[str, Any]) -> list[bool]:
        if not known:
            return []
        if known not in self._programs:
            combined = ", ".join(f"({self._rules[number].rule.when})" for number in known)
            self._programs[known] = compile_expression(f"[{combined}]", example=EXAMPLE)
        known_facts = {name: value for name, value in facts.items() if value is not None}
        try:
            results = self._programs[known].execute(known_facts)
        except (RuntimeError, TypeError, ValueError) as fault:
            raise ExpressionFault(
                f"a rule fails: {fault}", "Compare texts with texts and numbers with numbers."
            ) from fault
        return [result is True for result in results]
