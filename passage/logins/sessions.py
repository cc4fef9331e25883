"""Django's sessions in the database, which take any trouble of the database for a session that is over: 400 to the reader."""

from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import UpdateError

from passage.programme.trouble import trouble_of


class SessionStore(db.SessionStore):
    """Says of a database that is locked, full or away that it is, so that the door answers 503."""

    def save(self, must_create: bool = False) -> None:  # noqa: FBT001, FBT002 - Django calls it
        try:
            super().save(must_create)
        except UpdateError as over:
            if over.__context__ is not None and trouble_of(over.__context__):
                raise over.__context__ from over.__context__.__cause__
            raise
