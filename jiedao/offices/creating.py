"""Creating an office in a shared database: its folder and keys, its database user, and its schema."""

from typing import Any

import psycopg
from psycopg import sql

from jiedao.environment import make_key
from jiedao.kernel.errors import UserError
from jiedao.kernel.postgresql.servers import check_server
from jiedao.offices.file import PASSWORD_FILE, Office


def create_office(office: Office) -> None:
    """Make what an office needs before its tables; what is there already stays as it is.

    Raises:
        UserError: the database does not answer or may not be changed, or user or schema belong to something else.
    """
    make_folder(office)
    try:
        with psycopg.connect(office.database_url, connect_timeout=10) as connection:
            check_server(connection)
            if office.has_own_user:
                make_user(connection, office)
            make_schema(connection, office)
    except psycopg.Error as fault:
        first = str(fault).strip().partition("\n")[0]
        raise UserError(
            f"The office {office.key} could not be created in the database: {first}",
            hint="The user of database_url must be allowed to create users (CREATEROLE) and schemas in the database. "
            "The database was not changed.",
        ) from fault


def make_folder(office: Office) -> None:
    """Make the folder of the office with its keys, which stay if they exist; raise UserError."""
    try:
        office.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name in ("secret_key", "field_key"):
            is_elsewhere = any(f"JIEDAO_{name.upper()}{end}" in office.settings for end in ("", "_FILE"))
            if not is_elsewhere and not (office.data / name).exists():
                make_key(office.data / name)
    except OSError as fault:
        raise UserError(
            f"The folder {office.data} cannot be made: {fault.strerror}.",
            hint="The user of jiedao must be able to write in it.",
        ) from fault


def make_user(connection: "psycopg.Connection[Any]", office: Office) -> None:
    """Make the database user of the office and store its password; raise UserError if another has its name.

    The password is stored before it is set, so that an interrupted run can be repeated.
    """
    path = office.data / PASSWORD_FILE
    exists = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [office.schema]).fetchone()
    if exists and not path.exists():
        raise UserError(
            f"The database has a user {office.schema} already, whose password is not in {path}.",
            hint="Put the password there, or choose another schema for the office.",
        )
    if not path.exists():
        make_key(path)
    password = path.read_text(encoding="utf-8").strip()
    # Encrypted here, as the server may log the statement.
    stored = connection.pgconn.encrypt_password(
        password.encode(), office.schema.encode(), b"scram-sha-256"
    ).decode()
    change = (
        "ALTER ROLE {} LOGIN PASSWORD {}"
        if exists
        else "CREATE ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD {}"
    )
    user, schema = sql.Identifier(office.schema), sql.Identifier(office.schema)
    connection.execute(sql.SQL(change).format(user, sql.Literal(stored)))
    # A pooler may drop the option by which jiedao sets the schema.
    database = sql.Identifier(connection.info.dbname)
    connection.execute(
        sql.SQL("ALTER ROLE {} IN DATABASE {} SET search_path = {}").format(user, database, schema)
    )


def make_schema(connection: "psycopg.Connection[Any]", office: Office) -> None:
    """Make the schema of the office, which belongs to its user; raise UserError if it belongs to another."""
    schema = sql.Identifier(office.schema)
    row = connection.execute(
        "SELECT pg_get_userbyid(nspowner) FROM pg_namespace WHERE nspname = %s", [office.schema]
    ).fetchone()
    owner = office.schema if office.has_own_user else connection.info.user
    if row is not None:
        if row[0] != owner:
            raise UserError(
                f"The database has a schema {office.schema} already, which belongs to {row[0]}.",
                hint="Choose another schema for the office.",
            )
        return
    is_superuser = connection.info.parameter_status("is_superuser") == "on"
    user = sql.Identifier(owner)
    if office.has_own_user and not is_superuser:  # only a member may give it a schema
        connection.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(user))
    connection.execute(sql.SQL("CREATE SCHEMA {} AUTHORIZATION {}").format(schema, user))
    if office.has_own_user and not is_superuser:
        connection.execute(sql.SQL("REVOKE {} FROM CURRENT_USER").format(user))
