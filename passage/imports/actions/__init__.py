"""Every write of an import."""

from passage.imports.actions.keeping import forget_member, forget_old
from passage.imports.actions.receiving import receive
from passage.imports.actions.working import again, apply, check, drop, undo, work

__all__ = ["again", "apply", "check", "drop", "forget_member", "forget_old", "receive", "undo", "work"]
