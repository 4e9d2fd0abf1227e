# ruff: noqa: PLC0415 (Django is set up before its models are imported)
"""Measures the processor time of pages inside one process: run as a process on a database of `prepare_office`.

    python -m benchmarks.page_costs SESSION ROUNDS

Prints for each page the least processor time in ms, the statements and the size, and the time of a bare page of Django,
as JSON. The pages take turns, so that a machine that is busy with others slows all of them alike.
"""

import io
import json
import logging
import os
import sys
import time
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import django
from django.http import HttpRequest, HttpResponse
from django.urls import path

STATES = ("REPORTED", "FILED", "DISPATCHED", "HANDLING", "HANDLED", "CHECKED", "CLOSED", "DONE")
PAGES = {
    "home": "/desk/",
    "list of 50": "/desk/cases/",
    "intake": "/desk/cases/new/",
    "dispatcher's desk": "/desk/dispatcher/",
}
BARE = "a bare page of Django"
BARE_MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]


def show_bare_page(request: HttpRequest) -> HttpResponse:
    """Answer with the least that a page for a signed-in user costs: session, user, a template of one line."""
    from django.template import engines

    template = engines["django"].from_string("<!doctype html><title>{{ name }}</title><p>{{ name }}</p>")
    return HttpResponse(template.render({"name": str(request.user)}))


urlpatterns = [path("bare/", show_bare_page)]


def _make_call(application: Any, address: str, session: str) -> Callable[[], bytes]:
    where, _mark, query = address.partition("?")

    def call() -> bytes:
        environment = {
            "REQUEST_METHOD": "GET",
            "PATH_INFO": where,
            "QUERY_STRING": query,
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "HTTP_HOST": "127.0.0.1",
            "REMOTE_ADDR": "127.0.0.1",
            "HTTP_COOKIE": f"sessionid={session}",
            "HTTP_ACCEPT_LANGUAGE": "zh-CN",
            "wsgi.input": io.BytesIO(),
            "wsgi.url_scheme": "http",
            "wsgi.errors": sys.stderr,
        }
        statuses: list[str] = []
        response = application(environment, lambda status, _headers, *_rest: statuses.append(status))
        body = b"".join(response)
        response.close()
        if not statuses[0].startswith("200"):
            raise RuntimeError(f"{address}: {statuses[0]}")
        return body

    return call


def _list_addresses() -> dict[str, str]:
    from jiedao.cases.models import Case

    addresses = dict(PAGES)
    for state in STATES:
        number = Case.objects.filter(state=state).order_by("-id").values_list("number", flat=True).first()
        addresses[f"case, {state}"] = f"/desk/cases/{number}/"
    return addresses


def _count_statements(call: Callable[[], bytes]) -> int:
    from django.db import connection

    statements: list[str] = []

    def record(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        statements.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(record):
        call()
    return len(statements)


def main() -> None:
    """Print the costs; arguments: SESSION ROUNDS."""
    django.setup()
    from django.core.handlers.wsgi import WSGIHandler
    from django.test import override_settings

    session, rounds = sys.argv[1], int(sys.argv[2])
    logging.disable(logging.INFO)
    bare = override_settings(MIDDLEWARE=BARE_MIDDLEWARE, ROOT_URLCONF="benchmarks.page_costs")
    with bare:
        bare_call = _make_call(WSGIHandler(), "/bare/", session)
    application = WSGIHandler()
    calls = {name: _make_call(application, address, session) for name, address in _list_addresses().items()}
    costs: dict[str, dict[str, float]] = {}
    for name, call in [(BARE, bare_call), *calls.items()]:
        with bare if name == BARE else nullcontext():
            call()  # fills caches
            size = len(call())
            costs[name] = {"ms": 1e9, "statements": _count_statements(call), "bytes": size}
    for _round in range(rounds):
        for name, call in [(BARE, bare_call), *calls.items()]:
            with bare if name == BARE else nullcontext():
                call()
                for _again in range(3):
                    started = time.process_time()
                    call()
                    spent = (time.process_time() - started) * 1000
                    costs[name]["ms"] = min(costs[name]["ms"], spent)
    json.dump(costs, sys.stdout)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "jiedao.settings")
    main()
