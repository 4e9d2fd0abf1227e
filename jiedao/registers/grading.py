"""Evaluate the grading rules of a pack: which grade a record has, and why. No database access.

Grades are listed with the most serious first. A record has the first grade with a rule that holds; if no rule holds,
it has the last grade. A rule that an empty field leaves undecided does not hold, and the field is reported as missing.
A rule that cannot be computed for a record, such as by a division by zero, is a fault of that record, in words.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiedao.kernel.errors import UserError
from jiedao.kernel.expressions import (
    BOOL,
    DATE,
    NUMBER,
    TEXT,
    ComputingFault,
    Environment,
    Expression,
    ExpressionFault,
    Type,
    choice_of,
    compile_expression,
)
from jiedao.places.models import in_language
from jiedao.registers.definition import NUMERIC, Definition, Field, FieldKind, Rule

# Rules may use a date field `tested` also as `tested_days`: the days since that date, negative if it is in the future.
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


def name_facts(definition: Definition) -> dict[str, Field]:
    """Return the field of each name that a rule may use: a date has two, its key and its key with `DAYS`."""
    fields = [field for field in definition.active_fields if not field.personal]
    days = {field.key + DAYS: field for field in fields if field.kind is FieldKind.DATE}
    return days | {field.key: field for field in fields}


def build_environment(definition: Definition) -> Environment:
    """Return the names of a register's rules with their types; personal fields cannot be used."""
    fields = name_facts(definition)
    personal = gettext_lazy("个人信息加密保存，规则读不到")
    return Environment(
        {name: find_type(name, field) for name, field in fields.items()},
        labels={field.key: field.name for field in fields.values()},
        closed={field.key: personal for field in definition.active_fields if field.personal},
        example=EXAMPLE,
    )


def find_type(name: str, field: Field) -> Type:
    """Return the type of a name of a field: of its key, or of a date with `DAYS`."""
    if name != field.key or field.kind in NUMERIC:
        return NUMBER
    if field.kind is FieldKind.CHOICE:
        return choice_of({choice.code: choice.name for choice in field.choices})
    return {FieldKind.BOOL: BOOL, FieldKind.DATE: DATE}.get(field.kind, TEXT)


@dataclass
class _CompiledRule:
    rule: Rule
    condition: Expression


@dataclass
class Grader:
    """The compiled rules of one register. Grades are cached by the values that the rules use.

    Raises ExpressionFault if a rule is no condition over the fields.
    """

    definition: Definition
    _rules: list[_CompiledRule] = field(default_factory=list)
    _names: dict[str, Field] = field(default_factory=dict)
    _cache: dict[tuple[Any, ...], Graded] = field(default_factory=dict)

    def __post_init__(self) -> None:
        known, names = name_facts(self.definition), build_environment(self.definition)
        order = {grade.code: place for place, grade in enumerate(self.definition.grades)}
        for rule in sorted(self.definition.rules, key=lambda rule: order.get(rule.grade, len(order))):
            condition = compile_expression(rule.when, names, wanted=BOOL)
            self._rules.append(_CompiledRule(rule, condition))
            self._names |= {name: known[name] for name in condition.names}

    @property
    def counts_days(self) -> bool:
        """Return whether a rule counts days since a date, so that grades can change without a change of the record."""
        return any(name != rule_field.key for name, rule_field in self._names.items())

    def grade(self, values: Mapping[str, Any], today: date) -> Graded:
        """Return the grade on a day of a record with these stored values; "" if the register has no grades.

        Raise ComputingFault for a record for which a rule cannot be computed.
        """
        if not self.definition.grades:
            return Graded("")
        facts = {
            name: _read_fact(name, rule_field, values.get(rule_field.store), today)
            for name, rule_field in self._names.items()
        }
        key = tuple(facts.values())
        if (graded := self._cache.get(key)) is None:
            if len(self._cache) > 50_000:
                self._cache.clear()
            graded = self._cache[key] = self._grade_facts(facts)
        return graded

    def _grade_facts(self, facts: dict[str, Any]) -> Graded:
        holding: list[Rule] = []
        undecided: set[str] = set()
        for compiled in self._rules:
            try:
                holds = compiled.condition.evaluate(facts)
            except ComputingFault as fault:
                raise self._explain(compiled, fault) from fault
            if holds:
                holding.append(compiled.rule)
            elif holds is None:
                undecided |= {
                    self._names[name].key for name in compiled.condition.read_names if facts[name] is None
                }
        missing = tuple(field.key for field in self.definition.active_fields if field.key in undecided)
        if not holding:
            return Graded(self.definition.grades[-1].code, (), missing)
        return Graded(
            holding[0].grade, tuple(rule for rule in holding if rule.grade == holding[0].grade), missing
        )

    def _explain(self, compiled: _CompiledRule, fault: ComputingFault) -> ComputingFault:
        """Return the fault with the rule and the fields that a person can look at."""
        fields = [self._names[name] for name in compiled.condition.read_names]
        labels = dict.fromkeys(field.label for field in fields)
        return ComputingFault(
            _("定级规则“%(rule)s”算不出：%(why)s"),
            hint=_("请核对 %(fields)s；没有填错的话，请管理数据包的人改这条规则。")
            % {"fields": _("、").join(labels)},
            field=fields[0].key if fields else "",
            rule=compiled.rule.label,
            why=fault.cause,
        )


def build_grader(definition: Definition) -> Grader:
    """Return the compiled rules of a register; raise UserError, in words, for a rule that cannot be used.

    The check of a pack reports such rules, but an earlier version checked less than the present one.
    """
    try:
        return Grader(definition)
    except ExpressionFault as fault:
        raise UserError(
            _("台账“%(name)s”有一条定级规则写错了：%(why)s")
            % {"name": definition.label, "why": fault.describe()},
            hint=_("请管理数据包的人用 jiedao pack check 检查，改正后重新应用。"),
        ) from fault


def _read_fact(name: str, field: Field, value: Any, today: date) -> Any:
    """Return the value of a name: of a date under its second name, the days since that date."""
    if name == field.key or value is None:
        return value
    return (today - date.fromisoformat(value)).days
