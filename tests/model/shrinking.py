"""A life that failed, made as short as it can be and still fail in the same way."""

from collections.abc import Callable

from tests.model.life import Deed

Failing = Callable[[list[Deed]], str]  # lives the deeds; how they failed, or nothing
PATIENCE = 60  # lives


def signature(message: str) -> str:
    """What kind of failure it is: its first words, without whose and how much."""
    first = message.splitlines()[0] if message else ""
    return " ".join(first.split()[:1]) + (" refused" if "the product says" in first and " of " not in first else "")


def shortened(deeds: list[Deed], failing: Failing, *, patience: int = PATIENCE) -> list[Deed]:
    """Leaves out halves, quarters, single deeds; then makes their numbers small."""
    wanted = signature(failing(deeds))
    tried = 0

    def still(fewer: list[Deed]) -> bool:
        nonlocal tried
        tried += 1
        return tried <= patience and signature(failing(fewer)) == wanted

    size = max(len(deeds) // 2, 1)
    while size:
        deeds = _without_pieces(deeds, size, still)
        size //= 2
    return _with_small_numbers(deeds, still)


def _without_pieces(deeds: list[Deed], size: int, still: Callable[[list[Deed]], bool]) -> list[Deed]:
    start = 0
    while start < len(deeds):
        fewer = deeds[:start] + deeds[start + size :]
        if fewer and still(fewer):
            deeds = fewer
        else:
            start += size
    return deeds


def _with_small_numbers(deeds: list[Deed], still: Callable[[list[Deed]], bool]) -> list[Deed]:
    for place, (kind, number) in enumerate(deeds):
        for smaller in (0, number % 1000, number % 1_000_000):
            simpler = [*deeds[:place], (kind, smaller), *deeds[place + 1 :]]
            if smaller < number and still(simpler):
                deeds = simpler
                break
    return deeds
