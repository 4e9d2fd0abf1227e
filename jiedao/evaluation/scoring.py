"""Add up points, rank them and grade them. Pure functions over decimals."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from django.utils.translation import gettext as _


@dataclass(frozen=True)
class Grade:
    """A grade and the least points that reach it."""

    label: str
    least: Decimal
    label_en: str = ""
    tone: str = "neutral"


@dataclass(frozen=True)
class Portion:
    """The points of an item and the points that it is worth; `points` is None without data."""

    points: Decimal | None
    out_of: Decimal


def round_points(points: Decimal, digits: int) -> Decimal:
    """Return points with the decimals of a sheet, half up."""
    return points.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)


def add_up(portions: Iterable[Portion], digits: int) -> Decimal | None:
    """Return the total of a sheet, rounded once; None where no item has data.

    Items without data are left out, and the rest is scaled to the same total: 72 points out of 90 are 80 out of 100.
    """
    portions = list(portions)
    counted = [portion for portion in portions if portion.points is not None]
    total = sum((portion.out_of for portion in portions), Decimal(0))
    reachable = sum((portion.out_of for portion in counted), Decimal(0))
    if not reachable:
        return None
    points = sum((portion.points for portion in counted if portion.points is not None), Decimal(0))
    return round_points(points if reachable == total else points * total / reachable, digits)


def rank_values(values: Mapping[str, Decimal | None], *, less_is_better: bool = False) -> dict[str, int]:
    """Return the rank of each key with a value, 1 for the best; equal values share a rank, the next is skipped."""
    known = {key: value for key, value in values.items() if value is not None}
    ordered = sorted(known.values(), reverse=not less_is_better)
    return {key: ordered.index(value) + 1 for key, value in known.items()}


def compute_mean(values: Iterable[Decimal | None]) -> Decimal | None:
    """Return the mean of the values that are known, None where none is."""
    known = [value for value in values if value is not None]
    return sum(known, Decimal(0)) / len(known) if known else None


def find_grade(grades: Sequence[Grade], points: Decimal | None) -> Grade | None:
    """Return the grade that points reach, None without points or without grades."""
    if points is None:
        return None
    ordered = sorted(grades, key=lambda grade: grade.least, reverse=True)
    return next((grade for grade in ordered if points >= grade.least), None)


def find_grade_faults(grades: Sequence[Grade], total: Decimal) -> list[str]:
    """Return what is wrong with the grades of a sheet."""
    if not grades:
        return []
    faults = []
    bounds = [grade.least for grade in grades]
    if len(set(bounds)) < len(bounds):
        faults.append(_("两个等次从同一分数起"))
    if min(bounds) > 0:
        words = {"points": f"{min(bounds):f}"}
        faults.append(_("%(points)s 分以下没有等次；最后一个等次从 0 起") % words)
    if max(bounds) > total:
        words = {"points": f"{max(bounds):f}", "total": f"{total:f}"}
        faults.append(_("有一个等次从 %(points)s 分起，超过了总分 %(total)s") % words)
    return faults
