"""Help is plain text that becomes safe HTML."""

from passage.ui.helptext import help_file, render_help


def test_headings_lists_and_emphasis_become_html():
    html = render_help(
        top=2, text="# Add points\n\nPress `Enter`, **twice**.\n\n1. Scan\n2. Amount\n   in euros\n\n- one\n- two"
    )
    assert "<h2>Add points</h2>" in html
    assert "<p>Press <kbd>Enter</kbd>, <strong>twice</strong>.</p>" in html
    assert "<ol><li>Scan</li><li>Amount in euros</li></ol>" in html
    assert "<ul><li>one</li><li>two</li></ul>" in html


def test_markup_in_a_text_stays_text():
    html = render_help(top=1, text="<img src=x onerror=alert(1)> [x](javascript:alert(1)) [home](/help/till-points)")
    assert "<img" not in html
    assert 'href="javascript' not in html
    assert '<a href="/help/till-points">home</a>' in html


def test_a_guide_has_pictures_and_a_help_text_has_none():
    text = '![A "till"](pictures/x-2.pl.webp)'
    shown = render_help(top=1, text=text, pictures="/guides/x/*.pl.webp")
    assert shown == '<figure><img src="/guides/x/2.pl.webp" alt="A &quot;till&quot;" loading="lazy"></figure>'
    assert "<img" not in render_help(top=1, text=text)


def test_a_page_without_a_text_in_the_language_falls_back_to_english():
    assert help_file(page="website-start", language="de").name == "website-start.en.md"


def test_no_path_leads_out_of_the_folder():
    assert help_file(page="../glossary", language="en") is None
    assert help_file(page="no-such-page", language="en") is None
