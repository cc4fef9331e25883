"""The integrity board: whom to ask about what, and the rows behind each figure (B-09)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from passage.office.corrections import names_of
from passage.programme import queries as programmes
from passage.programme.access import can
from passage.programme.gate import staff_page, staff_render
from passage.programme.models import Staff
from passage.reports.queries import FIGURES, SPAN, Line, behind, board
from passage.seals.queries import head_of, last_block

# What each figure is called, and what it counts.
NAMES: Mapping[str, tuple[str | Promise, str | Promise]] = {
    "often": (
        _("Card too often"),
        _("Visits of a card that came more often in a day or a week than you expect."),
    ),
    "own": (_("Own card"), _("Sales on a card of the person who rang them up, also those put aside for it.")),
    "typed": (_("Typed amounts"), _("Sales whose amount was typed instead of being rung up by product.")),
    "late": (
        _("Given late"),
        _("Sales of nobody that were given to a member long after, when the shop was about to close."),
    ),
    "corrections": (_("Added by hand"), _("Points and stamps added without a purchase.")),
    "voids": (_("Annulled"), _("Sales annulled as a whole, undone ones included.")),
    "spent": (_("Returned after spending"), _("Returns of purchases whose points had been spent already.")),
}


@dataclass(frozen=True, slots=True)
class Cell:
    """One figure of one person. ``usual`` what the colleagues let expect; ``share`` of all sales, in per cent."""

    figure: str
    name: str | Promise
    count: int
    usual: int | None
    share: int | None
    stands_out: bool


@require_safe
@staff_page(verb="integrity.see")
def integrity(request: HttpRequest, staff: Staff) -> HttpResponse:
    """The last thirty days; whoever works in one shop sees that shop."""
    found = board(staff.programme, at=timezone.now(), shop=staff.shop)
    names = names_of(staff.programme)
    block = last_block(staff.programme)
    page: dict[str, object] = {
        "lines": [(line, _cells(line)) for line in found.lines],
        "cards": [(card, names.get(card.by, "")) for card in found.cards],
        "names": NAMES.values(),
        "days": SPAN.days,
        "control": programmes.control(programme=staff.programme),
        "may_set": can(staff, "control.edit"),
        "seal": block and (block.sealed_at, head_of(block)),
    }
    return staff_render(request, "office/integrity.html", page, staff=staff)


def _cells(line: Line) -> list[Cell]:
    cells = []
    for figure in FIGURES:
        each = line.figures[figure]
        share = each.count * 100 // each.among if figure == "typed" and each.among else None
        usual = None if each.expected is None else round(each.expected)
        cells.append(Cell(figure, NAMES[figure][0], each.count, usual, share, each.stands_out))
    return cells


@require_safe
@staff_page(verb="integrity.see")
def integrity_rows(request: HttpRequest, staff: Staff, person: int, figure: str) -> HttpResponse:
    """What one figure of one person was counted from."""
    everybody = programmes.all_staff(programme=staff.programme, even_gone=True)
    row = next((each for each in everybody if each.pk == person), None)
    if row is None:
        raise Http404
    rows = behind(staff.programme, figure=figure, person=row, at=timezone.now(), shop=staff.shop)
    if rows is None:
        raise Http404
    name, what = NAMES[figure]
    page: dict[str, object] = {"person": row, "name": name, "what": what, "rows": rows, "days": SPAN.days}
    return staff_render(request, "office/integrity_rows.html", page, staff=staff)
