"""What the log says of each deed, who did it and what it was done to, in words and names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from passage.audit.models import Event
from passage.cards.models import Card
from passage.earning.models import Rule
from passage.imports.models import Import
from passage.members.queries import by_public_ids
from passage.office.settings import what_changed
from passage.programme.models import Key, Programme, Staff, Till
from passage.rewards.models import Redemption, Reward
from passage.ui.wording import masked

# Each deed that is written down: the group it is searched in, and what the log says.
DEEDS: Mapping[str, tuple[str, Promise]] = {
    "member.enrolled": ("members", gettext_lazy("Member enrolled")),
    "members.enrolled": ("members", gettext_lazy("Several members enrolled")),
    "member.edited": ("members", gettext_lazy("Member's details changed")),
    "member.blocked": ("members", gettext_lazy("Member blocked")),
    "member.unblocked": ("members", gettext_lazy("Member unblocked")),
    "member.merged": ("members", gettext_lazy("Two members merged")),
    "member.unmerged": ("members", gettext_lazy("Merged members parted again")),
    "member.erased": ("members", gettext_lazy("Member erased")),
    "member.exported": ("members", gettext_lazy("All that is held about a member was handed out")),
    "member.login_attached": ("members", gettext_lazy("Member's own log-in set up")),
    "member.looked_up": ("members", gettext_lazy("Member found at a till")),
    "member.matched": ("members", gettext_lazy("Member attached by e-mail")),
    "members.searched": ("members", gettext_lazy("Members searched at a till")),
    "import.received": ("members", gettext_lazy("File of members or cards uploaded")),
    "import.applied": ("members", gettext_lazy("Members and cards imported from a file")),
    "import.undone": ("members", gettext_lazy("Import undone")),
    "import.dropped": ("members", gettext_lazy("Uploaded file put away")),
    "cards.made": ("cards", gettext_lazy("Blank cards made")),
    "card.issued": ("cards", gettext_lazy("Card made for a member")),
    "card.bound": ("cards", gettext_lazy("Card given to a member")),
    "card.blocked": ("cards", gettext_lazy("Card blocked")),
    "card.unblocked": ("cards", gettext_lazy("Card unblocked")),
    "card.lost": ("cards", gettext_lazy("Card reported lost")),
    "card.replaced": ("cards", gettext_lazy("Card replaced")),
    "card.expired": ("cards", gettext_lazy("Card expired")),
    "own_card.named": ("cards", gettext_lazy("Staff member’s own card named")),
    "own_card.ended": ("cards", gettext_lazy("Own card named no longer")),
    "points.adjust": ("points", gettext_lazy("Balance corrected by hand")),
    "points.asked": ("points", gettext_lazy("Correction asked for")),
    "points.approved": ("points", gettext_lazy("Correction agreed to")),
    "points.refused": ("points", gettext_lazy("Correction refused")),
    "points.over": ("points", gettext_lazy("Correction nobody answered")),
    "redemption.release": ("points", gettext_lazy("Reward let go")),
    "redemption.reverse": ("points", gettext_lazy("Reward taken back")),
    "prize.given": ("points", gettext_lazy("Points exchanged for a prize, handed over at once")),
    "prize.waits": ("points", gettext_lazy("Points exchanged for a prize that waits")),
    "prize.handed_over": ("points", gettext_lazy("Prize handed over")),
    "prize.cancelled": ("points", gettext_lazy("Prize cancelled, points given back")),
    "visit.matched": ("points", gettext_lazy("Sale given to its member")),
    "visit.mended": ("points", gettext_lazy("Visit put aside was recorded")),
    "visit.dismissed": ("points", gettext_lazy("Visit put aside was dismissed")),
    "visit.entered": ("points", gettext_lazy("Visit entered by hand")),
    "parked.match": ("points", gettext_lazy("Return given to its sale by hand")),
    "parked.dismiss": ("points", gettext_lazy("Return without its sale dismissed")),
    "rule.change": ("offers", gettext_lazy("Promotion changed")),
    "rule.dated_back": ("offers", gettext_lazy("Promotion dated back")),
    "rule.tried": ("offers", gettext_lazy("Promotion tried on past sales")),
    "unit.changed": ("offers", gettext_lazy("Life of points changed")),
    "tiers.set": ("offers", gettext_lazy("Levels set")),
    "tier.given": ("members", gettext_lazy("Level given by hand")),
    "tier.taken_back": ("members", gettext_lazy("Level given by hand taken back")),
    "reward.change": ("offers", gettext_lazy("Reward changed")),
    "reward.particulars": ("offers", gettext_lazy("Reward's worth, stock mark or days of showing changed")),
    "reward.picture": ("offers", gettext_lazy("Reward's picture put")),
    "reward.picture_gone": ("offers", gettext_lazy("Reward's picture taken away")),
    "reward.stock": ("offers", gettext_lazy("Reward's stock changed")),
    "product.put": ("offers", gettext_lazy("Product changed")),
    "product.retired": ("offers", gettext_lazy("Product taken off sale")),
    "programme.second_factor_on": ("staff", gettext_lazy("Second factor asked of owners and managers")),
    "programme.second_factor_off": ("staff", gettext_lazy("Second factor no longer asked for")),
    "login.app_added": ("staff", gettext_lazy("Second factor set up: an app")),
    "login.app_removed": ("staff", gettext_lazy("App taken off the log-in")),
    "login.passkey_added": ("staff", gettext_lazy("Passkey added")),
    "login.passkey_removed": ("staff", gettext_lazy("Passkey removed")),
    "login.codes_made": ("staff", gettext_lazy("New recovery codes made")),
    "login.factors_taken_off": ("staff", gettext_lazy("Second factor taken off by the owner")),
    "login.reset_shown": ("staff", gettext_lazy("Link for a new password shown")),
    "login.password_changed": ("staff", gettext_lazy("Password changed")),
    "login.sessions_ended": ("staff", gettext_lazy("Signed out everywhere")),
    "retention.set": ("places", gettext_lazy("How long absent members are kept was set")),
    "programme.created": ("places", gettext_lazy("Programme created")),
    "programme.changed": ("places", gettext_lazy("Settings of the programme changed")),
    "programme.prizes": ("places", gettext_lazy("Watch over prizes changed")),
    "shop.opened": ("places", gettext_lazy("Shop opened")),
    "till.added": ("places", gettext_lazy("Till added")),
    "till.code_made": ("places", gettext_lazy("Code to connect a till made")),
    "till.paired": ("places", gettext_lazy("Till connected")),
    "archive.asked": ("places", gettext_lazy("File with everything asked for")),
    "archive.downloaded": ("places", gettext_lazy("File with everything downloaded")),
    "programme.exported": ("places", gettext_lazy("Everything written into a file on the server")),
    "programme.arrived": ("places", gettext_lazy("Programme arrived from another server")),
    "staff.hired": ("staff", gettext_lazy("Person joined the staff")),
    "staff.invited": ("staff", gettext_lazy("Person invited")),
    "staff.link_shown": ("staff", gettext_lazy("Link of an invitation shown")),
    "staff.declined": ("staff", gettext_lazy("Invitation declined")),
    "staff.invitation_withdrawn": ("staff", gettext_lazy("Invitation withdrawn")),
    "staff.left": ("staff", gettext_lazy("Person left the staff")),
    "staff.pin_set": ("staff", gettext_lazy("PIN set")),
    "pin.refused": ("staff", gettext_lazy("Wrong PIN too often")),
    "control.set": ("staff", gettext_lazy("Limits of one person set")),
    "source.added": ("staff", gettext_lazy("Sales system added")),
    "key.issued": ("staff", gettext_lazy("Key made")),
    "key.revoked": ("staff", gettext_lazy("Key revoked")),
}
# Deeds that move a number, and where it stands among their details.
MOVED: Mapping[str, str] = {"points.adjust": "points", "reward.stock": "pieces"}
GROUPS: Mapping[str, Promise] = {
    "members": gettext_lazy("Members"),
    "cards": gettext_lazy("Cards"),
    "points": gettext_lazy("Points and visits"),
    "offers": gettext_lazy("Promotions, rewards and products"),
    "places": gettext_lazy("Shops and tills"),
    "staff": gettext_lazy("Staff and keys"),
}


def verbs_of(group: str) -> list[str]:
    return [verb for verb, (of, _said) in DEEDS.items() if of == group]


@dataclass(frozen=True, slots=True)
class AuditLine:
    """One line of the log; ``about`` and ``page`` may be empty."""

    at: datetime
    who: str
    what: str | Promise
    about: str
    page: str
    detail: str


def told(programme: Programme, events: Sequence[Event]) -> list[AuditLine]:
    """The lines, with as many queries for a hundred events as for one."""
    who = names_of_doers(programme, {event.by for event in events})
    about = _subjects(programme, {event.subject for event in events})
    return [
        AuditLine(
            at=event.at,
            who=who.get(event.by, ""),
            what=DEEDS[event.verb][1] if event.verb in DEEDS else event.verb,
            about=about.get(event.subject, ("", ""))[0],
            page=about.get(event.subject, ("", ""))[1],
            detail=_detail(event),
        )
        for event in events
    ]


def _detail(event: Event) -> str:
    parts = []
    if moved := event.detail.get(MOVED.get(event.verb, "points" if event.verb.startswith("points.") else "")):
        parts.append(f"{moved:+d}".replace("-", "−"))
    if event.verb == "programme.changed":
        parts.append(what_changed(event.detail.get("changed", {})))
    if count := event.detail.get("count"):
        parts.append(ngettext("{count} of them", "{count} of them", count).format(count=count))
    if reason := event.detail.get("reason"):
        parts.append(str(reason))
    return ", ".join(parts)


def names_of_doers(programme: Programme, names: Iterable[str]) -> dict[str, str]:
    """ "staff:7" and the like, and what the log calls them."""
    ids = _numbers(names)
    found: dict[str, str] = {}
    for person in Staff.objects.of(programme).filter(pk__in=ids["staff"]).select_related("login"):
        found[f"staff:{person.pk}"] = person.login.name or person.login.email
    # Who began the programme had a log-in before there was a place in it.
    for person in Staff.objects.of(programme).filter(login__in=ids["login"]).select_related("login"):
        found[f"login:{person.login_id}"] = str(person.login)
    for key in Key.objects.of(programme).filter(pk__in=ids["key"]).select_related("source"):
        found[f"key:{key.pk}"] = key.source.name
    for till in Till.objects.of(programme).filter(pk__in=ids["till"]).select_related("shop"):
        found[f"till:{till.pk}"] = f"{till.shop.name} {till.code}"
    for name in names:
        if name.startswith("member:"):
            found[name] = _("The member")
        elif name.startswith("system:"):
            found[name] = "Passage"
    return found


def _subjects(programme: Programme, names: Iterable[str]) -> dict[str, tuple[str, str]]:
    """What was acted on: its name, and the address of its page or ""."""
    ids = _numbers(names)
    texts = {name: name.partition(":")[2] for name in names}
    found = {
        name: (text, "")
        for name, text in texts.items()
        if name.startswith(("product:", "till:", "shop:", "key:", "unit:"))
    }
    members = [text for name, text in texts.items() if name.startswith("member:")]
    for public_id, member in by_public_ids(programme=programme, public_ids=members).items():
        page = reverse("office:member", args=[member.public_id])
        found[f"member:{public_id}"] = (member.full_name or _("Member without a name"), page)
    for card in Card.objects.of(programme).filter(pk__in=ids["card"]):
        found[f"card:{card.pk}"] = (masked(card.number), "")
    for upload in Import.objects.of(programme).filter(pk__in=ids["import"]):
        found[f"import:{upload.pk}"] = (upload.name, reverse("office:import", args=[upload.pk]))
    for rule in Rule.objects.of(programme).filter(pk__in=ids["rule"]):
        found[f"rule:{rule.pk}"] = (rule.name, "")
    for person in Staff.objects.of(programme).filter(pk__in=ids["staff"]).select_related("login"):
        found[f"staff:{person.pk}"] = (person.login.name or person.login.email, "")
    given = [text for name, text in texts.items() if name.startswith("redemption:")]
    for row in Redemption.objects.of(programme).filter(public_id__in=given).select_related("version__reward", "member"):
        page = reverse("office:member", args=[row.member.public_id])
        found[f"redemption:{row.public_id}"] = (row.version.reward.name, page)
    rewards = [text for name, text in texts.items() if name.startswith("reward:")]
    for reward in Reward.objects.of(programme).filter(public_id__in=rewards):
        found[f"reward:{reward.public_id}"] = (reward.name, "")
    return found


def _numbers(names: Iterable[str]) -> dict[str, list[int]]:
    """The row numbers among ``names``, by what they are of."""
    found: dict[str, list[int]] = {kind: [] for kind in ("staff", "login", "key", "till", "card", "rule", "import")}
    for name in names:
        kind, _colon, number = name.partition(":")
        if kind in found and number.isdecimal():
            found[kind].append(int(number))
    return found
