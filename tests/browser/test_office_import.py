"""A Polish list from an old program goes in through the browser, while the page follows the worker by itself."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from passage.cards.queries import find as find_card
from passage.config.worker import Worker
from passage.members.queries import find
from tests.browser import counter as at
from tests.browser.speech import english
from tests.browser.test_office import sign_in

ROWS = (
    "Imię;Nazwisko;Telefon;Data urodzenia;Numer karty;Zgoda SMS",
    "Żaneta;Gęś;601 700 800;31.05.1985;2900001;tak",
    "Łucja;Świątek;12;24.12.1990;2900002;nie",
    ";;;;2900003;",
)


@pytest.mark.parametrize("locale", ["pl-PL"], indirect=True)
def test_a_list_in_windows_letters_goes_in_and_its_wrong_row_stays_out(
    page: Page, live: str, locale: str, tmp_path: Path
) -> None:
    cast = at.a_counter().cast
    file = tmp_path / "klienci.csv"
    file.write_bytes("\r\n".join(ROWS).encode("cp1250"))
    sign_in(page, cast.maria.login.email)
    page.goto("/office/members")
    page.locator("a[href='/office/members/import']").click()
    page.locator("#id_file").set_input_files(file)
    page.locator("main form button").click()
    expect(page.locator("main")).to_contain_text("Świątek")
    expect(page.locator("#id_column-3")).to_have_value("birthday")
    assert english(page, "pl") == []
    page.locator("#id_encoding").select_option("iso8859_2")
    page.locator("button[value=look]").click()
    expect(page.locator("main")).not_to_contain_text("Świątek")
    page.locator("#id_encoding").select_option("cp1250")
    page.locator("button[value=look]").click()
    expect(page.locator("main")).to_contain_text("Świątek")
    page.locator("button[value=check]").click()
    expect(page.locator("progress")).to_be_visible()
    assert english(page, "pl") == []
    Worker().run_once()
    take_in = page.locator("button[value=apply]")
    expect(take_in).to_have_text("Wczytaj 2 wiersze")  # the page has looked again by itself
    expect(page.locator("table.rows")).to_contain_text("Telefon: to nie numer telefonu")
    assert english(page, "pl") == []
    take_in.click()
    expect(page.locator("progress")).to_be_visible()
    Worker().run_once()
    expect(page.locator("main")).to_contain_text("Cofnij ten import")
    assert english(page, "pl") == []
    [zaneta] = find(programme=cast.bakery, text="601700800")
    assert (zaneta.full_name, zaneta.birthday) == ("Żaneta Gęś", "05-31")
    with page.expect_download() as loading:
        page.locator("a[href$='?rows=out']").click()
    assert "Łucja;Świątek;12" in loading.value.path().read_text(encoding="utf-8-sig")
    page.locator("main summary").click()
    page.locator("button[value=undo]").click()
    expect(page.locator("progress")).to_be_visible()
    Worker().run_once()
    expect(page.locator("main")).to_contain_text("Wycofani uczestnicy")
    assert not find(programme=cast.bakery, text="601700800")
    assert find_card(programme=cast.bakery, code="2900003") is None
