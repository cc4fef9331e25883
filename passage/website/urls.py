from django.urls import path

from passage.website import pictures, views

app_name = "website"
urlpatterns = [
    path("", views.start, name="start"),
    path("sign-in", views.sign_in, name="sign_in"),
    path("sign-out", views.sign_out, name="sign_out"),
    path("join/<str:text>", views.join, name="join"),
    path("home", views.home, name="home"),
    path("pictures/<uuid:address>/<str:size>.webp", pictures.picture, name="picture"),
    path("help/<slug:page>", views.help_page, name="help"),
]
