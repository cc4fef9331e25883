"""Members and cards from a file: chosen, its columns named, looked through, taken in, and undone (S-23)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import messages
from django.core.files.uploadhandler import TemporaryFileUploadHandler
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from passage.imports import actions, queries, reading
from passage.imports.columns import FIELDS
from passage.imports.models import Import, Row
from passage.office.audit_text import names_of_doers
from passage.office.files import fault_of, status_of
from passage.office.import_words import ENCODINGS, FILES, ONE, OUTCOMES, SEPARATORS, file_fault, why
from passage.programme import limits
from passage.programme.errors import Refused
from passage.programme.gate import staff_page, staff_render
from passage.programme.models import Staff
from passage.ui.tables import MARK, csv_lines
from passage.ui.typed import read_cursor
from passage.ui.uploads import Bounded, is_too_large

PAGE = 25
ROWS = 50
State = Import.State
BUSY = frozenset({State.CHECKING, State.APPLYING, State.UNDOING})
STAYS_OUT = (Row.Outcome.WRONG, Row.Outcome.TWIN)


class Lists(Bounded):
    limit = limits.IMPORT_BYTES


class FileForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("The file"),
        help_text=gettext_lazy("CSV, text or an Excel workbook (.xlsx), with one member or card in each row."),
        max_length=255,
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,.tsv,.xlsx"}),
    )


class ColumnsForm(forms.Form):
    """How the file is to be read, and what each of its columns is."""

    encoding = forms.ChoiceField(label=gettext_lazy("Encoding of the letters"), choices=[*ENCODINGS.items()])
    separator = forms.ChoiceField(label=gettext_lazy("What parts the columns"), choices=[*SEPARATORS.items()])
    has_headings = forms.BooleanField(label=gettext_lazy("The first row holds headings"), required=False)

    def __init__(self, posted: Any, *, upload: Import, seen: queries.Preview, guesses: list[str]) -> None:
        known = {name: getattr(upload, name) for name in ("encoding", "separator", "has_headings")}
        super().__init__(posted, initial=known)
        if upload.kind == "xlsx":
            del self.fields["encoding"], self.fields["separator"]
        self.places = [f"column-{place}" for place in range(seen.width)]
        for place, name in enumerate(self.places):
            heading = seen.headings[place] if place < len(seen.headings) else ""
            self.fields[name] = forms.ChoiceField(
                label=heading or _("Column {number}").format(number=place + 1),
                choices=[("", _("do not import")), *FIELDS.items()],
                required=False,
                initial=guesses[place] if place < len(guesses) else "",
            )

    def columns(self) -> list[str]:
        return [self.cleaned_data[name] for name in self.places]


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(verb="members.import")
def imports(request: HttpRequest, staff: Staff) -> HttpResponse:
    """Earlier imports, and a new file. The right is asked for before anything of the file is read."""
    request.upload_handlers = [Lists(request), TemporaryFileUploadHandler(request)]
    return _imports(request, staff)


@csrf_protect
def _imports(request: HttpRequest, staff: Staff) -> HttpResponse:
    posted = request.method == "POST"
    form = FileForm(request.POST, request.FILES) if posted else FileForm()
    if posted:
        upload = _received(request, staff, form)
        if upload is not None:
            return redirect("office:import_columns", number=upload.pk)
    before = read_cursor(request.GET.get("after", "")) or 0
    found = queries.newest(programme=staff.programme, before=before, limit=PAGE + 1)
    shown = found[:PAGE]
    who = names_of_doers(staff.programme, {each.by for each in shown})
    page: dict[str, object] = {
        "form": form,
        "rows": [(each, who.get(each.by, ""), *_summary(each)) for each in shown],
        "following": shown[-1].pk if len(found) > PAGE else None,
    }
    return staff_render(request, "office/imports.html", page, staff=staff, status=status_of(form))


def _received(request: HttpRequest, staff: Staff, form: FileForm) -> Import | None:
    is_valid = form.is_valid()
    if is_too_large(request):
        form.errors.pop("file", None)
        form.add_error("file", file_fault("file_too_large", {"limit": limits.IMPORT_BYTES >> 20}))
        return None
    if not is_valid:
        return None
    file = form.cleaned_data["file"]
    by, at = f"staff:{staff.pk}", timezone.now()
    try:
        return actions.receive(programme=staff.programme, name=file.name, file=file.file, by=by, at=at)
    except Refused as refused:
        is_ours = refused.code in FILES
        form.add_error("file", file_fault(refused.code, refused.params) if is_ours else fault_of(refused))
        return None


def _summary(upload: Import) -> tuple[int, int, int]:
    """Members new, members changed, rows that stay out: as found, and once taken in as done."""
    done = upload.done if upload.state in (State.APPLIED, State.UNDOING, State.UNDONE) else None
    found = upload.found
    new = found.get("new", 0) if done is None else done.get("member", 0)
    changed = found.get("change", 0) if done is None else done.get("change", 0)
    return new, changed, found.get("wrong", 0) + found.get("twin", 0)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(verb="members.import")
def import_columns(request: HttpRequest, staff: Staff, number: int) -> HttpResponse:
    """The first rows as they are read, and what the columns are: guessed, and put right by whoever knows the file."""
    upload = _upload(staff, number)
    if upload.state not in (State.COLUMNS, State.CHECKED):
        return redirect("office:import", number=upload.pk)
    asked = request.POST if request.method == "POST" else None
    wants = _wanted(upload, asked)
    seen = queries.preview(upload, **wants)
    same = asked is None and upload.columns and not wants["has_headings"] ^ upload.has_headings
    guesses = upload.columns if same else queries.guessed(upload, seen)
    looks_again = asked is not None and asked.get("do") == "look"
    form = ColumnsForm(asked, upload=upload, seen=seen, guesses=guesses)
    if looks_again:
        form = ColumnsForm(None, upload=upload, seen=seen, guesses=guesses)
        form.initial = {**form.initial, **wants}
    elif asked is not None and form.is_valid() and _begun(staff, upload, form, wants):
        return redirect("office:import", number=upload.pk)
    examples = [_examples(seen, place) for place in range(seen.width)]
    page: dict[str, object] = {
        "upload": upload,
        "form": form,
        "seen": seen,
        "places": [(form[name], each) for name, each in zip(form.places, examples, strict=True)],
    }
    return staff_render(request, "office/import_columns.html", page, staff=staff, status=422 if form.errors else 200)


def _wanted(upload: Import, asked: Any) -> dict[str, Any]:
    """How to read the file: as it was asked for, where that can be."""
    wants = {name: getattr(upload, name) for name in ("encoding", "separator", "has_headings")}
    if asked is None:
        return wants
    wants["has_headings"] = "has_headings" in asked
    if upload.kind != "xlsx":
        if asked.get("encoding") in reading.ENCODINGS:
            wants["encoding"] = asked["encoding"]
        if asked.get("separator") in reading.SEPARATORS:
            wants["separator"] = asked["separator"]
    return wants


def _begun(staff: Staff, upload: Import, form: ColumnsForm, wants: dict[str, Any]) -> bool:
    by, at = f"staff:{staff.pk}", timezone.now()
    try:
        actions.check(upload=upload, columns=form.columns(), by=by, at=at, **wants)
    except Refused as refused:
        form.add_error(None, file_fault(refused.code, refused.params))
        return False
    return True


def _examples(seen: queries.Preview, place: int) -> list[str]:
    cells = [row[place].strip() for row in seen.rows if place < len(row)]
    return list(dict.fromkeys(cell for cell in cells if cell))[:3]


@require_safe
@staff_page(verb="members.import")
def import_(request: HttpRequest, staff: Staff, number: int) -> HttpResponse:
    """How far the worker is; then the report, row by row, and what can be done with it."""
    upload = _upload(staff, number)
    if upload.state == State.COLUMNS:
        return redirect("office:import_columns", number=upload.pk)
    outcome = request.GET.get("rows", "")
    outcome = outcome if outcome in OUTCOMES else ""
    busy = upload.state in BUSY
    after = read_cursor(request.GET.get("after", "")) or 0
    found = [] if busy else queries.rows(upload, outcome=outcome, after=after, limit=ROWS + 1)
    page: dict[str, object] = {
        "upload": upload,
        "is_busy": busy,
        "is_stuck": busy and queries.is_stuck(upload),
        "percent": _percent(upload),
        "outcomes": [(code, name, upload.found[code]) for code, name in OUTCOMES.items() if upload.found.get(code)],
        "total": sum(upload.found.get(code, 0) for code in OUTCOMES),
        "good": sum(upload.found.get(code, 0) for code in ("new", "card", "change")),
        "out": sum(upload.found.get(code, 0) for code in STAYS_OUT),
        "asked": outcome,
        "rows": [(row, ONE[row.outcome], _who(upload, row), why(row)) for row in found[:ROWS]],
        "following": found[ROWS - 1].number if len(found) > ROWS else None,
        "choices": Import.Choice.choices,
        "kept": queries.kept(upload) if upload.state == State.UNDONE else [],
    }
    return staff_render(request, "office/import.html", page, staff=staff)


def _percent(upload: Import) -> int:
    whole: int
    done: int
    whole, done = {
        State.CHECKING: (upload.size, upload.position),
        State.APPLYING: (upload.rows, upload.position),
        State.UNDOING: (sum(upload.done.values()), sum(upload.undone.values())),
    }.get(State(upload.state), (1, 1))
    return min(100, 100 * done // max(whole, 1))


def _who(upload: Import, row: Row) -> str:
    """The cells that were imported, as they stand in the file."""
    named = [cell.strip() for column, cell in zip(upload.columns, row.cells, strict=False) if column and cell.strip()]
    return ", ".join(named[:5]) or ", ".join(cell.strip() for cell in row.cells if cell.strip())[:120]


@require_POST
@staff_page(verb="members.import")
def import_do(request: HttpRequest, staff: Staff, number: int) -> HttpResponse:
    """Taken in, undone, put away, or gone on with where the worker gave up."""
    upload, by, at = _upload(staff, number), f"staff:{staff.pk}", timezone.now()
    choice = request.POST.get("choice", Import.Choice.FILL)
    deeds = {
        "apply": lambda: actions.apply(upload=upload, choice=choice, by=by, at=at),
        "undo": lambda: actions.undo(upload=upload, by=by, at=at),
        "drop": lambda: actions.drop(upload=upload, by=by, at=at),
        "again": lambda: actions.again(upload=upload, by=by, at=at),
    }
    deed = request.POST.get("do", "")
    if deed not in deeds or choice not in Import.Choice:
        raise Http404
    try:
        deeds[deed]()
    except Refused as refused:
        messages.error(request, file_fault(refused.code, refused.params))
    if deed == "drop":
        messages.success(request, _("The file is put away. Nothing of it was taken in."))
        return redirect("office:imports")
    return redirect("office:import", number=upload.pk)


@require_safe
@staff_page(verb="members.import")
def import_report(request: HttpRequest, staff: Staff, number: int) -> HttpResponseBase:
    """The rows as a file, what became of each behind its own columns: to be put right and sent again."""
    upload = _upload(staff, number)
    if upload.state in (State.COLUMNS, State.DROPPED) or upload.emptied_at is not None:
        raise Http404
    only = request.GET.get("rows", "")
    outcomes = STAYS_OUT if only == "out" else (only,) if only in OUTCOMES else ()
    lines = _report(upload, outcomes, language=translation.get_language() or "en")
    return StreamingHttpResponse(
        lines,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="import-{upload.pk}.csv"'},
    )


def _report(upload: Import, outcomes: tuple[str, ...], *, language: str) -> Iterator[str]:
    yield MARK
    with translation.override(language):
        yield from csv_lines(_reported(upload, outcomes), delimiter="," if language == "en" else ";")


def _reported(upload: Import, outcomes: tuple[str, ...]) -> Iterator[list[Any]]:
    named = [str(FIELDS.get(column, "")) for column in upload.columns]
    headings = upload.headings or named
    yield [*headings, _("Row in the file"), _("What became of it"), _("Why")]
    width = len(headings)
    for row in queries.all_rows(upload, outcomes=outcomes):
        cells = [*row.cells, *[""] * (width - len(row.cells))]
        yield [*cells, row.number, ONE[row.outcome], why(row)]


def _upload(staff: Staff, number: int) -> Import:
    upload = queries.one(programme=staff.programme, number=number)
    if upload is None:
        raise Http404
    return upload
