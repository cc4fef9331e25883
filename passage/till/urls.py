from django.urls import path

from passage.till import views

app_name = "till"
urlpatterns = [
    path("", views.app, name="app"),
    path("sw.js", views.worker, name="worker"),
    path("manifest.webmanifest", views.manifest, name="manifest"),
    path("points", views.points, name="points"),
    path("points/<uuid:sale>", views.added, name="added"),
]
