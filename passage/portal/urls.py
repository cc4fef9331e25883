from django.urls import path

from passage.portal import views

app_name = "portal"
urlpatterns = [path("", views.me, name="me")]
