"""The letter that carries the head of the chain to an owner, in the owner's language."""

from __future__ import annotations

from django.utils import translation
from django.utils.translation import gettext as _

from passage.programme.models import Staff
from passage.seals.models import Block
from passage.seals.queries import head_of
from passage.ui.wording import moment_text


def letter(block: Block, /, *, to: Staff) -> tuple[str, str]:
    """Subject and text."""
    programme, login = to.programme, to.login
    with translation.override(login.language or programme.language):
        subject = _("The seal of your books at {programme}").format(programme=programme.name)
        text = _(
            "Hello {name},\n\n"
            "everything that was booked at {programme} until {when} is sealed under this line:\n\n"
            "{head}\n\n"
            "Keep this mail; there is nothing to do. If you ever doubt what the books say about the past, whoever runs "
            "Passage for you can prove with this line that nothing was changed, added or removed before that moment:\n\n"
            "passage verify --programme {slug} --since-seal {head}"
        )
        said = text.format(
            name=login.name or login.email,
            programme=programme.name,
            when=moment_text(block.sealed_at, zone=programme.zone),
            head=head_of(block),
            slug=programme.slug,
        )
    return subject, said
