"""The second factors of one's own log-in: an app that shows codes, passkeys, and the codes for the day both are lost."""

from __future__ import annotations

from http import HTTPStatus

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from passage.logins import actions, ceremony, codes, queries
from passage.programme.errors import Refused
from passage.programme.models import Login
from passage.ui.squares import square
from passage.website.account import proven_page, show
from passage.website.devices import device_name
from passage.website.forms import NewApp, PasskeyName

SECRET = "app_secret"  # noqa: S105 - where the session keeps it while the app is being set up


@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters("code")
@proven_page
def app(request: HttpRequest, login: Login) -> HttpResponse:
    """The secret as a square and in letters, until the app has shown a right code."""
    if queries.factors(login).app is not None:
        return redirect("website:account")
    secret = request.session.setdefault(SECRET, codes.new_secret())
    form = NewApp(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.set_up_app(login=login, secret=secret, code=form.cleaned_data["code"], at=timezone.now())
        except Refused:
            form.add_error("code", _("This code does not fit. Check that the clock of your phone is right."))
        else:
            del request.session[SECRET]
            return _done(request, login, made, _("From now on you are asked for a code of the app when you sign in."))
    page: dict[str, object] = {
        "form": form,
        "qr": square(codes.address_of(secret, email=login.email)),
        "secret": " ".join(secret[start : start + 4] for start in range(0, len(secret), 4)),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return show(request, login, "website/app.html", page, status=status)


def _done(request: HttpRequest, login: Login, made: list[str], said: str) -> HttpResponse:
    """Fresh recovery codes are shown this once, with what was done; without any, back to the overview."""
    messages.success(request, said)
    if not made:
        return redirect("website:account")
    shown = [f"{code[:4]} {code[4:]}" for code in made]
    page: dict[str, object] = {"codes": shown, "login": login, "page": "website-account"}
    return show(request, login, "website/codes.html", page)


@require_POST
@proven_page
def app_off(request: HttpRequest, login: Login) -> HttpResponse:
    actions.take_app_off(login=login, at=timezone.now())
    messages.success(request, _("The app is taken off. Its codes are no longer asked for."))
    return redirect("website:account")


@require_POST
@proven_page
def recovery(request: HttpRequest, login: Login) -> HttpResponse:
    """Ten fresh codes, shown this once; those of before are void."""
    try:
        made = actions.make_codes(login=login, at=timezone.now())
    except Refused:
        return redirect("website:account")
    return _done(request, login, made, _("These are your new recovery codes. Those of before no longer work."))


@require_POST
@proven_page
def new_passkey(request: HttpRequest, login: Login) -> HttpResponse:
    """What the browser needs to make a passkey."""
    return JsonResponse(ceremony.options_to_make(login))


@require_POST
@proven_page
def add_passkey(request: HttpRequest, login: Login) -> HttpResponse:
    """The passkey that was made, under the name of the device unless it is given another one."""
    name = request.POST.get("name", "").strip() or device_name(request.headers.get("User-Agent", ""))
    try:
        credential = ceremony.made(request.POST.get("credential", ""))
        made = actions.add_passkey(login=login, name=name, credential=credential, at=timezone.now())
    except Refused as refused:
        too_many = _("There are as many passkeys as fit. Remove one first.")
        strange = _("The passkey could not be added. Try again.")
        messages.error(request, too_many if refused.code == "too_many" else strange)
        return redirect("website:account")
    return _done(request, login, made, _("The passkey is there. Next time sign in with it, by one button."))


@require_POST
@proven_page
def change_passkey(request: HttpRequest, login: Login, passkey: int) -> HttpResponse:
    """Another name, or gone."""
    if request.POST.get("do") == "remove":
        actions.remove_passkey(login=login, passkey=passkey, at=timezone.now())
        messages.success(request, _("The passkey is removed. Delete it on the device as well."))
        return redirect("website:account")
    form = PasskeyName(request.POST)
    try:
        if form.is_valid():
            actions.rename_passkey(login=login, passkey=passkey, name=form.cleaned_data["name"])
            messages.success(request, _("The passkey has its new name."))
        else:
            messages.error(request, _("A passkey needs a name that tells you which device it is on."))
    except Refused as refused:
        if refused.code == "unknown":
            raise Http404 from refused
        messages.error(request, _("A passkey needs a name that tells you which device it is on."))
    return redirect("website:account")
