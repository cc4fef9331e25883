"""What pages say of files that are opened in a child process (`passage.programme.child`)."""

from __future__ import annotations

from django.forms import BaseForm, ValidationError

from passage.programme.errors import Refused
from passage.ui.refusals import sentence_of


def fault_of(refused: Refused) -> ValidationError:
    """The refusal as a fault of a form's field."""
    return ValidationError(sentence_of(refused), code=refused.code)


def status_of(form: BaseForm) -> int:
    """Of the page that shows the form: 503 where too many files are open already, 422 for another fault, else 200."""
    if any(form.has_error(name, "files_busy") for name in form.errors):
        return 503
    return 422 if form.errors else 200
