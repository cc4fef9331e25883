from django.urls import path

from passage.till import views

app_name = "till"
urlpatterns = [
    path("", views.start, name="start"),
    path("points", views.points, name="points"),
    path("points/<uuid:sale>", views.added, name="added"),
]
