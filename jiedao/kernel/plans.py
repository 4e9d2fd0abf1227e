"""How PostgreSQL plans a statement: once for any value, or each time for the values that it carries."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection


@contextmanager
def planned_by_values() -> Iterator[None]:
    """Have the statements inside planned for the values they carry; on SQLite nothing changes. Decorates, too.

    Statements are prepared, and after five executions PostgreSQL keeps one plan for any value where it believes that
    to be as cheap. For a list that people narrow as they like it is mistaken: of one grade and a value that no record
    of it has, it read a million records, 1 s, instead of the 25,000 with the value.
    """
    if connection.vendor != "postgresql":
        yield
        return
    connection.ensure_connection()
    driver = connection.connection
    kept, driver.prepare_threshold = driver.prepare_threshold, None
    try:
        yield
    finally:
        driver.prepare_threshold = kept
