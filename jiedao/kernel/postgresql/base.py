"""Django's PostgreSQL backend, which does not try again within a second after a connection failed.

One request needs the database several times (session, user, page): each would wait for the same server that is away.
"""

from typing import Any

from django.db.backends.postgresql import base
from django.db.utils import OperationalError as DjangoOperationalError
from psycopg import OperationalError

from jiedao.kernel.breaker import BREAKER


class DatabaseWrapper(base.DatabaseWrapper):
    """Fails at once while the breaker is open."""

    def get_new_connection(self, conn_params: Any) -> Any:
        """Return a connection; raise OperationalError when there is none, or was none a moment ago."""
        if BREAKER.is_open():
            raise DjangoOperationalError("couldn't get a connection a moment ago")
        try:
            return super().get_new_connection(conn_params)
        except OperationalError:
            BREAKER.open()
            raise
