"""Every write about backups: the files, and what the database knows of them."""

from passage.backups.actions.making import fail, forget_old, make, prove

__all__ = ["fail", "forget_old", "make", "prove"]
