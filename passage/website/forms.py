from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.utils.translation import gettext_lazy as _

from passage.programme import limits
from passage.programme.models import Login
from passage.ui.context import OWN_NAMES


class SignIn(forms.Form):
    email = forms.EmailField(
        label=_("E-mail address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True}),
    )
    password = forms.CharField(
        label=_("Password"),
        max_length=256,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class CodeField(forms.CharField):
    """Six digits of an app, or a recovery code."""

    def __init__(self, **kwargs: Any) -> None:
        attrs = {"autocomplete": "one-time-code", "inputmode": "numeric", "spellcheck": "false"}
        super().__init__(max_length=20, widget=forms.TextInput(attrs=attrs), **kwargs)


class SecondFactor(forms.Form):
    code = CodeField(
        label=_("Code"), help_text=_("The six digits that your app shows now, or one of your recovery codes.")
    )


class NewApp(forms.Form):
    code = CodeField(label=_("The six digits that the app shows now"))


class Proof(forms.Form):
    """Once more who one is: the password, and a code if the log-in has a second factor."""

    password = forms.CharField(
        label=_("Password"),
        max_length=256,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "autofocus": True}),
    )
    code = CodeField(
        label=_("Code"), help_text=_("The six digits that your app shows now, or one of your recovery codes.")
    )

    def __init__(self, posted: Any, *, asks_code: bool) -> None:
        super().__init__(posted)
        if not asks_code:
            del self.fields["code"]


class PasskeyName(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=limits.NAME)


class OwnLanguage(forms.Form):
    language = forms.ChoiceField(label=_("In mails and on new devices"), required=False)

    def __init__(self, posted: Any, *, chosen: str = "") -> None:
        super().__init__(posted, initial={"language": chosen})
        known = [(code, OWN_NAMES.get(code, code)) for code, _name in settings.LANGUAGES]
        self.fields["language"].choices = [("", _("As on the device")), *known]  # type: ignore[attr-defined]


class Join(forms.Form):
    """A new password, typed twice."""

    password = forms.CharField(
        label=_("Choose a password"),
        max_length=256,
        strip=False,
        help_text=_("Twelve characters or more. A few words in a row are easy to keep and hard to guess."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "autofocus": True}),
    )
    again = forms.CharField(
        label=_("The same once more"),
        max_length=256,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, posted: Any, *, invitee: Login) -> None:
        super().__init__(posted)
        self.invitee = invitee

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        validate_password(password, user=self.invitee)
        return password

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or {}
        if typed.get("password") and typed.get("again") and typed["password"] != typed["again"]:
            self.add_error("again", _("The two are not the same. Type the second one again."))
        return typed


class Forgotten(forms.Form):
    email = forms.EmailField(
        label=_("E-mail address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True}),
    )


class NewPassword(Join):
    """A new password in place of one that is known."""

    current = forms.CharField(
        label=_("The password until now"),
        max_length=256,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "autofocus": True}),
    )
    field_order = ["current", "password", "again"]
