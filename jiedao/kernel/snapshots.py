"""Several statements that see one state of the database, whatever other connections commit meanwhile."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from django.db import OperationalError, connection, transaction

T = TypeVar("T")


@contextmanager
def read_snapshot() -> Iterator[None]:
    """Let all reads of the block see one state; they must not write.

    Inside a transaction, the block sees what the transaction sees. On SQLite a transaction of Django would take the
    write lock, so the block begins one of its own, which only reads.
    """
    if connection.in_atomic_block or _get_cached() is not None:
        yield
        return
    is_postgres = connection.vendor == "postgresql"
    begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY" if is_postgres else "BEGIN"
    with connection.cursor() as cursor:
        cursor.execute(begin)
    connection.snapshot_values = {}  # type: ignore[attr-defined]
    try:
        yield
    except BaseException:
        _end("ROLLBACK")
        raise
    _end("COMMIT")


def is_in_read_snapshot() -> bool:
    """Return whether all reads see one state, because a block of `read_snapshot` began it."""
    return _get_cached() is not None


def read_once(key: Any, read: Callable[[], T]) -> T:
    """Return what `read` returns, which inside a block of `read_snapshot` is called once for each key."""
    cached = _get_cached()
    if cached is None:
        return read()
    if key not in cached:
        cached[key] = read()
    value: T = cached[key]
    return value


def _get_cached() -> dict[Any, Any] | None:
    return getattr(connection, "snapshot_values", None)


def _end(statement: str) -> None:
    connection.snapshot_values = None  # type: ignore[attr-defined]
    try:
        with connection.cursor() as cursor:
            cursor.execute(statement)
    except Exception:
        connection.close()  # a connection in an unknown state serves nobody
        raise


@contextmanager
def write_snapshot() -> Iterator[None]:
    """Run the block in one transaction that sees one state; a write to a row that changed since raises.

    On SQLite the block holds the write lock. Inside another transaction it sees what that one sees.
    """
    is_outermost = not connection.in_atomic_block
    with transaction.atomic():
        if is_outermost and connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        yield


def is_overtaken(fault: OperationalError) -> bool:
    """Return whether a transaction of `write_snapshot` failed because another one wrote the same row meanwhile."""
    return getattr(fault.__cause__, "sqlstate", "") in {"40001", "40P01"}
