"""Django's PostgreSQL backend, which does not try again within a second after a connection failed.

One request needs the database several times (session, user, page): each would wait for the same server that is away.
"""

from typing import Any

import psycopg
from django.db.backends.postgresql import base
from django.db.utils import OperationalError as DjangoOperationalError
from psycopg import OperationalError

from jiedao.kernel.breaker import BREAKER


class DatabaseWrapper(base.DatabaseWrapper):
    """Fails at once while the breaker is open, and works in no other schema than that of the office."""

    def get_new_connection(self, conn_params: Any) -> Any:
        """Return a connection; raise OperationalError when there is none, or was none a moment ago."""
        if BREAKER.is_open():
            raise DjangoOperationalError("couldn't get a connection a moment ago")
        try:
            connection = super().get_new_connection(conn_params)
        except OperationalError:
            BREAKER.open()
            raise
        self.confirm_schema(connection)
        return connection

    def confirm_schema(self, connection: "psycopg.Connection[Any]") -> None:
        """Raise OperationalError unless a new connection is in the schema of the office.

        A pooler may drop the option that sets it, and where the schema is missing PostgreSQL uses none.
        """
        schema = self.settings_dict.get("SCHEMA", "")
        if not schema or getattr(connection, "jiedao_schema", "") == schema:
            return
        row = psycopg.Cursor(connection).execute("SELECT current_schema()").fetchone()
        if row is None or row[0] != schema:
            (self.pool.putconn if self.pool else psycopg.Connection.close)(connection)
            state = f"is in the schema {row[0]}" if row and row[0] else "is in no schema, or may not use it"
            raise DjangoOperationalError(
                f"the connection was refused: it {state}, and JIEDAO_DATABASE_SCHEMA is {schema}"
            )
        connection.jiedao_schema = schema  # type: ignore[attr-defined]  # remembered for its next user
