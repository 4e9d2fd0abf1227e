"""Statements whose plan depends on what people ask for are planned each time."""

from contextlib import suppress

import pytest
from django.db import connection

from jiedao.kernel.plans import planned_by_values


def prepared(mark: str) -> int:
    """Count the statements with the mark that PostgreSQL keeps prepared for this connection."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE %s", [f"%{mark}%"])
        return int(cursor.fetchone()[0])


def ask(mark: str, times: int = 3) -> None:
    """Ask the same statement several times, with a value."""
    with connection.cursor() as cursor:
        for number in range(times):
            cursor.execute(f"SELECT %s::int /* {mark} */", [number])
            assert cursor.fetchone() == (number,)


@pytest.mark.django_db
def test_what_is_planned_by_its_values_is_not_kept_prepared_and_the_rest_is() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite plans every statement anew")
    ask("before")
    with suppress(ZeroDivisionError), planned_by_values():
        ask("inside")
        raise ZeroDivisionError
    ask("after")
    assert [prepared(mark) for mark in ("before", "inside", "after")] == [1, 0, 1]
