"""The product's settings as the tests use them: what is made cheaper here is never what a test is about."""

import os
from pathlib import Path

from passage.config.settings import *  # noqa: F403
from passage.config.settings import DATABASES

# Argon2 takes 100 MB and a tenth of a second for each password, by design.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"

_database = DATABASES["default"]
if _database["ENGINE"] == "django.db.backends.sqlite3":
    # A file, as in the shop: the in-memory database locks whole tables, so threads would meet errors that no shop sees.
    _database["TEST"] = {"NAME": str(Path(os.environ["PASSAGE_TEST_FILES"]) / "test.sqlite3")}
    # Nobody cuts the power of a test; the tests that do start a server of their own.
    _database["OPTIONS"]["init_command"] += ";PRAGMA synchronous=OFF"
    _database["OPTIONS"]["timeout"] = 5
else:
    # A kept connection of a server thread would hold the database that the run drops at its end.
    _database["CONN_MAX_AGE"] = 0
