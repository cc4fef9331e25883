"""Rules and rewards as sentences an owner would write: what it gives, then each condition by itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from passage.engine import rewards, rules
from passage.ui.wording import day_text, list_text, money_text, number_text, quantity_text, weekday_names

EVENTS: dict[rules.Occasion, str | Promise] = {
    rules.Occasion.JOINED: gettext_lazy("%(points)s once for joining, without a purchase."),
    rules.Occasion.BIRTHDAY: gettext_lazy("%(points)s on the birthday, once a year, without a purchase."),
    rules.Occasion.NAME_DAY: gettext_lazy("%(points)s on the name day, once a year, without a purchase."),
}


@dataclass(frozen=True, slots=True)
class Names:
    """What codes stand for in the programme: units by kind; shops, tiers and products by name."""

    currency: str
    zone: str
    kinds: Mapping[str, str]
    shops: Mapping[str, str]
    tiers: Mapping[str, str]
    products: Mapping[str, str]

    def points(self, number: int, unit: str) -> str:
        return quantity_text(number, unit=self.kinds.get(unit, "points"), currency=self.currency)

    def money(self, amount: int) -> str:
        return money_text(amount, currency=self.currency)


def rule_sentences(rule: rules.Rule, /, *, names: Names) -> list[str]:
    said = [_earns(rule, names)]
    if rule.only and not isinstance(rule.earns, rules.PerUnit):
        said.append(_("Counts only: %(what)s.") % {"what": _selection(rule.only, names)})
    if rule.exclude:
        said.append(_("Leaves out: %(what)s.") % {"what": _selection(rule.exclude, names)})
    said += conditions(rule.when, names=names) + _limits(rule, names)
    if rule.group:
        said.append(_("Of the rules “%(group)s” only the best one counts.") % {"group": rule.group})
    return said


def _earns(rule: rules.Rule, names: Names) -> str:
    earns, values = rule.earns, {}
    if not isinstance(earns, rules.Multiplier):
        values["points"] = names.points(earns.points, rule.unit)
    match earns:
        case rules.PerAmount(step=step):
            pattern = _("%(points)s for every %(amount)s.")
            values["amount"] = names.money(step)
        case rules.PerVisit():
            pattern = _("%(points)s for every visit.")
        case rules.PerUnit():
            pattern = _("%(points)s for every piece of: %(what)s.")
            values["what"] = _selection(rule.only, names) or _("anything")
        case rules.Fixed():
            pattern = _("%(points)s once for the purchase.")
        case rules.Event(on=on):
            pattern = str(EVENTS[on])
        case rules.Multiplier(num=num, den=den):
            pattern = _("All points of the purchase × %(times)s.")
            values["times"] = _times(Fraction(num, den))
    return pattern % values


def _times(factor: Fraction) -> str:
    return number_text(Decimal(factor.numerator) / Decimal(factor.denominator))


def conditions(when: rules.Conditions, /, *, names: Names) -> list[str]:
    said = _in_time(when, names) + _of_the_bill(when, names)
    if when.tiers:
        said.append(_("Only at the level: %(tiers)s.") % {"tiers": _named(when.tiers, names.tiers)})
    if when.tags:
        said.append(_("Only for members marked: %(tags)s.") % {"tags": list_text(when.tags)})
    if when.first_purchase:
        said.append(_("Only for the first purchase."))
    return said + _feasts(when)


def _feasts(when: rules.Conditions) -> list[str]:
    said = []
    if when.birthday_days == 0:
        said.append(_("Only on the birthday, once a year."))
    elif when.birthday_days is not None:
        birthday = ngettext(
            "Only from %(days)s day before to %(days)s day after the birthday, once a year.",
            "Only from %(days)s days before to %(days)s days after the birthday, once a year.",
            when.birthday_days,
        )
        said.append(birthday % {"days": when.birthday_days})
    if when.name_day_days == 0:
        said.append(_("Only on the name day, once a year."))
    elif when.name_day_days is not None:
        name_day = ngettext(
            "Only from %(days)s day before to %(days)s day after the name day, once a year.",
            "Only from %(days)s days before to %(days)s days after the name day, once a year.",
            when.name_day_days,
        )
        said.append(name_day % {"days": when.name_day_days})
    return said


def _in_time(when: rules.Conditions, names: Names) -> list[str]:
    said = []
    if when.starts:
        said.append(_("From %(day)s.") % {"day": day_text(when.starts, zone=names.zone)})
    if when.ends:
        said.append(_("Until %(day)s.") % {"day": day_text(when.ends, zone=names.zone)})
    if when.weekdays:
        said.append(_("Only on: %(days)s.") % {"days": weekday_names(",".join(map(str, when.weekdays)))})
    for start, end in when.hours:
        said.append(_("Only from %(start)s to %(end)s.") % {"start": clock(start), "end": clock(end)})
    return said


def _of_the_bill(when: rules.Conditions, names: Names) -> list[str]:
    said = []
    if when.shops:
        said.append(_("Only in: %(shops)s.") % {"shops": _named(when.shops, names.shops)})
    if when.minimum:
        said.append(_("From a purchase of %(amount)s.") % {"amount": names.money(when.minimum)})
    if when.any_of:
        said.append(_("Only with one of: %(what)s.") % {"what": _selection(when.any_of, names)})
    if when.all_of:
        said.append(_("Only with all of: %(what)s.") % {"what": _selection(when.all_of, names)})
    return said


def _limits(rule: rules.Rule, names: Names) -> list[str]:
    limits = rule.limits
    said = []
    for limit, pattern in (
        (limits.sale, _("At most %(points)s for one purchase.")),
        (limits.day, _("At most %(points)s a day.")),
        (limits.member, _("At most %(points)s for one member, ever.")),
    ):
        if limit is not None:
            said.append(pattern % {"points": names.points(limit, rule.unit)})
    for times, pattern in (
        (limits.times_day, _("At most %(times)s times a day.")),
        (limits.times_member, _("At most %(times)s times for one member, ever.")),
    ):
        if times is not None:
            said.append(pattern % {"times": times})
    return said


def reward_sentences(reward: rewards.Reward, /, *, names: Names) -> list[str]:
    said = [_gives(reward.gives, names)]
    if not isinstance(reward.gives, rewards.Cashback):
        said.append(_("Costs %(points)s.") % {"points": names.points(reward.cost, reward.unit)})
    said += conditions(reward.when, names=names)
    if reward.per_member is not None:
        times = ngettext(
            "At most %(times)s time for each member.",
            "At most %(times)s times for each member.",
            reward.per_member,
        )
        said.append(times % {"times": reward.per_member})
    return said


def _gives(gives: rewards.Gives, names: Names) -> str:
    values: dict[str, str] = {}
    match gives:
        case rewards.FreeProduct(products=products):
            pattern, values = _("One of these for nothing: %(what)s."), {"what": _selection(products, names)}
        case rewards.ValueOff(amount=amount):
            pattern, values = _("%(off)s off the whole purchase."), {"off": names.money(amount)}
        case rewards.PercentOff(percent_bp=percent, cap=None):
            pattern, values = _("%(off)s off the whole purchase."), {"off": f"{percent_text(percent)} %"}
        case rewards.PercentOff(percent_bp=percent, cap=int(cap)):
            pattern = _("%(off)s off the whole purchase, at most %(amount)s.")
            values = {"off": f"{percent_text(percent)} %", "amount": names.money(cap)}
        case rewards.ProductDiscount(products=products, percent_bp=percent, amount=amount):
            off = names.money(amount) if amount else f"{percent_text(percent)} %"
            pattern, values = _("%(off)s off: %(what)s."), {"off": off, "what": _selection(products, names)}
        case rewards.Cashback(worth=worth):
            pattern, values = _("Pays the bill: each point is worth %(amount)s."), {"amount": names.money(worth)}
        case _:
            raise AssertionError(f"no sentence for {gives}")
    return pattern % values


def percent_text(basis_points: int, /) -> str:
    return number_text(Decimal(basis_points) / 100)


def clock(minute: int, /) -> str:
    """A minute of the day as a clock shows it: 840 is 14:00."""
    return f"{minute // 60:02}:{minute % 60:02}"


def _selection(selection: rules.Selection, names: Names) -> str:
    return list_text((*(names.products.get(code, code) for code in selection.products), *selection.categories))


def _named(codes: tuple[str, ...], known: Mapping[str, str]) -> str:
    return list_text(known.get(code, code) for code in codes)
