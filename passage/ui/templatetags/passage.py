"""The tags of every page: built files, icons, numbers, money, dates, reasons and form fields."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django import template
from django.forms import BoundField
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

from passage.ui import names, wording
from passage.ui.assets import asset_path
from passage.ui.context import OWN_NAMES
from passage.ui.icons import ICONS
from passage.ui.sentences import sentence

register = template.Library()


@register.simple_tag
def asset(name: str) -> str:
    """The address of a built file."""
    return static(asset_path(name=name))


@register.simple_tag
def icon(name: str, size: int = 24) -> SafeString:
    """A drawn sign beside a word that says the same: screen readers skip it."""
    return format_html(
        '<svg width="{0}" height="{0}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" '
        'stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">{1}</svg>',
        size,
        ICONS[name],
    )


@register.simple_tag
def money(amount: int, currency: str) -> str:
    return wording.money_text(amount, currency=currency)


@register.simple_tag
def quantity(number: int, unit: str = "points", currency: str = "") -> str:
    """Points, stamps or money with their word; see `wording.quantity_text`."""
    return wording.quantity_text(number, unit=unit, currency=currency)


@register.simple_tag
def measure(thousandths: int) -> str:
    """How much of a thing: pieces, or a measure with its places."""
    return wording.measure_text(thousandths)


@register.simple_tag
def unit_word(number: int, unit: str = "points") -> str:
    return wording.unit_word(number, unit=unit)


@register.simple_tag
def amount_of(change: int, unit: str = "points", currency: str = "") -> str:
    """A change without its sign, where the sentence says which way it went."""
    return wording.quantity_text(abs(change), unit=unit, currency=currency)


@register.simple_tag
def number(value: int) -> str:
    return wording.number_text(value)


@register.simple_tag
def signed(value: int, unit: str = "points", currency: str = "") -> str:
    """A change with its sign; money keeps its currency, points and stamps go without their word."""
    if unit == "purse":
        text = wording.money_text(value, currency=currency)
        return f"+{text}" if value > 0 else text
    return wording.signed_text(value)


@register.simple_tag
def when(at: datetime, zone: str) -> SafeString:
    """Day and time in the programme's zone."""
    return format_html('<time datetime="{}">{}</time>', at.isoformat(), wording.moment_text(at, zone=zone))


@register.simple_tag
def day(at: datetime | date, zone: str) -> SafeString:
    """The day alone, in the programme's zone."""
    return format_html('<time datetime="{}">{}</time>', at.isoformat(), wording.day_text(at, zone=zone))


@register.simple_tag
def last_day(end: datetime, zone: str) -> SafeString:
    """The last day on which something is good, from the instant at which it is over."""
    return day(end - timedelta(seconds=1), zone)


@register.simple_tag
def entry_kind(kind: str) -> str:
    return str(names.ENTRY_KINDS[kind])


@register.simple_tag
def purchase_kind(kind: str) -> str:
    return str(names.PURCHASE_KINDS[kind])


@register.simple_tag
def card_state(state: str) -> str:
    return str(names.CARD_STATES[state])


@register.simple_tag
def month_day(kept: str) -> str:
    """A birthday or name day, which has no year."""
    return wording.month_day_text(kept)


@register.simple_tag
def own_name(language: str) -> str:
    """A language in its own words."""
    return OWN_NAMES.get(language, language)


@register.simple_tag
def consent_source(source: str) -> str:
    """Where a member answered; "till:rynek/1" is a till."""
    return str(names.CONSENT_SOURCES.get(source.partition(":")[0], source))


@register.filter
def masked(card_number: str) -> str:
    return wording.masked(card_number)


@register.filter
def phone(number: str) -> str:
    return wording.phone_text(number)


@register.simple_tag
def reason(step: Mapping[str, Any], currency: str, zone: str, unit: str = "points") -> str:
    """One step of an explanation, {"code": …, numbers …}, as a sentence."""
    params = {name: value for name, value in step.items() if name != "code"}
    return sentence(step["code"], params, currency=currency, zone=zone, unit=unit)


@register.inclusion_tag("ui/field.html")
def field(bound: BoundField, big: str = "") -> dict[str, object]:
    """A form's field with its label, its hint and its faults, tied together for screen readers."""
    ids = [f"{bound.auto_id}-hint"] if bound.help_text else []
    attrs: dict[str, Any] = {"class": f"field-input {'field-big' if big else ''}".strip()}
    if bound.errors:
        ids.append(f"{bound.auto_id}-error")
        attrs["aria-invalid"] = "true"
    if ids:
        attrs["aria-describedby"] = " ".join(ids)
    return {"bound": bound, "control": bound.as_widget(attrs=attrs)}


@register.inclusion_tag("ui/lots_bar.html")
def lots_bar(lots: Sequence[Any], unit: str = "points", currency: str = "") -> dict[str, object]:
    """A bar of what a balance is made of; each lot has `left` and `state` (open, soon, pending)."""
    whole = sum(lot.left for lot in lots) or 1
    # Widths live in SVG attributes: the policy of the page allows no style attribute.
    parts, start = [], 0
    for lot in lots:
        width = max(lot.left * 1000 // whole, 6)
        parts.append({"x": start, "width": max(width - 4, 4), "state": lot.state})
        start += width
    return {"parts": parts, "length": max(start, 1), "unit": unit, "currency": currency}
