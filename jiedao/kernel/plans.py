"""Control over how PostgreSQL plans a statement: once for all values, or each time for the values it carries."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection


@contextmanager
def plan_by_values() -> Iterator[None]:
    """Let PostgreSQL plan the statements of the block for the values they carry. It is also a decorator.

    PostgreSQL plans a prepared statement once for all values, after five executions, if it estimates this plan to be no
    more expensive. For a list with free filters the estimate is wrong: for a grade together with a value that no record
    of the grade has, it read a million records (1 s) instead of the 25,000 with the value. On SQLite nothing changes.
    """
    if connection.vendor != "postgresql":
        yield
        return
    connection.ensure_connection()
    driver = connection.connection
    threshold, driver.prepare_threshold = driver.prepare_threshold, None
    try:
        yield
    finally:
        driver.prepare_threshold = threshold
