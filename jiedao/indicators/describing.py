"""Figures as JSON: what the command and the API print."""

from decimal import Decimal
from typing import Any

from jiedao.indicators.comparison import Change, Comparison
from jiedao.indicators.figure import Figure, RowsPart
from jiedao.indicators.models import Measure
from jiedao.kernel.rows_pages import build_rows_url


def write_number(number: Decimal | None) -> str | None:
    """Return a number as a text without an exponent."""
    return None if number is None else f"{number:f}"


def describe_figure(figure: Figure) -> dict[str, Any]:
    """Return a figure as JSON. Numbers are texts, so that no reader loses decimals."""
    measure = figure.measure
    return {
        "measure": measure.key,
        "name": measure.label,
        "period": figure.period.text,
        "area": figure.place.area_code,
        "unit_code": figure.place.unit_code,
        "part": figure.place.part,
        "place": figure.place.label,
        "as_of": figure.as_of.isoformat(),
        "value": write_number(figure.rounded),
        "exact": write_number(figure.value),
        "unit": measure.unit_text,
        "numerator": write_number(figure.numerator),
        "denominator": write_number(figure.denominator),
        "denominator_name": figure.denominator_name,
        "rows": figure.rows,
        "rows_url": build_rows_url(figure.link),
        "denominator_rows": figure.denominator_rows,
        "denominator_rows_url": build_rows_url(figure.denominator_link),
        "parts": [_describe_part(part) for part in figure.parts],
        "denominator_parts": [_describe_part(part) for part in figure.denominator_parts],
        "growth": write_number(figure.growth),
        "rank": figure.rank,
        "rank_of": figure.rank_of,
        "status": figure.status.value,
        "scope_words": figure.scope_words,
        "source": figure.source,
        "how": figure.how,
        "note": figure.note,
    }


def _describe_part(part: RowsPart) -> dict[str, Any]:
    return {
        "name": part.label,
        "amount": write_number(part.amount),
        "weight": write_number(part.weight),
        "rows": part.rows,
        "rows_url": build_rows_url(part.link),
    }


def describe_measure(measure: Measure) -> dict[str, Any]:
    """Return the definition of a measure."""
    return {
        "measure": measure.key,
        "name": measure.label,
        "theme": measure.theme.key,
        "theme_name": measure.theme.label,
        "meaning": measure.meaning_label,
        "unit": measure.unit_text,
        "digits": measure.digits,
        "kind": measure.kind,
        "splits": list(measure.splits),
        "better": measure.better,
    }


def describe_comparison(comparison: Comparison) -> dict[str, Any]:
    """Return target, completion and pace, and the changes against the period before and the year before."""
    progress = comparison.progress
    return {
        "before": _describe_change(comparison.before),
        "year_before": _describe_change(comparison.year_before),
        "target": None
        if progress is None
        else {
            "value": write_number(progress.target.value),
            "period": progress.target.period.text,
            "minimum": progress.target.is_minimum,
            "source": progress.target.source,
            "completion": write_number(progress.completion),
            "pace": write_number(progress.pace),
            "ahead": write_number(progress.ahead),
        },
    }


def _describe_change(change: Change | None) -> dict[str, Any] | None:
    if change is None:
        return None
    return {
        "period": change.earlier.period.text,
        "value": write_number(change.earlier.rounded),
        "change": write_number(change.points),
        "change_percent": write_number(change.percent),
    }
