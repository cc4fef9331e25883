"""The menu leads everybody only where they may go, and shows the pages of the section one is in."""

import pytest
from django.test import Client
from django.urls import resolve

from passage.programme.menu import BELONGS, SECTIONS, menu
from tests.cast import Cast, a_bakery

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return a_bakery()


def test_a_clerk_sees_what_is_theirs_and_no_section_of_one_page_has_rows_below(cast: Cast) -> None:
    shown = menu(cast.piotr, view_name="till:points")
    assert [str(item.label) for item in shown] == ["Till", "Add points", "Members", "Prizes to hand over"]
    assert [item.current for item in shown] == [False, True, False, False]
    assert all(item.pages == () for item in shown)


def test_the_section_one_is_in_shows_its_pages_also_from_a_page_below_them(cast: Cast) -> None:
    shown = {str(item.label): item for item in menu(cast.maria, view_name="office:new_promotion")}
    assert shown["Promotions"].current
    assert [(str(page.label), page.current) for page in shown["Promotions"].pages][:2] == [
        ("Promotions", True),
        ("Levels", False),
    ]
    assert not shown["Members"].current


def test_every_entry_opens_for_whom_it_is_shown_to(cast: Cast, client: Client) -> None:
    client.force_login(cast.maria.login)
    for item in menu(cast.maria, view_name="office:start"):
        for address in {item.address, *(page.address for page in item.pages)}:
            assert client.get(address).status_code == 200, address


def test_what_belongs_somewhere_belongs_to_an_entry_of_the_menu() -> None:
    entries = {page for _name, pages in SECTIONS for page, _label, _verb in pages}
    assert set(BELONGS.values()) <= entries
    assert not set(BELONGS) & entries
    assert resolve("/office/shops").view_name in entries
