"""Why: every code the engine gives as a reason, with the numbers that belong to it.

A reason is ``Step(code, params)``. Params are whole numbers or text, never sentences; amounts are
minor units of the programme's currency. ``passage.ui.sentences`` holds a sentence for every code.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

Params = dict[str, int | str]


class Because(StrEnum):
    """What gave or moved points."""

    PER_AMOUNT = "per_amount"  # rule, basis, left_out, points_per, step, carried_in, carried_out, points
    PER_VISIT = "per_visit"  # rule, points
    PER_UNIT = "per_unit"  # rule, units, points_per, points
    FIXED = "fixed"  # rule, points
    MULTIPLIER = "multiplier"  # rule, times_num, times_den, base, points
    CAPPED = "capped"  # rule, cap ("sale" | "day" | "member"), limit, lost
    CARRY = "carry"  # points: sales together filled or emptied one more step
    PENDING = "pending"  # until (ISO instant)
    EXPIRES = "expires"  # on (ISO instant, exclusive)
    REPAID = "repaid"  # points, of: credit that first repaid a return
    SPENT = "spent"  # reward, points, value
    EXCHANGED = "exchanged"  # reward, points: without a sale, so nothing came off a bill
    CHANGE_LOST = "change_lost"  # lost: minor units between the points' worth and the bill
    RETURNED = "returned"  # earned, points: what the sale had earned, and what is taken back of it
    ALREADY_EXPIRED = "already_expired"  # points: not taken back, they had expired
    WRITTEN_OFF = "written_off"  # points: could not be taken back
    OWED = "owed"  # points: taken back from later earnings
    RESTORED = "restored"  # reward, points: reward given back with the goods
    RESTORED_LATE = "restored_late"  # points, until: lot had expired, a short life instead
    EXPIRED = "expired"  # points
    MOVED = "moved"  # receipt: the sale moved to or from another member
    MERGED = "merged"  # points: moved with a merge of two members
    ADJUSTED = "adjusted"  # reason (free text of the staff)
    ERASED = "erased"  # points: ended, or written off, because the person was erased
    OPENING = "opening"  # balance brought from an earlier system
    REVERSED = "reversed"  # reward, points
    JUDGED = "judged"  # points: an earlier visit arrived, went back or moved, so this one deserves another number


class WhyNot(StrEnum):
    """What kept a rule or a reward from applying."""

    NOT_YET = "not_yet"  # rule, starts (ISO date)
    OVER = "over"  # rule, ended (ISO date)
    WRONG_DAY = "wrong_day"  # rule, weekdays ("1,2" = Monday, Tuesday)
    WRONG_HOUR = "wrong_hour"  # rule, hours ("14:00-18:00")
    WRONG_SHOP = "wrong_shop"  # rule
    MINIMUM_NOT_REACHED = "minimum_not_reached"  # rule, minimum, basis
    PRODUCT_MISSING = "product_missing"  # rule, products ("a,b")
    WRONG_TIER = "wrong_tier"  # rule, tiers ("gold,silver")
    WRONG_TAG = "wrong_tag"  # rule, tags
    NOT_FIRST_PURCHASE = "not_first_purchase"  # rule
    NOT_BIRTHDAY = "not_birthday"  # rule
    NOT_NAME_DAY = "not_name_day"  # rule
    BEATEN = "beaten"  # rule, by: a better rule of the same group applied
    NOTHING_ELIGIBLE = "nothing_eligible"  # rule
    TOO_SOON = "too_soon"  # rule, minutes: a visit already counted a moment ago
    CAP_REACHED = "cap_reached"  # rule, cap, limit
    INSUFFICIENT_POINTS = "insufficient_points"  # rule, missing, available
    IN_DEBT = "in_debt"  # rule, debt
    PRODUCT_NOT_IN_BASKET = "product_not_in_basket"  # rule, products
    NOTHING_TO_PAY = "nothing_to_pay"  # rule
    OUT_OF_STOCK = "out_of_stock"  # rule
    LIMIT_REACHED = "limit_reached"  # rule, limit
    BELOW_STEP = "below_step"  # rule, minimum: an amount of money too small for one point or one step
    WRONG_CURRENCY = "wrong_currency"  # rule, currency


@dataclass(frozen=True, slots=True)
class Step:
    """One step of an explanation: a code of Because or WhyNot with its numbers."""

    code: str
    params: Params = field(default_factory=dict)

    def as_json(self) -> dict[str, int | str]:
        return {"code": self.code, **self.params}


def because(code: Because, **params: int | str) -> Step:
    return Step(code.value, params)


def why_not(code: WhyNot, **params: int | str) -> Step:
    return Step(code.value, params)
