"""The form of a draft: the points, rule, numbers and bands of each item, and the grades, as fields that are checked.

The fields of an item belong to its rule: "on_time.threshold.per". After another rule is chosen, the fields of that rule
appear with usual values at the next try.
"""

from collections.abc import Mapping
from dataclasses import MISSING, fields, replace
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiedao.desk.evaluation.draft_faults import find_fault
from jiedao.desk.evaluation.draft_fields import (
    ALSO_HINT,
    BANDS_HINT,
    TABLE_HINT,
    BandsField,
    NumbersListField,
    TermsField,
    write_bands,
)
from jiedao.evaluation.definition import COMPARED
from jiedao.evaluation.drafts import Draft, DraftItem
from jiedao.evaluation.rules.reading import RULES, build_rule
from jiedao.evaluation.rules.rule import VALUE, format_decimal
from jiedao.pages.fields import AmountField
from jiedao.places.models import in_language

# The fields that belong to no item; the key of an item does not begin so.
TOTAL, MINIMUM, GRADE = "_total", "_minimum", "_grade."
RULE_LABELS: dict[str, Any] = {
    "rate": gettext_lazy("分值 × 比率"),
    "inverse": gettext_lazy("分值 × （1 − 比率）"),
    "deduct": gettext_lazy("每件扣分"),
    "add": gettext_lazy("每件加分"),
    "bands": gettext_lazy("分段给分"),
    "threshold": gettext_lazy("达标得满分，不足递减"),
    "linear": gettext_lazy("按差值线性"),
    "rank": gettext_lazy("按名次线性"),
    "rank_table": gettext_lazy("按名次表"),
    "share_of_first": gettext_lazy("与最好的相比"),
    "weight": gettext_lazy("系数 × 指数"),
    "quota": gettext_lazy("达到定额"),
    "normalised": gettext_lazy("按面积和人口折算"),
    "manual": gettext_lazy("人工评分"),
}
PARAMETER_LABELS: dict[str, Any] = {
    "points": gettext_lazy("分值"),
    "floor": gettext_lazy("最低分"),
    "per": gettext_lazy("每单位加减分"),
    "step": gettext_lazy("每满多少计一次"),
    "allowed": gettext_lazy("免扣数"),
    "cap": gettext_lazy("最多扣"),
    "base": gettext_lazy("基础分"),
    "threshold": gettext_lazy("达标值"),
    "above": gettext_lazy("超出每单位加"),
    "most_above": gettext_lazy("最多加"),
    "zero_at": gettext_lazy("零分值"),
    "last": gettext_lazy("末位得分"),
    "beyond": gettext_lazy("表外每位减"),
    "weight": gettext_lazy("系数"),
    "bands": gettext_lazy("分段"),
    "table": gettext_lazy("名次得分"),
    "also": gettext_lazy("其他事项每件"),
}


def list_rules(item: DraftItem) -> list[str]:
    """Return the rules that an item may have: those that need the same values as its own."""
    own = RULES.get(str(item.spec["rule"].get("rule")))
    values = set(item.spec.get("values") or {}) | ({VALUE} if item.spec.get("scores_of") else set())
    if own is None or own.name == "manual" or "also" in item.spec["rule"] or values != {VALUE}:
        return [str(item.spec["rule"].get("rule"))]
    return [
        name for name, rule in RULES.items() if name != "manual" and set(rule.values) - COMPARED <= {VALUE}
    ]


def _list_parameters(rule: str, spec: Mapping[str, Any]) -> list[str]:
    names = [field.name for field in fields(RULES[rule])]
    return [name for name in names if name != "also" or "also" in spec]


def _get_usual(rule: str, name: str, points: Decimal) -> Any:
    """Return the value with which a field of a rule begins that an item did not have before."""
    if name == "points":
        return format_decimal(points)
    if name == "bands":
        return [{"points": format_decimal(points), "low": 60}, {"points": 0, "high": 60}]
    if name == "table":
        return [format_decimal(points)]
    field = next(field for field in fields(RULES[rule]) if field.name == name)
    return "" if field.default in (None, MISSING) else format_decimal(field.default)


