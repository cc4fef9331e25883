"""Two questions of whoever runs the house: are you alive, and may people be sent to you?"""

from django.db import DEFAULT_DB_ALIAS, Error, connections
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe


@require_safe
@never_cache
def healthz(request: HttpRequest) -> JsonResponse:
    """200 as long as this process answers at all; asks nothing of the database, so that a restart is never in vain."""
    return JsonResponse({"status": "ok"})


@require_safe
@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """200 when the database answers and holds every migration this version brings, else 503 with what is missing."""
    missing = missing_from_database()
    return JsonResponse({"status": "wait" if missing else "ready", "missing": missing}, status=503 if missing else 200)


def missing_from_database() -> list[str]:
    """The migrations that are not in yet, or "database" when it does not answer."""
    connection = connections[DEFAULT_DB_ALIAS]
    try:
        executor = MigrationExecutor(connection)
    except Error:
        return ["database"]
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _backwards in plan]
