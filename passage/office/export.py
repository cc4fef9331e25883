"""A person's right to know: everything held about them, as one file to hand over (docs/privacy.md)."""

from __future__ import annotations

import io
import json
import uuid
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from passage.members.models import Member
from passage.members.queries import by_public_id, resolve
from passage.office.audit_text import told
from passage.privacy.actions import note_export
from passage.privacy.held import Held, everything
from passage.programme.gate import staff_page
from passage.programme.models import Staff
from passage.ui.tables import MARK, csv_lines


@require_POST
@staff_page(verb="members.export")
def export(request: HttpRequest, staff: Staff, member: uuid.UUID) -> HttpResponse:
    """One ZIP in the member's language; that it was made, and by whom, is written down."""
    row = by_public_id(programme=staff.programme, public_id=member)
    if row is None or (present := resolve(row)).status == Member.Status.ERASED:
        raise Http404
    at = timezone.now()
    with translation.override(present.language or staff.programme.language):
        content = _zipped(everything(present, at=at))
    note_export(member=present, by=f"staff:{staff.pk}", at=at)
    name = f"member-{present.public_id}.zip"
    return HttpResponse(
        content,
        content_type="application/zip",
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )


def _zipped(held: Held) -> bytes:
    tables = {**held.tables, "log": _log(held)}
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("README.txt", _readme(held))
        packed.writestr("everything.json", json.dumps(_whole(held, tables), ensure_ascii=False, indent=2))
        for name, rows in tables.items():
            packed.writestr(f"{name}.csv", _csv(rows))
    return kept.getvalue()


def _whole(held: Held, tables: Mapping[str, Any]) -> dict[str, Any]:
    programme = held.member.programme
    return {
        "programme": programme.name,
        "currency": programme.currency,
        "zone": programme.zone,
        "at": held.at.isoformat(timespec="seconds"),
        **tables,
    }


def _log(held: Held) -> list[dict[str, Any]]:
    lines = told(held.member.programme, held.events)
    return [
        {"at": line.at.isoformat(timespec="seconds"), "what": str(line.what), "detail": line.detail} for line in lines
    ]


def _csv(rows: Sequence[Mapping[str, Any]]) -> bytes:
    columns = list(rows[0]) if rows else []
    table = [columns, *([_cell(row[column]) for column in columns] for row in rows)]
    return "".join([MARK, *csv_lines(table)]).encode()


def _cell(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value


def _readme(held: Held) -> str:
    told_files = {
        "everything.json": _("all of it in one file, for programs"),
        "details.csv": _("who you are to us, and what you told us"),
        "consents.csv": _("what you answered about being written to, with the wording you were shown"),
        "cards.csv": _("your cards and what became of them"),
        "balances.csv": _("what you hold, and what became of all you ever had"),
        "lots.csv": _("the parts of your balance and when each ends"),
        "entries.csv": _("every movement of your balance, with its explanation"),
        "purchases.csv": _("your purchases and returns; amounts in the smallest unit of the currency"),
        "lines.csv": _("what was on their receipts; quantities in thousandths"),
        "redemptions.csv": _("the rewards you chose"),
        "tiers.csv": _("your levels"),
        "merges.csv": _("records of yours that were joined or parted"),
        "till.csv": _("what the tills sent about your purchases, as they sent it"),
        "log.csv": _("what our staff and systems did with your record"),
    }
    title = _("Everything that {programme} holds about you").format(programme=held.member.programme.name)
    return "\n".join([title, "", *(f"{name}: {said}" for name, said in told_files.items()), ""])
