# ruff: noqa: PLC0415 (Django is set up before its models are imported)
"""Counts the SQL statements of each request, once warm: run in a process of its own with `house`.

BEGIN and COMMIT are not counted; an executemany of the group commit counts as one.
"""

import json
import sys
from collections.abc import Callable
from typing import Any

import django

counted: list[str] = []


def _count(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
    if not sql.startswith("BEGIN"):
        counted.append(sql)
    return execute(sql, params, many, context)


def _watch(connection: Any, **_kwargs: Any) -> None:
    connection.execute_wrappers.append(_count)


def main() -> None:
    """Print the statements of a filing, a list and, where a number is given, a case page: token, session, path..."""
    django.setup()
    from django.db.backends.signals import connection_created
    from django.test import Client

    from benchmarks.texts import bodies

    connection_created.connect(_watch)
    token, session, *paths = sys.argv[1:]
    client = Client(HTTP_HOST="127.0.0.1", HTTP_AUTHORIZATION=f"Bearer {token}")
    client.cookies["sessionid"] = session
    calls: dict[str, Callable[[bytes], Any]] = {
        "POST": lambda body: client.post("/api/v1/cases", body, content_type="application/json")
    }
    for path in paths:
        calls[path] = lambda _body, path=path: client.get(path)
    found = {}
    for name, call in calls.items():
        for body in bodies(4, seed=hash(name) & 0xFFFF):
            counted.clear()
            answer = call(body)
            if answer.status_code not in {200, 201}:
                raise RuntimeError(f"{name}: {answer.status_code}")
        found[name] = len(counted)
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
