"""The statements that insert a new case with its rows in other tables, for each database.

Column lists come from `rows` and the models, never from input; values are always bound. A value that is the same for
every new case is part of the statement, because psycopg caches a converted statement only up to 50 parameters and 4,096
bytes.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from jiedao.audit.inserting import NEXT_POSTGRES_ID, NEXT_SQLITE_ID
from jiedao.audit.macs import write_mac_sql
from jiedao.cases import rows

# The columns of the other tables, each with the expression that fills it: a bound value, or a constant of a new case.
CLOCK = {
    "stage": "'ACCEPT'",
    "limit": "%(limit)s",
    "started_at": "%(reported_at)s",
    "due_at": "%(due_at)s",
    "warn_at": "%(warn_at)s",
    "provisional": "%(due_provisional)s",
    "escalated": "0",
    "next_look_at": "%(look_at)s",
    "overdue_at": "%(late_at)s",
}
MOVE = {
    "move": "'REPORT'",
    "at": "%(reported_at)s",
    "from_state": "''",
    "to_state": "'REPORTED'",
    "actor_label": "%(actor_label)s",
    "user_id": "%(user_id)s",
    "unit_id": "%(unit_id)s",
    "text": "''",
    "data": "'{}'",
    "public": "TRUE",
}
REPORTED, CASE = "cases.case:report", "cases.case"  # what the audit entry states
AUDIT = {
    "at": "%(now)s",
    "actor_label": "%(actor_label)s",
    "user_id": "%(user_id)s",
    "post_id": "%(post_id)s",
    "action": f"'{REPORTED}'",
    "object_type": f"'{CASE}'",
    "after": "%(after)s",
    "request_id": "%(request_id)s",
    "address": "%(address)s",
}
REPORTER = {name: f"%({name})s" for name in ("name", "phone", "phone_check", "secret", "erase_after")}
TABLES = {
    "cases_clock": ("case_id", CLOCK),
    "cases_casemove": ("case_id", MOVE),
    "audit_entry": ("object_id", AUDIT),
    "cases_reporter": ("case_id", REPORTER),
}
# PostgreSQL cannot prepare a parameter without a type; those not named here are text.
_TYPES = {
    "client_uuid": "uuid",
    "lon": "float8",
    "lat": "float8",
    "accuracy_m": "float8",
    "suggestions": "jsonb",
    "after": "jsonb",
    "area_id": "bigint",
    "premise_id": "bigint",
    "category_id": "bigint",
    "reported_by_id": "bigint",
    "user_id": "bigint",
    "unit_id": "bigint",
    "post_id": "bigint",
    "votes_for": "integer",
    "votes_against": "integer",
    "outside": "boolean",
    "due_provisional": "boolean",
    "urgent": "boolean",
    "has_reporter": "boolean",
    "secret": "boolean",
    "reported_date": "date",
    "erase_after": "date",
    "reported_at": "timestamptz",
    "due_at": "timestamptz",
    "warn_at": "timestamptz",
    "look_at": "timestamptz",
    "late_at": "timestamptz",
    "now": "timestamptz",
}


def _write_literal(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    return str(value) if isinstance(value, int) else f"'{value}'"


def _list_case_columns() -> dict[str, str]:
    """Return each column of cases_case except id and number with its bound value or its constant."""
    return {
        name: f"%({name})s" if name in rows.OWN_COLUMNS else _write_literal(value)
        for name, value in rows.NEW_CASE.items()
    }


def _write_typed(columns: Mapping[str, str]) -> str:
    return ", ".join(
        f"{expression}::{_TYPES.get(expression[2:-2], 'text')}" if expression.startswith("%(") else expression
        for expression in columns.values()
    )


def _write_names(columns: Mapping[str, str]) -> str:
    return ", ".join(f'"{name}"' for name in columns)


def _build_postgres(*, with_reporter: bool) -> str:
    case = _list_case_columns()
    parts = [
        "n AS (SELECT nextval('cases_case_id_seq') AS id)",
        (
            f'new AS (INSERT INTO cases_case ("id", "number", {_write_names(case)}) '  # noqa: S608
            f"SELECT id, %(year)s::text || '-' || lpad(id::text, 8, '0'), {_write_typed(case)} FROM n "
            "ON CONFLICT DO NOTHING RETURNING id, number)"
        ),
    ]
    for table, (key, columns) in TABLES.items():
        if table == "audit_entry":
            parts.append(_build_postgres_audit(key, columns))
        elif with_reporter or table != "cases_reporter":
            parts.append(
                f'{table} AS (INSERT INTO {table} ("{key}", {_write_names(columns)}) '  # noqa: S608
                f"SELECT id, {_write_typed(columns)} FROM new)"
            )
    parts.append(
        "search AS (INSERT INTO cases_searchrow (case_id, tokens) "
        "SELECT id, array_to_tsvector(string_to_array(%(tokens)s::text, ' ')) FROM new)"
    )
    parts.append(
        "counted AS (INSERT INTO cases_countchange (digest, days, entries) "
        "SELECT c->>'digest', c->'days', c->'entries' FROM new, (SELECT %(change)s::jsonb AS c) AS change)"
    )
    return f"WITH {', '.join(parts)} SELECT id, number FROM new"  # noqa: S608


def _build_postgres_audit(key: str, columns: Mapping[str, str]) -> str:
    """Return the part that inserts the audit entry, whose code binds its own number and that of the case."""
    mac = write_mac_sql("postgresql", stamp="%(stamp)s::text", entry="e.id", object_id="e.case_id")
    return (
        f'audit_entry AS (INSERT INTO audit_entry ("id", "{key}", {_write_names(columns)}, "mac") '  # noqa: S608
        f"SELECT e.id, e.case_id, {_write_typed(columns)}, {mac} "
        f"FROM (SELECT {NEXT_POSTGRES_ID} AS id, id AS case_id FROM new) AS e)"
    )


POSTGRES = {flag: _build_postgres(with_reporter=flag) for flag in (False, True)}


class Insert:
    """An INSERT of SQLite: positional marks, and the names of the values to bind to them."""

    def __init__(self, head: str, expressions: Sequence[str], tail: str = "") -> None:
        self.names = [text[2:-2] for text in expressions if text.startswith("%(")]
        marks = ", ".join("%s" if text.startswith("%(") else text for text in expressions)
        self.sql = f"{head} {marks}{tail}"

    def bind(self, values: Mapping[str, Any]) -> list[Any]:
        return [values[name] for name in self.names]


def _build_sqlite_case() -> Insert:
    """Return the statement that numbers the case by the sequence of the table: the write lock is held meanwhile."""
    case = _list_case_columns()
    columns = f'"id", "number", {_write_names(case)}'
    head = f"""INSERT INTO cases_case ({columns}) SELECT n.id, %s || printf('-%%08d', n.id),"""
    tail = (
        " FROM (SELECT coalesce(max(seq), 0) + 1 AS id FROM sqlite_sequence WHERE name = 'cases_case') AS n"
        " WHERE TRUE ON CONFLICT DO NOTHING RETURNING id, number"
    )
    return Insert(head, list(case.values()), tail)


SQLITE_CASE = _build_sqlite_case()


def _build_sqlite_audit() -> Insert:
    """Return the insert of the audit entry, whose code binds its own number and that of the case."""
    key, columns = TABLES["audit_entry"]
    mac = write_mac_sql("sqlite", stamp="e.stamp", entry="e.id", object_id="e.case_id")
    insert = Insert(
        f'INSERT INTO audit_entry ({_write_names(columns)}, "{key}", "id", "mac") SELECT',
        [*columns.values(), "e.case_id", "e.id", mac],
        f" FROM (SELECT %s AS case_id, {NEXT_SQLITE_ID} AS id, %s AS stamp) AS e",
    )
    insert.names += ["case", "stamp"]
    return insert


SQLITE = {
    table: Insert(
        f'INSERT INTO {table} ({_write_names(columns)}, "{key}") VALUES (',  # noqa: S608
        [*columns.values(), "%(case)s"],
        ")",
    )
    for table, (key, columns) in TABLES.items()
} | {"audit_entry": _build_sqlite_audit()}
SQLITE_MANY = Insert(
    f'INSERT INTO cases_case ({_write_names(_list_case_columns())}, "id", "number") VALUES (',  # noqa: S608
    [*_list_case_columns().values(), "%(case)s", "%(number)s"],
    ")",
)
