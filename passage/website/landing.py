"""Where a person goes after signing in."""

from passage.members.models import Member
from passage.programme.access import place
from passage.programme.models import Login, Role

DOORS = {
    Role.CLERK: "till:points",
    Role.OWNER: "office:start",
    Role.MANAGER: "office:members",
    Role.AUDITOR: "office:members",
}


def landing_page(*, login: Login) -> str:
    """The name of the page: the till for a clerk, the back office for those above, else the member's own."""
    staff = place(login=login)
    if staff is not None:
        return DOORS[Role(staff.role)]
    if Member.objects.filter(login=login).exists():
        return "portal:me"
    return "website:start"
