"""Reasons, as code, numbers and sentence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from passage.api.schemas.fields import ResponseBody
from passage.ledger.queries import units
from passage.programme.models import Programme
from passage.ui.sentences import sentence


class StepResponse(ResponseBody):
    """One step of an explanation: ``text`` says it in the reader's language, ``code`` and ``params`` for programs."""

    code: str
    params: dict[str, int | str]
    text: str


class Teller:
    """Puts the reasons of one programme into words; ``kinds`` is the kind of each unit by its code."""

    def __init__(self, programme: Programme, *, kinds: Mapping[str, str]) -> None:
        self.programme = programme
        self.kinds = kinds

    def step(self, kept: Mapping[str, Any], *, unit: str = "") -> StepResponse:
        """A step as the engine's ``as_json`` keeps it."""
        params = {name: value for name, value in kept.items() if name != "code"}
        text = sentence(
            kept["code"],
            params,
            currency=self.programme.currency,
            zone=self.programme.zone,
            unit=self.kinds.get(unit, "points"),
        )
        return StepResponse.model_construct(code=kept["code"], params=params, text=text)

    def steps(self, kept: Iterable[Mapping[str, Any]], *, unit: str = "") -> list[StepResponse]:
        return [self.step(each, unit=unit) for each in kept]


def teller_of(programme: Programme, /) -> Teller:
    """One statement: the units of the programme."""
    return Teller(programme, kinds={unit.code: unit.kind for unit in units(programme)})
