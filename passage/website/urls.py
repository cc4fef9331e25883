from django.urls import path

from passage.website import account, factors, forgotten, guides, public, second, signing_up, views

app_name = "website"
urlpatterns = [
    path("", views.start, name="start"),
    path("sign-in", views.sign_in, name="sign_in"),
    path("sign-in/second", second.second, name="second"),
    path("sign-in/passkey", second.passkey, name="passkey"),
    path("sign-in/passkey/options", second.passkey_options, name="passkey_options"),
    path("sign-out", views.sign_out, name="sign_out"),
    path("join/<str:text>", views.join, name="join"),
    path("forgotten", forgotten.forgotten, name="forgotten"),
    path("new-password/<str:text>", forgotten.new_password, name="new_password"),
    path("account/", account.account, name="account"),
    path("account/prove", account.prove, name="prove"),
    path("account/language", account.language, name="language"),
    path("account/password", account.password, name="password"),
    path("account/app", factors.app, name="app"),
    path("account/app/off", factors.app_off, name="app_off"),
    path("account/codes", factors.recovery, name="recovery"),
    path("account/passkeys", factors.add_passkey, name="add_passkey"),
    path("account/passkeys/options", factors.new_passkey, name="new_passkey"),
    path("account/passkeys/<int:passkey>", factors.change_passkey, name="change_passkey"),
    path("account/sessions/end", account.end_sessions, name="end_sessions"),
    path("account/sessions/<int:session>/end", account.end_session, name="end_session"),
    path("home", views.home, name="home"),
    path("guides", guides.guides, name="guides"),
    path("guides/<slug:name>", guides.guide, name="guide"),
    path("guides/<slug:name>/<int:number>.<slug:language>.webp", guides.picture, name="picture"),
    path("sign-up", signing_up.sign_up, name="sign_up"),
    path("sign-up/<str:text>", signing_up.confirm, name="confirm"),
    path("begin", signing_up.begin, name="begin"),
    path("contact", public.contact, name="contact"),
    path("mail", public.mail, name="mail"),
    path("help/", public.help_index, name="help_index"),
    path("help/<slug:page>", views.help_page, name="help"),
]
