"""The guides: how a thing is done from beginning to end, with pictures of the pages (S-59).

docs/guides/<name>.<language>.md, in the order of GUIDES; the pictures are taken by tests/browser/test_guides.py.
"""

from __future__ import annotations

from pathlib import Path

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from passage.ui import places
from passage.ui.helptext import render_help

GUIDES: dict[str, str | Promise] = {
    "sign-in": _("How to sign in"),
    "add-points": _("How to add points"),
    "give-rewards": _("How to give out rewards"),
}
A_DAY = 24 * 3600


@require_safe
def guides(request: HttpRequest) -> HttpResponse:
    return render(request, "website/guides.html", {"guides": GUIDES})


@require_safe
def guide(request: HttpRequest, name: str) -> HttpResponse:
    if name not in GUIDES:
        raise Http404
    language = (get_language() or "en").split("-")[0]
    pictures = reverse("website:guide_picture", args=[name, 0, language]).replace("/0.", "/*.")
    text = render_help(text=guide_file(name, language).read_text(), top=1, pictures=pictures)
    return render(request, "website/guide.html", {"text": text, "name": GUIDES[name], "guides": GUIDES, "here": name})


@require_safe
def picture(request: HttpRequest, name: str, number: int, language: str) -> FileResponse:
    """What a page looks like in that language. A picture without a file is one that the guide does not have."""
    file = picture_file(name, number, language)
    if name not in GUIDES or not file.is_file():
        raise Http404
    return FileResponse(
        file.open("rb"), content_type="image/webp", headers={"Cache-Control": f"public, max-age={A_DAY}"}
    )


def guide_file(name: str, language: str) -> Path:
    return places.GUIDES / f"{name}.{language}.md"


def picture_file(name: str, number: int, language: str) -> Path:
    return places.GUIDES / "pictures" / f"{name}-{number}.{language}.webp"
