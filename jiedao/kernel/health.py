"""Is the server alive, and can it work?"""

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse

_migrated: list[bool] = []


def livez(_request: HttpRequest) -> HttpResponse:
    """Answer 200 as long as the process serves requests."""
    return HttpResponse("ok", content_type="text/plain")


def readyz(_request: HttpRequest) -> HttpResponse:
    """Answer 200 when the database answers and is of this version, else 503 with the reason."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        if not _migrated:
            executor = MigrationExecutor(connection)
            if executor.migration_plan(executor.loader.graph.leaf_nodes()):
                return JsonResponse(
                    {"ready": False, "reason": "database not migrated: run jiedao migrate"}, status=503
                )
            _migrated.append(True)
    except DatabaseError as fault:
        return JsonResponse({"ready": False, "reason": f"database: {type(fault).__name__}"}, status=503)
    return JsonResponse({"ready": True})
