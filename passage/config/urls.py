"""Where each door stands. The doors name their own pages."""

from importlib.util import find_spec

from django.urls import URLPattern, URLResolver, include, path

from passage.config import health

# A door that is not built yet has no urls.py.
DOORS = {"office/": "office", "till/": "till", "me/": "portal", "api/v1/": "api", "": "website"}

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("language/", include("django.conf.urls.i18n")),
    *[
        path(prefix, include(f"passage.{door}.urls"))
        for prefix, door in DOORS.items()
        if find_spec(f"passage.{door}") and find_spec(f"passage.{door}.urls")
    ],
]

handler400 = "passage.website.views.bad_request"
handler403 = "passage.website.views.forbidden"
handler404 = "passage.website.views.not_found"
handler500 = "passage.website.views.broken"
