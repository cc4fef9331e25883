"""The product's addresses and ``/bench/empty``: what the server, the router and the key cost by themselves."""

import os
import time

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from ninja import NinjaAPI

from passage.api.auth import ApiKey
from passage.api.routes.members import find_members
from passage.config.urls import *  # noqa: F403
from passage.config.urls import urlpatterns as product

empty = NinjaAPI(urls_namespace="bench", docs_url=None, openapi_url=None)
KEYED = ApiKey("members.read", "quotes")


@empty.get("empty", auth=KEYED)
def nothing(request: HttpRequest) -> HttpResponse:
    return JsonResponse({})


@empty.get("slow", auth=KEYED)
def planted(request: HttpRequest, identifier: str) -> HttpResponse:
    """The planted fault: the look-up, and then work that leads nowhere."""
    response = find_members(request, identifier=identifier)
    until = time.thread_time() + float(os.environ["BENCH_BURN"])
    while time.thread_time() < until:
        pass
    return response


urlpatterns = [path("bench/", empty.urls), *product]
