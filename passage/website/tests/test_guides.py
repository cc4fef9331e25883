"""The guides are read in one's language, with pictures of that language, and lead nowhere else."""

import pytest
from django.test import Client

from passage.website.guides import GUIDES

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("language", ["fr", "pl", "en"])
def test_a_guide_speaks_one_language_and_shows_its_pages_in_it(client: Client, language: str) -> None:
    for name in GUIDES:
        answer = client.get(f"/guides/{name}", headers={"Accept-Language": language})
        assert answer.status_code == 200
        assert f'src="/guides/{name}/1.{language}.webp"' in answer.text
        assert client.get(f"/guides/{name}/1.{language}.webp")["Content-Type"] == "image/webp"


@pytest.mark.parametrize(
    "address", ["no-such", "sign-in/99.pl.webp", "sign-in/1.de.webp", "..%2F..%2Fpyproject/1.pl.webp"]
)
def test_what_is_no_guide_is_not_there(client: Client, address: str) -> None:
    assert client.get(f"/guides/{address}").status_code == 404
