"""What a measure's `spec` holds, by its kind, and what can be wrong with it.

- amount: a spec of `kernel.figures`, with `factor` where the measure's unit is larger than the source's own: square
  metres in 万平方米 have the factor 10000.
- rate: `numerator` and `denominator`, each a spec or a list of specs that are added up. A spec of the numerator may
  have a `weight`, so that 基本满意 counts 0.6. `denominator_name` states what the rate is of: 应结, 受理, 回访.
- duration: a spec of a duration, such as `{ source = "cases", duration = "reported_closed" }`, in hours, and
  `quantile`, 0.5 (the median) by default; `factor` is 24 where the measure's unit is days.
- formula: `formula`, an expression over the keys of `terms`, each the key of another measure.
- amount, rate and duration: `since`, a day such as "2019-01-01", where it is known better than from the first row since
  when the office keeps what is counted. Earlier periods without rows are no data, later ones are 0.
- entered: nothing, or `sum = true` where the figure of a longer period is the sum of its months.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.utils.translation import gettext as _

from jiedao.indicators.models import MeasureKind
from jiedao.kernel.expressions import (
    NUMBER,
    Environment,
    Expression,
    compile_expression,
    find_expression_faults,
)
from jiedao.kernel.figures import HALF, Spec, exclude_rows
from jiedao.kernel.phrasing import list_names, name_subject, name_unknown
from jiedao.kernel.readers.exact import name_wrong_number, read_exact

EXAMPLE = "closed * 100.0 / due"
_KEYS = {
    MeasureKind.AMOUNT: {"spec", "factor", "since"},
    MeasureKind.DURATION: {"spec", "factor", "quantile", "since"},
    MeasureKind.RATE: {"numerator", "denominator", "denominator_name", "denominator_name_en", "since"},
    MeasureKind.FORMULA: {"formula", "terms"},
    MeasureKind.ENTERED: {"sum"},
}


@dataclass(frozen=True)
class Term:
    """A spec with the weight by which its amounts count."""

    spec: Spec
    weight: Decimal = Decimal(1)


@dataclass(frozen=True)
class MeasureDefinition:
    """A readable `spec` of a measure.

    Attributes:
        numerator: the terms of an amount, or above the line of a rate.
        denominator: the terms below the line of a rate; empty for an amount.
        quantile: of a duration, in thousandths.
        terms: the keys of other measures by their name in the formula.
        is_summed: an entered figure of a longer period is the sum of its months.
        since: the day from which what is counted is in the system; None where the sources know it by their rows.
    """

    kind: MeasureKind
    numerator: tuple[Term, ...] = ()
    denominator: tuple[Term, ...] = ()
    denominator_name: str = ""
    denominator_name_en: str = ""
    factor: Decimal = Decimal(1)
    quantile: int = HALF
    formula: str = ""
    terms: Mapping[str, str] = field(default_factory=dict)
    is_summed: bool = False
    since: date | None = None

    @property
    def specs(self) -> list[Spec]:
        """Every spec whose amounts must be read, those of the numerator first; none of a duration."""
        if self.kind is MeasureKind.DURATION:
            return []
        return [term.spec for term in (*self.numerator, *self.denominator)]

    def exclude_rows(self, rows: Mapping[str, Sequence[str]]) -> "MeasureDefinition":
        """Return the definition without excluded rows, which `rows` names by source."""

        def narrow(terms: tuple[Term, ...]) -> tuple[Term, ...]:
            return tuple(Term(exclude_rows(term.spec, rows), term.weight) for term in terms)

        return replace(self, numerator=narrow(self.numerator), denominator=narrow(self.denominator))

    @cached_property
    def expression(self) -> Expression:
        """The compiled formula."""
        return compile_expression(self.formula, _build_environment(self.terms), wanted=NUMBER)


def read_definition(kind: str, spec: Mapping[str, Any]) -> MeasureDefinition:
    """Return the definition of a measure; raise ValueError with every fault, one a line, if it has any."""
    faults = find_definition_faults(kind, spec)
    if faults:
        raise ValueError("\n".join(faults))
    kind, since = MeasureKind(kind), read_day(spec.get("since"))
    if kind is MeasureKind.AMOUNT:
        factor = Decimal(str(spec.get("factor", 1)))
        return MeasureDefinition(kind, numerator=_read_terms(spec["spec"]), factor=factor, since=since)
    if kind is MeasureKind.DURATION:
        return MeasureDefinition(
            kind,
            numerator=_read_terms(spec["spec"]),
            factor=Decimal(str(spec.get("factor", 1))),
            quantile=int(Decimal(str(spec.get("quantile", 0.5))) * 1000),
            since=since,
        )
    if kind is MeasureKind.RATE:
        return MeasureDefinition(
            kind,
            numerator=_read_terms(spec["numerator"]),
            denominator=_read_terms(spec["denominator"]),
            denominator_name=spec["denominator_name"],
            denominator_name_en=spec.get("denominator_name_en", ""),
            since=since,
        )
    if kind is MeasureKind.FORMULA:
        return MeasureDefinition(kind, formula=spec["formula"], terms=dict(spec["terms"]))
    return MeasureDefinition(kind, is_summed=bool(spec.get("sum", False)))


def read_day(value: Any) -> date | None:
    """Return a day that is written as a text, None for anything else."""
    try:
        return date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None


def find_definition_faults(kind: str, spec: Any) -> list[str]:  # noqa: PLR0911 (one for each kind)
    """Return everything that is wrong with the form of a spec; its sources are checked elsewhere.

    A fault of a formula is a LocatedText.
    """
    if kind not in MeasureKind.values:
        return [name_unknown("kind", kind, MeasureKind.values)]
    if not isinstance(spec, Mapping):
        return [_("定义应是表")]
    known = _KEYS[MeasureKind(kind)]
    message = _("%(kind)s 类的指标没有 %(key)s 这一项；可以写：%(known)s")
    words = {"kind": kind, "known": list_names(sorted(known))}
    faults = [message % {**words, "key": key} for key in spec if key not in known]
    if spec.get("since") is not None and read_day(spec["since"]) is None:
        message = _('since 应是日期，如 "2019-01-01"，现在是 %(value)s')
        faults.append(message % {"value": repr(spec["since"])[:60]})
    if kind == MeasureKind.AMOUNT:
        return faults + _find_amount_faults(spec)
    if kind == MeasureKind.DURATION:
        return faults + _find_duration_faults(spec)
    if kind == MeasureKind.RATE:
        return faults + _find_rate_faults(spec)
    if kind == MeasureKind.FORMULA:
        return faults + _find_formula_faults(spec)
    if not isinstance(spec.get("sum", False), bool):
        faults.append(_("sum 应是 true 或 false"))
    return faults


def _find_amount_faults(spec: Mapping[str, Any]) -> list[str]:
    if "spec" not in spec:
        return [_("缺少 spec：要数的来源")]
    factor = spec.get("factor", 1)
    if (number := read_exact(factor)) is None:
        return [name_wrong_number("factor", factor)]
    if number <= 0:
        return [_("factor 要大于 0")]
    return _find_terms_faults("spec", spec["spec"])


def _find_duration_faults(spec: Mapping[str, Any]) -> list[str]:
    faults = _find_amount_faults(spec)
    quantile = read_exact(spec.get("quantile", 0.5))
    if quantile is None or not 0 <= quantile <= 1 or quantile * 1000 % 1:
        message = _("quantile 应是 0 到 1 的数，最多三位小数，现在是 %(value)s")
        faults.append(message % {"value": repr(spec["quantile"])[:60]})
    if isinstance(spec.get("spec"), list):
        faults.append(_("spec 只能是一个表：几个来源的时长不能混在一起"))
    return faults


def _find_rate_faults(spec: Mapping[str, Any]) -> list[str]:
    faults = []
    for name in ("numerator", "denominator"):
        if name not in spec:
            message = _("缺少 %(name)s：一个来源，或几个来源的列表")
            faults.append(message % {"name": name})
        else:
            faults += _find_terms_faults(name, spec[name])
    if not isinstance(spec.get("denominator_name"), str) or not spec["denominator_name"].strip():
        faults.append(_("缺少 denominator_name：写明分母是什么，如“应结”"))
    return faults


def _find_formula_faults(spec: Mapping[str, Any]) -> list[str]:
    terms, formula = spec.get("terms"), spec.get("formula")
    if not isinstance(terms, Mapping) or not terms or not all(isinstance(key, str) for key in terms.values()):
        return [_("terms 应是名称和指标代码的表")]
    if not isinstance(formula, str) or not formula.strip():
        return [_("缺少 formula")]
    faults = find_expression_faults(formula, _build_environment(terms), wanted=NUMBER)
    return [fault.locate(formula, "formula") for fault in faults]


def _build_environment(terms: Mapping[str, str]) -> Environment:
    """Return the names of a formula: every term is a number."""
    labels = {name: key for name, key in terms.items() if name != key}
    return Environment(dict.fromkeys(terms, NUMBER), labels=labels, example=EXAMPLE)


def _find_terms_faults(name: str, value: Any) -> list[str]:
    items = value if isinstance(value, list) else [value]
    if not items:
        return [_("%(name)s 没有写来源") % {"name": name}]
    faults = []
    for item in items:
        if not isinstance(item, Mapping) or not isinstance(item.get("source"), str):
            faults.append(_("%(name)s 应是写有 source 的表") % {"name": name})
        elif "weight" in item and read_exact(item["weight"]) is None:
            faults.append(name_subject(name, name_wrong_number("weight", item["weight"])))
    return faults


def _read_terms(value: Any) -> tuple[Term, ...]:
    items: Iterable[Mapping[str, Any]] = value if isinstance(value, list) else [value]
    return tuple(
        Term(
            {key: part for key, part in item.items() if key != "weight"}, Decimal(str(item.get("weight", 1)))
        )
        for item in items
    )
