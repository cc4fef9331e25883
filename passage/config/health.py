"""Two questions of whoever runs the house: are you alive, and may people be sent to you?"""

from django.db import DEFAULT_DB_ALIAS, Error, connections
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from passage.config import standing
from passage.outbox import queries as outbox
from passage.programme.trouble import Trouble, trouble_of


@require_safe
@never_cache
def healthz(request: HttpRequest) -> JsonResponse:
    """200 as long as this process answers at all; asks nothing of the database, so that a restart is never in vain."""
    return JsonResponse({"status": "ok"})


@require_safe
@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """200 when the database answers, can be written, and holds the migrations of this version and no others.

    Else 503 with what is missing; where the database is in trouble, ``trouble`` is its name.
    """
    connection = connections[DEFAULT_DB_ALIAS]
    try:
        lacks = [
            *standing.missing(connection),
            *(f"this version does not know {name}" for name in standing.newer(connection)),
        ]
        trouble = standing.writing_trouble(connection)
        if not lacks and not trouble and outbox.is_clock_behind(at=timezone.now()):
            lacks = ["the right time: this clock says an earlier one than was seen here before"]
    except Error as error:
        lacks, trouble = [], trouble_of(error) or Trouble.AWAY
    if trouble:
        return JsonResponse({"status": "wait", "missing": ["database"], "trouble": trouble}, status=503)
    return JsonResponse({"status": "wait" if lacks else "ready", "missing": lacks}, status=503 if lacks else 200)
