"""The browser obeys a strict content policy, so pages carry no script, style or handler of their own."""

import re

from tests.house.reading import Source, repository

COMMENT = re.compile(r"{#.*?#}|{% comment .*?endcomment %}|<!--.*?-->", re.DOTALL)
FORBIDDEN = {
    "a script without src or nonce": re.compile(r"<script\b(?![^>]*\b(?:src|nonce)\s*=)[^>]*>", re.IGNORECASE),
    "a style element without nonce": re.compile(r"<style\b(?![^>]*\bnonce\s*=)[^>]*>", re.IGNORECASE),
    "a style attribute": re.compile(r"<[a-z][^>]*\sstyle\s*=", re.IGNORECASE),
    "an event attribute": re.compile(r"<[a-z][^>]*\s(?:on[a-z]+|hx-on[:\w-]*)\s*=", re.IGNORECASE),
    "a javascript: address": re.compile(r"javascript:", re.IGNORECASE),
    "a file from another host": re.compile(
        r"<(?:script|link|img|iframe)\b[^>]*\b(?:src|href)\s*=\s*[\"']?(?:https?:)?//", re.IGNORECASE
    ),
}
# Letters are read by mail programs, which know no other style than the one on the element itself.
LETTERS = re.compile(r"templates/[^/]+/(letters|mail)/")


def against_the_policy(source: Source) -> list[str]:
    text = COMMENT.sub(lambda m: "\n" * m.group().count("\n"), source.text)
    return [
        f"{source.path}:{text.count(chr(10), 0, match.start()) + 1} {what}"
        for what, pattern in FORBIDDEN.items()
        for match in pattern.finditer(text)
    ]


def test_everything_the_policy_would_refuse_is_caught():
    for line in (
        "<script>let a = 1</script>",
        "<style>p{}</style>",
        '<p style="color:red">',
        '<button type="button" onclick="go()">',
        '<a href="javascript:go()">',
        '<script src="https://example.org/a.js"></script>',
        '<link rel="stylesheet" href="//example.org/a.css">',
    ):
        assert against_the_policy(Source("passage/till/templates/till/page.html", line)), line


def test_what_the_policy_allows_is_let_through():
    for line in (
        '<script src="{% asset "app.js" %}" defer></script>',
        '<script type="application/json" nonce="{{ request.csp_nonce }}">{}</script>',
        '<a href="https://example.org/">',
        "{# <script> in a comment #}",
        '<p class="style" data-on="1">',
    ):
        assert against_the_policy(Source("passage/till/templates/till/page.html", line)) == [], line


def test_pages_carry_no_script_style_or_handler_of_their_own():
    pages = [s for s in repository() if "templates" in s.parts and s.path.endswith(".html")]
    assert [f for page in pages if not LETTERS.search(page.path) for f in against_the_policy(page)] == []
