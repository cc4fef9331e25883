"""Where a person goes after signing in."""

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
    return "website:start"
