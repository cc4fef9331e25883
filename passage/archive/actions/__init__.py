"""Every write of the archive's room."""

from passage.archive.actions.arriving import unpack
from passage.archive.actions.keeping import ask, downloaded, end_archives, make

__all__ = ["ask", "downloaded", "end_archives", "make", "unpack"]
