"""Which columns the table of the board has: those of the address, or the usual ones."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.http import QueryDict

from jiedao.cases.selectors.measures import MEASURES, RATES

# They fit on a screen of a desk.
USUAL_MEASURES = ["reported", "due", "handled", "overdue", "rework", "returned", "closed"]
USUAL_RATES = ["on_time_rate", "closing_rate", "rework_rate", "satisfaction_rate"]


@dataclass(frozen=True)
class Columns:
    """The chosen measures and rates, by code in the order of the tables; `query` is what an address needs for them."""

    measures: list[str]
    rates: list[str]
    query: list[tuple[str, str]]

    @cached_property
    def labels(self) -> dict[str, str]:
        """The label of each column: translated once, and not again in each of its cells."""
        labels = {code: str(MEASURES[code].label) for code in self.measures}
        return labels | {code: str(RATES[code].label) for code in self.rates}

    @cached_property
    def failing(self) -> dict[str, str]:
        """What the cases are called that fail a rate, by its code."""
        return {code: str(RATES[code].failing) for code in self.rates}


def read_columns(query: QueryDict) -> Columns:
    """Return the columns that an address names: `col` for each, `all=1` for all; unknown codes are left out."""
    if query.get("all") == "1":
        return Columns(list(MEASURES), list(RATES), [("all", "1")])
    wanted = set(query.getlist("col"))
    measures = [code for code in MEASURES if code in wanted]
    rates = [code for code in RATES if code in wanted]
    if not measures and not rates:
        return Columns(USUAL_MEASURES, USUAL_RATES, [])
    return Columns(measures, rates, [("col", code) for code in (*rates, *measures)])


def list_column_choices(columns: Columns) -> list[dict[str, Any]]:
    """Return every rate and measure for the form that chooses columns."""
    chosen = {*columns.measures, *columns.rates}
    labels = {code: rate.label for code, rate in RATES.items()}
    labels |= {code: measure.label for code, measure in MEASURES.items()}
    return [{"code": code, "label": label, "chosen": code in chosen} for code, label in labels.items()]
