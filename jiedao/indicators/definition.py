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

from jiedao.indicators.models import MeasureKind
from jiedao.kernel.expressions import (
    NUMBER,
    Environment,
    Expression,
    compile_expression,
    find_expression_faults,
)
from jiedao.kernel.figures import HALF, Spec, exclude_rows
from jiedao.kernel.readers.exact import LIMITS, read_exact

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

    A fault of a formula is a LocatedText; the others are in English.
    """
    if kind not in MeasureKind.values:
        return [f"no kind {kind!r}; known: {', '.join(MeasureKind.values)}"]
    if not isinstance(spec, Mapping):
        return ["the definition is a table"]
    known = _KEYS[MeasureKind(kind)]
    faults = [
        f"a measure of the kind {kind} has no {key!r}; known: {', '.join(sorted(known))}"
        for key in spec
        if key not in known
    ]
    if spec.get("since") is not None and read_day(spec["since"]) is None:
        faults.append(f"'since' is a day such as \"2019-01-01\", not {repr(spec['since'])[:60]}")
    if kind == MeasureKind.AMOUNT:
        return faults + _find_amount_faults(spec)
    if kind == MeasureKind.DURATION:
        return faults + _find_duration_faults(spec)
    if kind == MeasureKind.RATE:
        return faults + _find_rate_faults(spec)
    if kind == MeasureKind.FORMULA:
        return faults + _find_formula_faults(spec)
    if not isinstance(spec.get("sum", False), bool):
        faults.append("'sum' is true or false")
    return faults


def _find_amount_faults(spec: Mapping[str, Any]) -> list[str]:
    if "spec" not in spec:
        return ["'spec' is missing: the source that is counted"]
    factor = spec.get("factor", 1)
    if (number := read_exact(factor)) is None or number <= 0:
        return [f"'factor' is a positive number of {LIMITS}, not {repr(factor)[:60]}"]
    return _find_terms_faults("spec", spec["spec"])


def _find_duration_faults(spec: Mapping[str, Any]) -> list[str]:
    faults = _find_amount_faults(spec)
    quantile = read_exact(spec.get("quantile", 0.5))
    if quantile is None or not 0 <= quantile <= 1 or quantile * 1000 % 1:
        faults.append(
            f"'quantile' is from 0 to 1 with at most three decimals, not {repr(spec['quantile'])[:60]}"
        )
    if isinstance(spec.get("spec"), list):
        faults.append("'spec' is one table: durations of several sources are not mixed")
    return faults


def _find_rate_faults(spec: Mapping[str, Any]) -> list[str]:
    faults = []
    for name in ("numerator", "denominator"):
        if name not in spec:
            faults.append(f"{name!r} is missing: a spec, or a list of specs")
        else:
            faults += _find_terms_faults(name, spec[name])
    if not isinstance(spec.get("denominator_name"), str) or not spec["denominator_name"].strip():
        faults.append("'denominator_name' is missing: state in words what the rate is of, such as 应结")
    return faults


def _find_formula_faults(spec: Mapping[str, Any]) -> list[str]:
    terms, formula = spec.get("terms"), spec.get("formula")
    if not isinstance(terms, Mapping) or not terms or not all(isinstance(key, str) for key in terms.values()):
        return ["'terms' is a table of names and keys of measures"]
    if not isinstance(formula, str) or not formula.strip():
        return ["'formula' is missing"]
    faults = find_expression_faults(formula, _build_environment(terms), wanted=NUMBER)
    return [fault.locate(formula, "formula") for fault in faults]


def _build_environment(terms: Mapping[str, str]) -> Environment:
    """Return the names of a formula: every term is a number."""
    labels = {name: key for name, key in terms.items() if name != key}
    return Environment(dict.fromkeys(terms, NUMBER), labels=labels, example=EXAMPLE)


def _find_terms_faults(name: str, value: Any) -> list[str]:
    items = value if isinstance(value, list) else [value]
    if not items:
        return [f"{name!r} has no spec"]
    faults = []
    for item in items:
        if not isinstance(item, Mapping) or not isinstance(item.get("source"), str):
            faults.append(f"{name!r} is a table with a source")
        elif "weight" in item and read_exact(item["weight"]) is None:
            faults.append(f"{name!r}: 'weight' is a number of {LIMITS}, not {repr(item['weight'])[:60]}")
    return faults


def _read_terms(value: Any) -> tuple[Term, ...]:
    items: Iterable[Mapping[str, Any]] = value if isinstance(value, list) else [value]
    return tuple(
        Term(
            {key: part for key, part in item.items() if key != "weight"}, Decimal(str(item.get("weight", 1)))
        )
        for item in items
    )
