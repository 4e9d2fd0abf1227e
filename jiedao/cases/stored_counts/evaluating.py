"""Evaluating the condition of a measure on one row in Python, as the database evaluates it on a table.

Only the lookups that measures use are known. A test compares the two for every measure.
"""

from collections.abc import Callable, Mapping
from typing import Any

from django.db.models import F, Q

Row = Mapping[str, Any]
Test = Callable[[Row, Row], bool]  # of a row and of the case to which it belongs
CASE_PREFIX = "case__"

LOOKUPS: dict[str, Callable[[Any, Any], bool]] = {
    "exact": lambda value, other: value == other,
    "gt": lambda value, other: value > other,
    "gte": lambda value, other: value >= other,
    "lt": lambda value, other: value < other,
    "lte": lambda value, other: value <= other,
    "in": lambda value, others: value in others,
}


def build_test(condition: Q) -> Test:
    """Return a function that states whether a row fulfils the condition; raise ValueError for an unknown lookup.

    As in SQL, a comparison with no value does not hold.
    """
    tests = [
        build_test(child) if isinstance(child, Q) else _build_comparison(*child)  # type: ignore[misc]
        for child in condition.children
    ]
    if condition.connector == Q.OR:
        return _negate(condition, lambda row, case: any(test(row, case) for test in tests))
    if condition.connector == Q.AND:
        return _negate(condition, lambda row, case: all(test(row, case) for test in tests))
    raise ValueError(f"unknown connector {condition.connector!r}")


def _negate(condition: Q, test: Test) -> Test:
    return (lambda row, case: not test(row, case)) if condition.negated else test


def _build_comparison(path: str, expected: Any) -> Test:
    name, lookup = _split_path(path)
    read = _build_reader(name)
    if lookup == "isnull":
        return lambda row, case: (read(row, case) is None) is expected
    if lookup not in LOOKUPS:
        raise ValueError(f"measures do not use the lookup {path!r}")
    compare = LOOKUPS[lookup]
    if isinstance(expected, F):
        read_other = _build_reader(str(expected.name))  # type: ignore[attr-defined]

        def compare_columns(row: Row, case: Row) -> bool:
            value, other = read(row, case), read_other(row, case)
            return value is not None and other is not None and compare(value, other)

        return compare_columns

    def compare_value(row: Row, case: Row) -> bool:
        value = read(row, case)
        return value is not None and compare(value, expected)

    return compare_value


def _split_path(path: str) -> tuple[str, str]:
    name, separator, lookup = path.removeprefix(CASE_PREFIX).partition("__")
    prefix = CASE_PREFIX if path.startswith(CASE_PREFIX) else ""
    return prefix + name, lookup if separator else "exact"


def _build_reader(name: str) -> Callable[[Row, Row], Any]:
    if name.startswith(CASE_PREFIX):
        column = name.removeprefix(CASE_PREFIX)
        return lambda _row, case: case[column]
    return lambda row, _case: row[name]
