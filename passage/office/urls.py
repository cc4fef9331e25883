from django.urls import path

from passage.office import views

app_name = "office"
urlpatterns = [
    path("", views.start, name="start"),
    path("members", views.members, name="members"),
    path("members/<uuid:member>", views.member, name="member"),
]
