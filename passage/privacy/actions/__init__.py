"""Every write about what a person may ask of us."""

from passage.privacy.actions.erasing import KEEP, erase
from passage.privacy.actions.exporting import note_export
from passage.privacy.actions.keeping import forget_absent, set_retention

__all__ = ["KEEP", "erase", "forget_absent", "note_export", "set_retention"]
