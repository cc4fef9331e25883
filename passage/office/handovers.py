"""Prizes from hand to hand: points exchanged without a sale, what waits in a shop, handed over or cancelled."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from passage.engine.basket import Basket, Line
from passage.ledger.queries import units
from passage.members import queries as members
from passage.members.models import Member
from passage.office.once import SOURCE, source
from passage.programme import queries as programmes
from passage.programme.access import can
from passage.programme.errors import Refused
from passage.programme.gate import staff_page, staff_render
from passage.programme.models import Programme, Shop, Staff
from passage.purchases.actions import claiming
from passage.purchases.queries import Offer, quote
from passage.purchases.values import MemberRef, Sale
from passage.rewards import actions, prizes, queries
from passage.rewards.actions import Wish
from passage.rewards.models import Redemption, Reward, RewardVersion
from passage.ui.refusals import refusal, sentence_of
from passage.ui.sentences import sentence
from passage.ui.wording import money_text, quantity_text

WAYS = [
    ("now", gettext_lazy("It is handed over now")),
    ("waits", gettext_lazy("It waits there for the member")),
]


@dataclass(frozen=True, slots=True)
class Choice:
    """A prize for this member; ``why_not`` is empty when it can be had. ``warning``: its worth is above the threshold."""

    reward: Reward
    price: str
    why_not: str
    warning: str


class PrizeForm(forms.Form):
    """Which prize, and whether it is in the member's hands already."""

    reward = forms.ChoiceField(label=gettext_lazy("Prize"), widget=forms.RadioSelect)
    way = forms.ChoiceField(
        label=gettext_lazy("When it is handed over"), choices=WAYS, initial="now", widget=forms.RadioSelect
    )
    # Names this exchange: the button pressed twice counts once.
    entry = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, posted: Any, *, choices: Sequence[Choice]) -> None:
        super().__init__(posted, initial={"entry": uuid.uuid4()})
        self.fields["reward"].choices = [(str(each.reward.public_id), _label(each)) for each in choices]  # type: ignore[attr-defined]


def _label(choice: Choice) -> str:
    return " – ".join(text for text in (choice.reward.name, choice.price, choice.warning) if text)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(verb="rewards.give")
def give_prize(request: HttpRequest, staff: Staff, member: uuid.UUID) -> HttpResponse:
    """Points for a prize, without a purchase; the address says in which shop, of those where this person works."""
    row = members.by_public_id(programme=staff.programme, public_id=member)
    if row is None:
        raise Http404
    shops = _shops(staff)
    shop = next((each for each in shops if each.code == request.GET.get("shop")), next(iter(shops), None))
    choices = _choices(staff.programme, row, shop)
    form = PrizeForm(
        request.POST if request.method == "POST" else None, choices=[each for each in choices if not each.why_not]
    )
    if request.method == "POST" and form.is_valid() and _redeemed(staff, row, shop, form):
        waits = form.cleaned_data["way"] == "waits"
        messages.success(
            request,
            _("The points are exchanged. The prize waits to be handed over.") if waits else _("The prize is given."),
        )
        return redirect("office:member", member=row.public_id)
    page: dict[str, object] = {"form": form, "member": row, "shops": shops, "shop": shop}
    page["refused"] = [each for each in choices if each.why_not]
    return staff_render(request, "office/give_prize.html", page, staff=staff, status=422 if form.errors else 200)


def _redeemed(staff: Staff, member: Member, shop: Shop | None, form: PrizeForm) -> bool:
    typed = form.cleaned_data
    reward = queries.by_public_id(staff.programme, public_id=uuid.UUID(typed["reward"]))
    assert reward is not None  # it was among the choices
    try:
        claiming.redeem(
            source=source(staff.programme),
            member=member,
            wish=Wish(client_id=str(typed["entry"]), reward=reward),
            shop=shop,
            waits=typed["way"] == "waits",
            by=f"staff:{staff.pk}",
            at=timezone.now(),
        )
    except Refused as refused:
        form.add_error("reward", sentence_of(refused))
        return False
    return True


def _choices(programme: Programme, member: Member, shop: Shop | None) -> list[Choice]:
    """Everything that a hand can give in this shop, as its till would offer it on an empty ticket; what can be had first."""
    at = timezone.now()
    basket = Basket(programme.currency, (Line("1", 0),))
    whom = MemberRef(public_id=member.public_id)
    where = shop.code if shop else ""
    sale = Sale(client_id=SOURCE, occurred_at=at, basket=basket, member=whom, shop=where)
    try:
        offers = quote(programme=programme, source=source(programme), sale=sale, at=at).offers
    except Refused:  # blocked: nothing can be had
        return []
    kinds = {unit.code: unit.kind for unit in units(programme)}
    by_id = {version.reward.public_id: version for version in queries.catalogue(programme, at=at)}
    given = [offer for offer in offers if offer.kind == "free_product"]
    found = [_choice(programme, by_id[offer.reward], offer, kinds) for offer in given]
    return sorted(found, key=lambda each: bool(each.why_not))