class DraftForm(forms.Form):
    """A draft that can be edited. Its data may leave fields out; these have the values of the draft."""

    def __init__(self, draft: Draft, data: Any = None) -> None:
        self.draft = draft
        self.rules = {item.key: self._choose_rule(item, data) for item in draft.items}
        values = self._list_values(draft)
        if data is not None:
            values = {name: data.get(name, value) for name, value in values.items()}
        super().__init__(self._write(values))
        self._add_fields()

    @staticmethod
    def _choose_rule(item: DraftItem, data: Any) -> str:
        own = str(item.spec["rule"]["rule"])
        chosen = data.get(f"{item.key}.rule", own) if data is not None else own
        return chosen if chosen in list_rules(item) else own

    def _list_values(self, draft: Draft) -> dict[str, Any]:
        values: dict[str, Any] = {
            TOTAL: format_decimal(draft.total),
            MINIMUM: str(draft.spec.get("minimum") or ""),
        }
        for index, grade in enumerate(draft.spec.get("grades") or ()):
            values[f"{GRADE}{index}"] = str(grade["least"])
        for item in draft.items:
            rule, spec = self.rules[item.key], item.spec["rule"]
            same = spec if spec.get("rule") == rule else {}
            values[f"{item.key}.rule"] = rule
            for name in _list_parameters(rule, spec):
                usual = _get_usual(rule, name, item.points)
                values[f"{item.key}.{rule}.{name}"] = same.get(name, usual)
        return values

    @staticmethod
    def _write(values: Mapping[str, Any]) -> dict[str, Any]:
        """Return the values as texts, as a browser sends them."""
        written = {}
        for name, value in values.items():
            if isinstance(value, list) and name.endswith(".bands"):
                written[name] = write_bands(value)
            elif isinstance(value, list):
                written[name] = ", ".join(map(str, value))
            elif isinstance(value, Mapping):
                written[name] = "\n".join(f"{key} = {part}" for key, part in value.items())
            else:
                written[name] = str(value)
        return written

    def _add_fields(self) -> None:
        self.fields[TOTAL] = AmountField(label=_("总分"), min_value=1, max_digits=12, decimal_places=4)
        if self.draft.spec.get("minimum_measure"):
            self.fields[MINIMUM] = AmountField(
                label=_("最少件数"), required=False, min_value=0, max_digits=12, decimal_places=4
            )
        for index, grade in enumerate(self.draft.spec.get("grades") or ()):
            name = in_language(grade["label"], str(grade.get("label_en", "")))
            label = _("“%(grade)s”不低于") % {"grade": name}
            self.fields[f"{GRADE}{index}"] = AmountField(label=label, max_digits=12, decimal_places=4)
        for item in self.draft.items:
            rule, names = self.rules[item.key], list_rules(item)
            self.fields[f"{item.key}.rule"] = forms.ChoiceField(
                label=_("计分办法"), choices=[(name, RULE_LABELS[name]) for name in names]
            )
            for name in _list_parameters(rule, item.spec["rule"]):
                self.fields[f"{item.key}.{rule}.{name}"] = _make_parameter_field(name)

    def clean(self) -> dict[str, Any]:
        """Check that each rule can be applied, with the fault at the field of its points."""
        cleaned: dict[str, Any] = super().clean() or {}
        for item in self.draft.items:
            if not self.errors.keys().isdisjoint(self._list_names(item)):
                continue
            fault = find_fault(build_rule(self._read_rule(item)))
            if fault:
                self.add_error(f"{item.key}.{self.rules[item.key]}.points", fault)
        return cleaned

    def _list_names(self, item: DraftItem) -> list[str]:
        """Return the names of the fields of an item."""
        rule = self.rules[item.key]
        parameters = _list_parameters(rule, item.spec["rule"])
        return [f"{item.key}.rule", *(f"{item.key}.{rule}.{name}" for name in parameters)]

    def _read_rule(self, item: DraftItem) -> dict[str, Any]:
        rule = self.rules[item.key]
        values = {
            name: self.cleaned_data.get(f"{item.key}.{rule}.{name}")
            for name in _list_parameters(rule, item.spec["rule"])
        }
        return {"rule": rule} | {
            name: format_decimal(value) if isinstance(value, Decimal) else value
            for name, value in values.items()
            if value is not None and value != {}
        }

    def build(self) -> Draft:
        """Return the draft with what was typed; only for a valid form."""
        spec = dict(self.draft.spec)
        if MINIMUM in self.fields:
            spec["minimum"] = str(self.cleaned_data[MINIMUM] or 0)
        if spec.get("grades"):
            spec["grades"] = [
                {**grade, "least": format_decimal(self.cleaned_data[f"{GRADE}{index}"])}
                for index, grade in enumerate(spec["grades"])
            ]
        items = tuple(item.change_rule(self._read_rule(item)) for item in self.draft.items)
        return replace(self.draft, total=self.cleaned_data[TOTAL], spec=spec, items=items)

    def list_groups(self) -> list[dict[str, Any]]:
        """Return the fields of each item under its name, those of bands and tables last."""
        groups = []
        for item in self.draft.items:
            bound = [self[name] for name in self._list_names(item)]
            long = [field for field in bound if isinstance(field.field.widget, forms.Textarea)]
            groups.append(
                {
                    "label": in_language(item.name, item.name_en),
                    "meaning": in_language(item.meaning, item.meaning_en),
                    "fields": [field for field in bound if field not in long],
                    "long": long,
                }
            )
        return groups

    def list_general_fields(self) -> list[Any]:
        """Return the fields that belong to no item."""
        return [self[name] for name in self.fields if name in {TOTAL, MINIMUM} or name.startswith(GRADE)]


def _make_parameter_field(name: str) -> forms.Field:
    label = PARAMETER_LABELS[name]
    if name == "bands":
        return BandsField(label=label, help_text=BANDS_HINT)
    if name == "table":
        return NumbersListField(label=label, help_text=TABLE_HINT)
    if name == "also":
        return TermsField(label=label, help_text=ALSO_HINT)
    is_needed = name not in {"cap", "floor"}
    return AmountField(label=label, required=is_needed, max_digits=12, decimal_places=4)
