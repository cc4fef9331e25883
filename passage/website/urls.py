from django.urls import path

from passage.website import guides, views

app_name = "website"
urlpatterns = [
    path("", views.start, name="start"),
    path("sign-in", views.sign_in, name="sign_in"),
    path("sign-out", views.sign_out, name="sign_out"),
    path("join/<str:text>", views.join, name="join"),
    path("home", views.home, name="home"),
    path("guides", guides.guides, name="guides"),
    path("guides/<slug:name>", guides.guide, name="guide"),
    path("guides/<slug:name>/<int:number>.<slug:language>.webp", guides.picture, name="picture"),
    path("help/<slug:page>", views.help_page, name="help"),
]