def _choice(programme: Programme, version: RewardVersion, offer: Offer, kinds: dict[str, str]) -> Choice:
    kind, reward, why = kinds[offer.unit], version.reward, ""
    if offer.missing:
        why = _("{prize}: {points} missing.").format(prize=reward.name, points=quantity_text(offer.missing, unit=kind))
    elif offer.why_not is not None and offer.why_not.code != "product_not_in_basket":
        told = offer.why_not.as_json()
        code = str(told.pop("code"))
        why = sentence(code, told, currency=programme.currency, zone=programme.zone, unit=kind)
    elif queries.needs_sale(version):
        why = f"{reward.name}: {refusal('needs_a_sale')}"
    return Choice(reward, quantity_text(offer.points, unit=kind), why, warning(programme, reward.worth))


def warning(programme: Programme, worth: int | None) -> str:
    """What is said of a prize that the owner wants to be told of; "" for any other."""
    if worth is None or not prizes.is_above(worth, programme=programme):
        return ""
    return _("worth {worth}, above the threshold for prizes").format(
        worth=money_text(worth, currency=programme.currency)
    )


def _shops(staff: Staff) -> list[Shop]:
    """Where this person may hand out: their own shop, or any."""
    rows = programmes.shops(programme=staff.programme)
    return [each for each in rows if can(staff, "rewards.give", shop=each)]


@dataclass(frozen=True, slots=True)
class Waiting:
    """A prize on the shelf; ``member`` is who they are now, after a merge."""

    row: Redemption
    member: Member
    warning: str
    picture: uuid.UUID | None


@require_safe
@staff_page(verb="rewards.give")
def handovers(request: HttpRequest, staff: Staff) -> HttpResponse:
    """What waits to be handed over, and what was handed over last."""
    shops = _shops(staff)
    asked = request.GET.get("shop", "")
    shop = next((each for each in shops if each.code == asked), staff.shop)
    page: dict[str, object] = {
        "rows": _waiting(staff.programme, prizes.waiting(staff.programme, shop=shop)),
        "done": _waiting(staff.programme, prizes.handed_over_lately(staff.programme, shop=shop)),
        "shops": shops,
        "shop": shop,
        "may_see_register": staff.programme.prize_watch and can(staff, "rules.see"),
    }
    return staff_render(request, "office/handovers.html", page, staff=staff)


def _waiting(programme: Programme, rows: Sequence[Redemption]) -> list[Waiting]:
    pictures = queries.pictures(programme)
    return [
        Waiting(
            row=row,
            member=members.resolve(row.member),
            warning=warning(programme, row.worth),
            picture=pictures.get(row.version.reward.public_id),
        )
        for row in rows
    ]


@require_POST
@staff_page(verb="rewards.give")
def hand_out(request: HttpRequest, staff: Staff, prize: uuid.UUID) -> HttpResponse:
    """The prize is in the member's hands."""
    row = _prize(staff, prize)
    shop = row.shop or staff.shop or next((s for s in _shops(staff) if s.code == request.POST.get("at", "")), None)
    try:
        actions.hand_out(redemption=row, shop=shop, by=f"staff:{staff.pk}", at=timezone.now())
    except Refused as refused:
        messages.error(request, sentence_of(refused))
    else:
        messages.success(request, _("Handed over: {prize}.").format(prize=row.version.reward.name))
    return redirect("office:handovers")


@require_POST
@staff_page(verb="rewards.give")
def cancel_prize(request: HttpRequest, staff: Staff, prize: uuid.UUID) -> HttpResponse:
    """The prize is not given; its points go back."""
    row = _prize(staff, prize)
    reason = request.POST.get("reason", "")[:200]
    try:
        actions.cancel_prize(redemption=row, reason=reason, by=f"staff:{staff.pk}", at=timezone.now())
    except Refused as refused:
        messages.error(request, sentence_of(refused))
    else:
        messages.success(request, _("Cancelled. The points are back with the member."))
    return redirect("office:handovers")


def _prize(staff: Staff, public_id: uuid.UUID) -> Redemption:
    row = queries.redemptions(staff.programme, public_ids=[public_id]).get(public_id)
    if row is None:
        raise Http404
    if row.shop is not None and not can(staff, "rewards.give", shop=row.shop):
        raise PermissionDenied
    return row
