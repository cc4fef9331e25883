"""Where the files that are not code lie: in a checkout beside the package, in a wheel inside it."""

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent
CHECKOUT = PACKAGE.parent


def _first_folder(*candidates: Path) -> Path:
    return next((folder for folder in candidates if folder.is_dir()), candidates[0])


LOCALE = _first_folder(PACKAGE / "locale", CHECKOUT / "locale")
HELP = _first_folder(PACKAGE / "ui" / "help", CHECKOUT / "docs" / "help")
GUIDES = _first_folder(PACKAGE / "ui" / "guides", CHECKOUT / "docs" / "guides")
DIST = PACKAGE / "ui" / "static" / "dist"
