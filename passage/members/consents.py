"""What a member is asked before being written to: each wording has a version, kept with every answer.

A wording is never changed: another text is another version.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from passage.members.models import Consent


@dataclass(frozen=True, slots=True)
class Wording:
    purpose: str
    version: str
    text: str | Promise


WORDINGS: dict[str, Wording] = {
    each.purpose: each
    for each in (
        Wording(
            Consent.Purpose.EMAIL,
            "2026-1",
            _("I would like news and offers by e-mail. I can take this back at any time."),
        ),
        Wording(
            Consent.Purpose.SMS,
            "2026-1",
            _("I would like news and offers by SMS. I can take this back at any time."),
        ),
    )
}
