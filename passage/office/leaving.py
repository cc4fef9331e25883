"""Taking everything along: the owner asks for one file that holds the whole programme, and downloads it (B-19)."""

from __future__ import annotations

import uuid

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from passage.archive import actions, queries
from passage.programme.gate import staff_page, staff_render
from passage.programme.models import Staff


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(verb="programme.export")
def everything(request: HttpRequest, staff: Staff) -> HttpResponse:
    """What the file holds, how far it is, and how another installation reads it."""
    if request.method == "POST":
        actions.ask(programme=staff.programme, by=f"staff:{staff.pk}", at=timezone.now())
        return redirect("office:everything")
    archive = queries.latest(programme=staff.programme)
    page: dict[str, object] = {
        "archive": archive,
        "command": f"passage import-programme {staff.programme.slug}.zip",
    }
    if archive is not None:
        page["progress"] = queries.progress(archive)
        page["is_ready"] = _is_there(staff, archive.public_id)
    return staff_render(request, "office/everything.html", page, staff=staff)


@require_safe
@staff_page(verb="programme.export")
def download(request: HttpRequest, staff: Staff, archive: uuid.UUID) -> HttpResponseBase:
    """The file, for the owners of this programme and nobody else, while its day lasts. Each download is written down."""
    at = timezone.now()
    found = queries.to_download(programme=staff.programme, public_id=archive, at=at)
    if found is None:
        raise Http404
    actions.downloaded(archive=found, by=f"staff:{staff.pk}", at=at)
    name = f"{staff.programme.slug}-{found.asked_at:%Y-%m-%d}.zip"
    return FileResponse(
        queries.file(found).open("rb"), as_attachment=True, filename=name, content_type="application/zip"
    )


def _is_there(staff: Staff, archive: uuid.UUID) -> bool:
    found = queries.to_download(programme=staff.programme, public_id=archive, at=timezone.now())
    return found is not None
