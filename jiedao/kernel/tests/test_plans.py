"""Statements inside `plan_by_values` are planned each time."""

from contextlib import suppress

import pytest
from django.db import connection

from jiedao.kernel.plans import plan_by_values


def count_prepared(mark: str) -> int:
    """Return the number of prepared statements of this connection with the mark."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE %s", [f"%{mark}%"])
        return int(cursor.fetchone()[0])


def run_statements(mark: str, times: int = 3) -> None:
    """Run the same statement several times, with different values."""
    with connection.cursor() as cursor:
        for number in range(times):
            cursor.execute(f"SELECT %s::int /* {mark} */", [number])
            assert cursor.fetchone() == (number,)


@pytest.mark.django_db
def test_only_statements_outside_the_block_are_prepared() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite plans every statement anew")
    run_statements("before")
    with suppress(ZeroDivisionError), plan_by_values():
        run_statements("inside")
        raise ZeroDivisionError
    run_statements("after")
    assert [count_prepared(mark) for mark in ("before", "inside", "after")] == [1, 0, 1]
