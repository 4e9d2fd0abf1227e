"""The probes /livez (the server answers) and /readyz (the database can be used)."""

from collections.abc import Callable

from django.db import DatabaseError, InterfaceError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.urls import resolve

from jiedao.kernel.keymark import find_key_fault
from jiedao.kernel.outages import reach_database
from jiedao.kernel.standstill import find_mark_fault

PROBES = {"/livez", "/readyz", "/metrics"}
TIMEOUT = 3.0  # seconds; a load balancer gives up after 5 to 10
_migrated: list[bool] = []


class Probes:
    """Answer the probes before all other middleware: a probe may use any host name and has no session."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path_info not in PROBES:
            return self.get_response(request)
        request.resolver_match = match = resolve(request.path_info)
        answer: HttpResponse = match.func(request)
        answer["Cache-Control"] = "no-store"
        return answer


def livez(_request: HttpRequest) -> HttpResponse:
    """Answer 200 as long as the process serves requests."""
    return HttpResponse("ok", content_type="text/plain")


def readyz(_request: HttpRequest) -> HttpResponse:
    """Answer 200 when the database answers and has this schema and this key, else 503 with the reason."""
    if fault := find_database_fault():
        return JsonResponse({"ready": False, "reason": fault}, status=503)
    return JsonResponse({"ready": True})


def find_database_fault() -> str:
    """Return why the database cannot be used, "" when it can; the answer comes within some seconds."""
    try:
        reach_database(TIMEOUT)
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        if fault := find_mark_fault():
            return fault
        if not _migrated:
            executor = MigrationExecutor(connection)
            if executor.migration_plan(executor.loader.graph.leaf_nodes()):
                return "database not migrated: run jiedao migrate"
            _migrated.append(True)
        if fault := find_key_fault():
            return fault
    except (DatabaseError, InterfaceError) as outage:
        return f"database: {type(outage).__name__}"
    return ""
