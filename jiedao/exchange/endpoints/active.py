"""Which endpoints are in use, without a query for each move."""

from jiedao.exchange.models import Endpoint
from jiedao.kernel.memo import Memo


def _load_endpoints() -> list[Endpoint]:
    return list(Endpoint.objects.filter(active=True).only("pk", "code", "kind", "events", "source"))


ACTIVE: Memo[list[Endpoint]] = Memo(_load_endpoints)


def has_endpoints() -> bool:
    """Return whether any event would be sent; other processes notice a new endpoint within 20 s."""
    return bool(ACTIVE.get())


def forget_endpoints() -> None:
    """Drop what is cached, after an endpoint was added, changed or removed."""
    ACTIVE.forget()
