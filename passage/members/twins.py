"""Two records of one person, compared: what they contradict each other in, and which answer about messages holds."""

from __future__ import annotations

from collections.abc import Mapping

from passage.members.models import Consent, Member

# What a person may have told twice, differently.
TOLD = ("first_name", "last_name", "email", "phone", "birthday", "name_day", "language")


def contradicted(gone: Member, kept: Member) -> list[str]:
    """The fields in which both told something, and not the same."""
    return [
        field
        for field in TOLD
        if getattr(gone, field) and getattr(kept, field) and getattr(gone, field) != getattr(kept, field)
    ]


def columns_of(field: str) -> tuple[str, ...]:
    return ("email", "email_key") if field == "email" else (field,)


def stricter(theirs: Mapping[str, Consent], mine: Mapping[str, Consent]) -> dict[str, Consent]:
    """By purpose, the answer that holds for both: a no before a yes; who was never asked has not answered."""
    answers = {**theirs, **mine}
    for purpose in theirs.keys() & mine.keys():
        answers[purpose] = mine[purpose] if not mine[purpose].given or theirs[purpose].given else theirs[purpose]
    return answers
