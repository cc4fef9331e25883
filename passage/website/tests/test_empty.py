"""An address that only a button reaches says so, in the reader's language."""

import pytest
from django.test import Client

from tests.cast import a_bakery, signed_in

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "only reached by a button"), ("pl", "tylko przyciskiem"), ("fr", "que par un bouton")],
)
def test_what_only_a_button_reaches_is_no_white_page(language: str, words: str) -> None:
    manager = signed_in(a_bakery().maria.login)
    answer = manager.get("/office/staff/invite", headers={"Accept-Language": language})
    assert answer.status_code == 405
    assert answer["Allow"] == "POST"
    assert words in answer.text


def test_the_api_keeps_its_own_words(client: Client) -> None:
    answer = client.delete("/api/v1/quotes")
    assert answer.status_code == 405
    assert "<html" not in answer.text
