from django.urls import path

from passage.website import public, signing_up, views

app_name = "website"
urlpatterns = [
    path("", views.start, name="start"),
    path("sign-in", views.sign_in, name="sign_in"),
    path("sign-out", views.sign_out, name="sign_out"),
    path("join/<str:text>", views.join, name="join"),
    path("home", views.home, name="home"),
    path("sign-up", signing_up.sign_up, name="sign_up"),
    path("sign-up/<str:text>", signing_up.confirm, name="confirm"),
    path("begin", signing_up.begin, name="begin"),
    path("contact", public.contact, name="contact"),
    path("mail", public.mail, name="mail"),
    path("help/", public.help_index, name="help_index"),
    path("help/<slug:page>", views.help_page, name="help"),
]
