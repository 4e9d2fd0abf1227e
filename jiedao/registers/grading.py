"""Which grade a record has and why: the rules of the pack, evaluated. No database.

Grades stand the most serious first; a record has the first grade one of whose rules holds, and of those without a rule
that holds the last grade. A rule over a field that the record leaves empty is passed over, and the record says so.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from jiedao.kernel.expressions import ExpressionFault, compile_expression, unknown_names
from jiedao.places.models import in_language
from jiedao.registers.definition import Definition, Field, FieldKind, Rule

DAYS = (
    "_days"  # of a date field `tested`, rules see `tested_days`: days from then to now, negative when ahead
)
EXAMPLE = "storeys >= 7 && !second_exit"


@dataclass(frozen=True)
class Graded:
    """A grade with its reasons; `note` is what the record keeps."""

    grade: str
    rules: tuple[Rule, ...] = ()
    missing: tuple[str, ...] = ()

    def note(self) -> dict[str, Any]:
        """Return the reasons as they are kept: as said when the grade was given."""
        return {
            "why": [rule.because for rule in self.rules],
            "why_en": [rule.label if not rule.because_en else rule.because_en for rule in self.rules],
            "missing": list(self.missing),
        }


def reasons(note: Mapping[str, Any]) -> list[str]:
    """Return the reasons of a kept note in the reader's language."""
    why = [str(one) for one in note.get("why", [])]
    english = [str(one) for one in note.get("why_en", [])]
    return [in_language(*pair) for pair in zip(why, english + why[len(english) :], strict=False)]


def names_for_rules(definition: Definition) -> dict[str, Field]:
    """Return what a rule may name: the fields in use that are not personal, date fields as days."""
    return {
        one.key + DAYS if one.kind is FieldKind.DATE else one.key: one
        for one in definition.live
        if not one.personal
    }


def check_rule(definition: Definition, rule: Rule) -> Any:
    """Return the compiled rule; raise ExpressionFault where it does not compile or names what is not there."""
    program = compile_expression(rule.when, example=EXAMPLE)
    names = names_for_rules(definition)
    for name in unknown_names(program, names):
        raise ExpressionFault(f"names {name!r}, which is no field", f"Fields: {', '.join(names)}.")
    return program


@dataclass
class _Compiled:
    rule: Rule
    names: tuple[str, ...]


@dataclass
class Grader:
    """The rules of one register, compiled once. Records that are alike in what rules ask are graded once."""

    definition: Definition
    _rules: list[_Compiled] = field(default_factory=list)
    _names: dict[str, Field] = field(default_factory=dict)
    _programs: dict[tuple[int, ...], Any] = field(default_factory=dict)
    _seen: dict[tuple[Any, ...], Graded] = field(default_factory=dict)

    def __post_init__(self) -> None:
        known = names_for_rules(self.definition)
        order = {grade.code: place for place, grade in enumerate(self.definition.grades)}
        for rule in sorted(self.definition.rules, key=lambda rule: order.get(rule.grade, len(order))):
            used = tuple(check_rule(self.definition, rule).variables())
            self._rules.append(_Compiled(rule, used))
            self._names |= {name: known[name] for name in used}

    @property
    def counts_days(self) -> bool:
        """Tell whether a rule counts days since a date, so that grades change with the day alone."""
        return any(one.kind is FieldKind.DATE for one in self._names.values())

    def grade(self, values: Mapping[str, Any], today: date) -> Graded:
        """Return the grade of a record's values (by store) on a day; "" where the register has no grades."""
        if not self.definition.grades:
            return Graded("")
        facts = {name: self._fact(one, values.get(one.store), today) for name, one in self._names.items()}
        key = tuple(facts.values())
        if (found := self._seen.get(key)) is None:
            if len(self._seen) > 50_000:
                self._seen.clear()
            found = self._seen[key] = self._graded(facts)
        return found

    def _fact(self, one: Field, value: Any, today: date) -> Any:
        if one.kind is FieldKind.DATE and value is not None:
            return (today - date.fromisoformat(value)).days
        return value

    def _graded(self, facts: dict[str, Any]) -> Graded:
        known = tuple(
            place
            for place, one in enumerate(self._rules)
            if all(facts[name] is not None for name in one.names)
        )
        empty = {self._names[name].key for name, fact in facts.items() if fact is None}
        missing = tuple(one.key for one in self.definition.live if one.key in empty)
        held = [
            self._rules[place].rule
            for place, true in zip(known, self._run(known, facts), strict=True)
            if true
        ]
        if not held:
            return Graded(self.definition.grades[-1].code, (), missing)
        return Graded(held[0].grade, tuple(rule for rule in held if rule.grade == held[0].grade), missing)

    def _run(self, known: tuple[int, ...], facts: dict[str, Any]) -> list[bool]:
        if not known:
            return []
        if known not in self._programs:
            whole = ", ".join(f"({self._rules[place].rule.when})" for place in known)
            self._programs[known] = compile_expression(f"[{whole}]", example=EXAMPLE)
        given = {name: value for name, value in facts.items() if value is not None}
        try:
            found = self._programs[known].execute(given)
        except (RuntimeError, TypeError, ValueError) as fault:
            raise ExpressionFault(
                f"a rule fails: {fault}", "Compare texts with texts and numbers with numbers."
            ) from fault
        return [one is True for one in found]
