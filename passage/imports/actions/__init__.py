"""Every write of an import."""

from passage.imports.actions.forgetting import forget_people
from passage.imports.actions.keeping import forget_old
from passage.imports.actions.receiving import receive
from passage.imports.actions.working import again, apply, check, drop, undo, work

__all__ = ["again", "apply", "check", "drop", "forget_old", "forget_people", "receive", "undo", "work"]
