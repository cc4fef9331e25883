"""`passage openapi`: the description of the API, as it is kept in docs/api/openapi.json."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand

from passage.api.api import api


class Command(BaseCommand):
    help = "Print the OpenAPI description of /api/v1."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(json.dumps(api.get_openapi_schema(path_prefix="/api/v1"), indent=2, ensure_ascii=False))
