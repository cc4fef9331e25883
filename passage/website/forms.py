from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.utils.translation import gettext_lazy as _

from passage.programme import addresses, limits
from passage.programme.countries import clocks, countries, currencies, likely, usual
from passage.programme.errors import Refused
from passage.programme.links import looks_like_link
from passage.programme.models import Login
from passage.ui.context import OWN_NAMES
from passage.ui.refusals import REFUSALS

LONGEST_MESSAGE = 5000
ABOUT = [
    ("question", _("A question")),
    ("demo", _("Please show me Passage")),
    ("fault", _("Something does not work")),
]


class OneLine(forms.CharField):
    """A name or the like: nothing in it could begin another line of a mail, and what cannot be seen is left out."""

    def to_python(self, value: Any) -> str:
        shown = (
            letter if letter.isprintable() else " " * letter.isspace() for letter in super().to_python(value) or ""
        )
        return " ".join("".join(shown).split())


class Contact(forms.Form):
    """A message to whoever runs the installation. ``homepage`` is there for machines: people do not see it.

    ``ticket`` makes the same form, sent twice, one message.
    """

    about = forms.ChoiceField(label=_("What it is about"), choices=ABOUT)
    name = OneLine(label=_("Your name"), max_length=limits.NAME, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    email = forms.EmailField(
        label=_("E-mail address"),
        max_length=limits.EMAIL,
        help_text=_("The answer goes there, and the address is used for nothing else."),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    phone = OneLine(
        label=_("Phone (optional)"),
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "tel", "type": "tel"}),
    )
    message = forms.CharField(
        label=_("Your message"), max_length=LONGEST_MESSAGE, widget=forms.Textarea(attrs={"rows": 6})
    )
    homepage = forms.CharField(required=False, widget=forms.TextInput(attrs={"tabindex": "-1", "autocomplete": "off"}))
    ticket = forms.UUIDField(widget=forms.HiddenInput)

    def clean_email(self) -> str:
        """An answer is a mail, and a mail takes fewer addresses than a field does."""
        try:
            return addresses.as_written(self.cleaned_data["email"])
        except Refused:
            raise forms.ValidationError(_("This is no e-mail address. Check it."), code="invalid") from None


class SignUp(forms.Form):
    """Who wants to begin a programme. The password is chosen behind the link that goes to the address."""

    name = OneLine(
        label=_("Your name"),
        max_length=limits.NAME,
        widget=forms.TextInput(attrs={"autocomplete": "name", "autofocus": True}),
    )
    email = forms.EmailField(
        label=_("E-mail address"),
        max_length=limits.EMAIL,
        help_text=_("We write to it once, with the link by which you go on."),
        widget=forms.EmailInput(attrs={"autocomplete": "username"}),
    )

    def clean_name(self) -> str:
        """Whoever asks may be a stranger to whoever reads it: our letter carries no link of theirs."""
        name: str = self.cleaned_data["name"]
        if looks_like_link(name):
            raise forms.ValidationError(str(REFUSALS["like_a_link"]), code="like_a_link")
        return name


class ProgrammeForm(forms.Form):
    """The first step: whose programme it is and where. What is left empty is as usual in the country."""

    name = OneLine(
        label=_("Name of your shop or programme"),
        max_length=limits.NAME,
        help_text=_("As members and clerks read it. It can be changed later."),
        widget=forms.TextInput(attrs={"autocomplete": "organization", "autofocus": True}),
    )
    region = forms.ChoiceField(
        label=_("Country"), help_text=_("Decides how phone numbers are read, and what is proposed below.")
    )
    language = forms.ChoiceField(
        label=_("Language"), required=False, help_text=_("In which your programme writes to staff and members.")
    )
    currency = forms.ChoiceField(label=_("Currency"), required=False)
    zone = forms.ChoiceField(
        label=_("Time zone"), required=False, help_text=_("Decides when a day, and so a promotion, begins and ends.")
    )

    def __init__(self, posted: Any, *, language: str) -> None:
        super().__init__(posted, initial={"region": likely(language), "language": language})
        usual_one = [("", _("as usual in the country"))]
        self._choices("region", countries())
        self._choices("language", [*usual_one, *settings.LANGUAGES])
        self._choices("currency", [*usual_one, *currencies()])
        self._choices("zone", [*usual_one, *((zone, zone.replace("_", " ")) for zone in clocks())])

    def _choices(self, name: str, choices: list[tuple[str, Any]]) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined]

    def settings(self) -> dict[str, str]:
        """What `create_programme` takes besides the name, with the country's own where nothing was chosen."""
        typed, proposed = self.cleaned_data, usual(self.cleaned_data["region"])
        chosen = {name: typed[name] or getattr(proposed, name) for name in ("language", "currency", "zone")}
        return {"region": typed["region"], **chosen}


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
