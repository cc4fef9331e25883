"""A bakery whose tills write files, and the command that reads them."""

from io import StringIO

import pytest
from django.core.management import call_command

from passage.connectors.receipts.tests.files import POLISH, a_file
from tests.cast import a_bakery


@pytest.fixture
def cast():
    return a_bakery()


@pytest.fixture
def profile(tmp_path):
    def written(text=POLISH):
        path = tmp_path / "kasa.toml"
        path.write_text(text)
        return str(path)

    return written


@pytest.fixture
def run(cast, tmp_path, profile):
    """Imports the rows; answers with what was said."""

    def import_sales(*rows, text=POLISH, **options):
        said, progress = StringIO(), StringIO()
        arguments = {"programme": "grabowska", "profile": profile(text), "stdout": said, "stderr": progress, **options}
        call_command("import-sales", str(a_file(tmp_path, *rows)), **arguments)
        return said.getvalue()

    return import_sales


@pytest.fixture
def in_english(cast):
    """The bakery speaks Polish; these tests read English."""
    cast.bakery.language = "en"
    cast.bakery.save()
