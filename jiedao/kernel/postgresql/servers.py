"""What a PostgreSQL server must be for an office. It loads neither Django nor settings."""

from typing import Any

import psycopg

from jiedao.kernel.errors import UserError

OLDEST_VERSION = 150000


def check_server(connection: "psycopg.Connection[Any]") -> None:
    """Raise UserError for a server that is too old, or a database that cannot store every text."""
    if connection.info.server_version < OLDEST_VERSION:
        version = connection.info.server_version // 10000
        hint = f"jiedao needs PostgreSQL {OLDEST_VERSION // 10000} or newer."
        raise UserError(f"PostgreSQL {version} is too old.", hint=hint)
    encoding = connection.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        raise UserError(
            f"The encoding of the PostgreSQL database is {encoding}: it cannot store every text.",
            hint="Create it again: createdb NAME --encoding UTF8 --template template0",
        )
