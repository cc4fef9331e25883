"""Where a person goes after signing in."""

from django.conf import settings

from passage.members.models import Member
from passage.programme.access import place
from passage.programme.models import Login, Rank

DOORS = {
    Rank.CLERK: "till:points",
    Rank.OWNER: "office:start",
    Rank.CHAIN: "office:members",
    Rank.SHOP: "office:members",
    Rank.AUDITOR: "office:members",
    Rank.DEVELOPER: "office:keys",
}


def landing_page(*, login: Login) -> str:
    """The name of the page: the till for a clerk, the back office for those above, else the member's own."""
    staff = place(login=login)
    if staff is not None:
        return DOORS[staff.rank]
    if Member.objects.filter(login=login).exists():
        return "portal:me"
    return "website:begin" if may_begin(login) else "website:start"


def may_begin(login: Login, /) -> bool:
    """Who works nowhere may begin a programme where anybody may; else only who was sent a link for it.

    A log-in that never had a place and belongs to no member came by such a link and by nothing else.
    """
    if place(login=login) is not None:
        return False
    if settings.SIGN_UP:
        return True
    return not login.places.exists() and not Member.objects.filter(login=login).exists()
