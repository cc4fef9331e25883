"""Where each door stands. The doors name their own pages."""

from django.urls import include, path

from passage.config import health, metrics

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", metrics.metrics, name="metrics"),
    path("language/", include("django.conf.urls.i18n")),
    path("office/", include("passage.office.urls")),
    path("till/", include("passage.till.urls")),
    path("me/", include("passage.portal.urls")),
    path("api/v1/", include("passage.api.urls")),
    path("", include("passage.website.urls")),
]

handler400 = "passage.website.views.bad_request"
handler403 = "passage.website.views.forbidden"
handler404 = "passage.website.views.not_found"
handler500 = "passage.config.faults.broken"
