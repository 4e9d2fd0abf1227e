"""Which endpoints are in use, without a query for each move."""

from django.db import connection, transaction

from jiedao.exchange.models import Endpoint
from jiedao.kernel.memo import Memo


def _load_endpoints() -> list[Endpoint]:
    return list(Endpoint.objects.filter(active=True).only("pk", "code", "kind", "events", "source"))


ACTIVE: Memo[list[Endpoint]] = Memo(_load_endpoints)


def has_endpoints() -> bool:
    """Return whether any event would be sent; other processes notice a new endpoint within 20 s."""
    return bool(ACTIVE.get())


def forget_endpoints() -> None:
    """Drop what is cached, after an endpoint was added, changed or removed.

    It is dropped again after the commit, because until then other threads may cache the rows as they were before.
    """
    ACTIVE.forget()
    transaction.on_commit(ACTIVE.forget)


def hold_endpoints(endpoints: list[Endpoint]) -> list[Endpoint]:
    """Return those that are still in use, locked so that none of them is removed before the end of the transaction.

    On PostgreSQL the lock is shared, so that moves do not wait for each other; on SQLite only one transaction writes at
    a time.
    """
    ids = [row.pk for row in endpoints]
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT id FROM exchange_endpoint WHERE id = ANY(%s) AND active FOR KEY SHARE", [ids]
            )
            present = {pk for (pk,) in cursor.fetchall()}
    else:
        present = set(Endpoint.objects.filter(pk__in=ids, active=True).values_list("pk", flat=True))
    return [row for row in endpoints if row.pk in present]
