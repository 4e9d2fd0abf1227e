# ruff: noqa: PLC0415 (Django is set up before its models are imported)
"""Counts the SQL statements of requests, when caches are filled: run as a process on a database of `prepare_office`.

BEGIN and COMMIT are not counted, and an executemany counts as one statement.
"""

import json
import sys
from collections.abc import Callable
from typing import Any

import django

statements: list[str] = []


def _record(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
    if not sql.startswith("BEGIN"):
        statements.append(sql)
    return execute(sql, params, many, context)


def _record_statements(connection: Any, **_kwargs: Any) -> None:
    connection.execute_wrappers.append(_record)


def main() -> None:
    """Print the number of statements of filing a case and of each path; arguments: TOKEN SESSION [PATH ...]."""
    django.setup()
    from django.db.backends.signals import connection_created
    from django.test import Client

    from benchmarks.texts import encode_bodies

    connection_created.connect(_record_statements)
    token, session, *paths = sys.argv[1:]
    client = Client(HTTP_HOST="127.0.0.1", HTTP_AUTHORIZATION=f"Bearer {token}")
    client.cookies["sessionid"] = session
    calls: dict[str, Callable[[bytes], Any]] = {
        "POST": lambda body: client.post("/api/v1/cases", body, content_type="application/json")
    }
    for path in paths:
        calls[path] = lambda _body, path=path: client.get(path)
    counts = {}
    for name, call in calls.items():
        for body in encode_bodies(4, seed=hash(name) & 0xFFFF):
            statements.clear()
            answer = call(body)
            if answer.status_code not in {200, 201}:
                raise RuntimeError(f"{name}: {answer.status_code}")
        counts[name] = len(statements)
    json.dump(counts, sys.stdout)


if __name__ == "__main__":
    main()
