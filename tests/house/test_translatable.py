"""Every sentence that a page shows or that a screen reader speaks goes through the catalogues (S-61)."""

import re

from tests.house.reading import Source, repository

SPOKEN_BLOCK = re.compile(r"{% *blocktrans(?:late)?\b.*?{% *endblocktrans(?:late)? *%}", re.DOTALL)
COMMENT = re.compile(r"{#.*?#}|{% *comment\b.*?endcomment *%}|<!--.*?-->", re.DOTALL)
MACHINE = re.compile(r"<(script|style|svg)\b.*?</\1>|<!doctype[^>]*>|&#?\w+;", re.DOTALL | re.IGNORECASE)
TEMPLATE = re.compile(r"{%.*?%}|{{.*?}}", re.DOTALL)
SPOKEN_ATTRIBUTE = re.compile(r"\s(?:alt|title|placeholder|aria-label|aria-description|label)\s*=\s*\"([^\"]*)\"")
TAG = re.compile(r"<[^>]*>", re.DOTALL)
WORD = re.compile(r"[^\W\d_]{2,}")
# Names are the same in every language.
NAMES = {"Passage"}


def untranslated(source: Source) -> list[str]:
    text = source.text
    for pattern in (SPOKEN_BLOCK, COMMENT, TEMPLATE, MACHINE):
        text = pattern.sub(lambda match: "\n" * match.group().count("\n"), text)
    spoken = TAG.sub(lambda match: " ".join(SPOKEN_ATTRIBUTE.findall(match.group())), text)
    return [
        f"{source.path}: {word}" for line in spoken.splitlines() for word in WORD.findall(line) if word not in NAMES
    ]


def test_words_of_one_language_are_caught():
    for line in (
        "<p>Add points</p>",
        '<input placeholder="Card number">',
        '<button aria-label="Close">×</button>',
        "<p>{{ amount }} zł</p>",
    ):
        assert untranslated(Source("passage/till/templates/till/page.html", line)), line


def test_words_from_the_catalogues_are_let_through():
    for line in (
        "<p>{% translate 'Add points' %}</p>",
        "<p>{% blocktranslate count n=n %}One point{% plural %}{{ n }} points{% endblocktranslate %}</p>",
        '<button aria-label="{% translate \'Close\' %}" class="close-it">×</button>',
        "{# a remark #}<title>Passage</title>&nbsp;",
    ):
        assert untranslated(Source("passage/till/templates/till/page.html", line)) == [], line


def test_every_word_on_a_page_is_translatable():
    pages = [s for s in repository() if "templates" in s.parts and s.path.endswith(".html")]
    assert [fault for page in pages for fault in untranslated(page)] == []
