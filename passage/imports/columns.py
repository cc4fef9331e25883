"""What a column can be, and how its heading is understood in the three languages of the house."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from passage.members.canonical import folded

IGNORED = ""
FIELDS: dict[str, str | Promise] = {
    "card": _("Card number"),
    "first_name": _("First name"),
    "last_name": _("Last name"),
    "full_name": _("First and last name together"),
    "phone": _("Phone"),
    "email": _("E-mail"),
    "birthday": _("Birthday"),
    "name_day": _("Name day"),
    "language": _("Language"),
    "external_id": _("Number in your other system"),
    "tags": _("Marks"),
    "consent_email": _("Consent to e-mail"),
    "consent_sms": _("Consent to SMS"),
}
# Folded headings: small letters without accents, words parted by single blanks.
WORDS: dict[str, str] = {
    "card": "numer karty|nr karty|karta|kod karty|karta nr|card number|card no|card|card code|carte|numero de carte"
    "|n de carte|no carte|code carte|numero carte|kod kreskowy|barcode|code barres|ean",
    "first_name": "imie|imiona|pierwsze imie|first name|firstname|given name|forename|prenom|prenoms",
    "last_name": "nazwisko|last name|lastname|surname|family name|nom|nom de famille",
    "full_name": "imie i nazwisko|nazwisko i imie|klient|uczestnik|name|full name|customer|member|nom et prenom|prenom et nom"
    "|nom complet|client|membre|adherent|nazwa klienta|customer name",
    "phone": "telefon|tel|nr telefonu|numer telefonu|telefon komorkowy|tel komorkowy|komorka|kom|phone|phone number|mobile"
    "|mobile phone|cell|telephone|numero de telephone|portable|mobile number|gsm|nr tel",
    "email": "e mail|email|mail|adres e mail|adres email|email address|e mail address|adresse e mail|adresse email|courriel"
    "|adresse mail|poczta|poczta elektroniczna",
    "birthday": "urodziny|data urodzenia|dzien urodzin|data ur|birthday|birth date|date of birth|birthdate|dob|anniversaire"
    "|date de naissance|naissance|date d anniversaire",
    "name_day": "imieniny|dzien imienin|data imienin|name day|nameday|fete|jour de fete",
    "language": "jezyk|language|lang|langue",
    "external_id": "id|identyfikator|id klienta|nr klienta|numer klienta|kod klienta|customer id|customer number|customer no"
    "|client id|member id|member number|external id|reference|numero client|no client|code client|identifiant"
    "|numero adherent|nr uczestnika|numer uczestnika|id uczestnika|numer w innym systemie|number in another system",
    "tags": "tagi|tag|znaczniki|oznaczenia|etykiety|grupa|grupy|marks|tags|labels|group|groups|etiquettes|marques|groupe",
    "consent_email": "zgoda e mail|zgoda email|zgoda na e mail|zgoda na email|zgoda mail|newsletter|e mail consent|email consent"
    "|email opt in|consentement e mail|consentement email|accord e mail|accord email|optin email|opt in email",
    "consent_sms": "zgoda sms|zgoda na sms|sms consent|sms opt in|consentement sms|accord sms|optin sms|opt in sms",
}
KNOWN = {word: field for field, words in WORDS.items() for word in words.split("|")}


def are_headings(cells: Sequence[str], rows: Sequence[Sequence[str]], *, remembered: Mapping[str, str]) -> bool:
    """Whether a first row names columns: nothing in it is a number or an address, and one of its names is known, or
    the rows below it do hold numbers or addresses."""
    if any(_is_filling(cell) for cell in cells):
        return False
    is_known = any(folded(cell) in KNOWN or folded(cell) in remembered for cell in cells)
    return is_known or any(_is_filling(cell) for row in rows for cell in row)


def _is_filling(cell: str) -> bool:
    return "@" in cell or cell.strip().replace(" ", "").isdigit()


def guessed(
    headings: Sequence[str], rows: Sequence[Sequence[str]], *, remembered: Mapping[str, str], width: int
) -> list[str]:
    """What each column probably is, each thing once: as its heading was understood the last time, else by its heading,
    else an address by its sign and a lone column of numbers as cards."""
    found: list[str] = []
    for place in range(width):
        heading = folded(headings[place]) if place < len(headings) else ""
        field = remembered[heading] if heading in remembered else KNOWN.get(heading, IGNORED)
        cells = [row[place] for row in rows if place < len(row) and row[place].strip()]
        if not field and heading not in remembered and cells and all("@" in cell for cell in cells):
            field = "email"
        found.append(field if field not in found else IGNORED)
    if len(found) == 1 and not found[0]:
        return ["card"]
    return found
