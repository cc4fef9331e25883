"""Who may be the second person for somebody's request: two people, and not one under two names. Decided here alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from passage.programme.access import can
from passage.programme.errors import Refused
from passage.programme.models import Key, Programme, Rank, Staff, Tie

# So long is a place new: who gave it stands behind it, and two that one person gave are no two people.
NEW = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class _Hand:
    """Somebody's log-in had the log-in of another one in hand."""

    of: int
    by: int
    kind: str
    at: datetime


class Seconds:
    """The people of one programme, asked as often as a page has rows. Three statements."""

    def __init__(self, programme: Programme) -> None:
        everybody = Staff.objects.of(programme).select_related("programme", "login").order_by("id")
        self.staff = {f"staff:{each.pk}": each for each in everybody}
        makers = Key.objects.of(programme).exclude(made_by="").values_list("pk", "made_by")
        self.makers = {f"key:{pk}": by for pk, by in makers}
        rows = Tie.objects.of(programme).values_list("staff__login_id", "by", "kind", "at")
        self.hands = [
            _Hand(of=of, by=self.staff[by].login_id, kind=kind, at=at) for of, by, kind, at in rows if by in self.staff
        ]

    def fault(self, *, asked_by: str, by: str, right: str, at: datetime) -> str:
        """Why ``by`` ("staff:7", "key:3") is no second person for what ``asked_by`` asks; empty for who may.

        same_person; or not_apart where one of the two gave the other the place or could choose the password, or one
        person gave both theirs within a month. An owner may stand in where nobody else with the ``right`` could.
        """
        asker, second = self._login(asked_by), self._login(by)
        if by == asked_by or (asker is not None and asker == second):
            return "same_person"
        if asker is None or second is None or self._are_apart(asker, second, at):
            return ""
        return "" if self._is_last(asker, by, right, at) else "not_apart"

    def _login(self, by: str) -> int | None:
        """Whose log-in stands behind a name: of a key that of whoever was shown its secret."""
        person = self.staff.get(self.makers.get(by, by))
        return person.login_id if person else None

    def _are_apart(self, asker: int, second: int, at: datetime) -> bool:
        if any(hand.of == asker and hand.by == second for hand in self.hands):
            return False
        mine = [hand for hand in self.hands if hand.of == second and hand.by == asker]
        if any(hand.kind == Tie.Kind.LET_IN or at - hand.at < NEW for hand in mine):
            return False
        return not self._lately(asker, at) & self._lately(second, at)

    def _lately(self, login: int, at: datetime) -> set[int]:
        """Who had this log-in in hand within a month."""
        return {hand.by for hand in self.hands if hand.of == login and at - hand.at < NEW}

    def _is_last(self, asker: int, by: str, right: str, at: datetime) -> bool:
        """An owner sets the limits and could do it alone by lifting one: where nobody else is there, nobody is gained."""
        owner = self.staff.get(by)
        if owner is None or owner.rank != Rank.OWNER or owner.left_at is not None:
            return False
        return not any(self._are_apart(asker, other, at) for other in self._others(asker, owner.login_id, right))

    def _others(self, asker: int, second: int, right: str) -> Iterable[int]:
        able = (each.login_id for each in self.staff.values() if can(each, right) and each.login.is_active)
        return (login for login in able if login not in {asker, second})


def check_second(*, programme: Programme, asked_by: str, by: str, right: str, at: datetime, field: str) -> None:
    """Raises `Refused` for who is no second person: same_person, not_apart."""
    fault = Seconds(programme).fault(asked_by=asked_by, by=by, right=right, at=at)
    if fault:
        raise Refused("same_person" if fault == "same_person" else "not_apart", field=field)
