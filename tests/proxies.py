"""The shipped configurations of the proxies, read: their directives as values, and what each does to a request's head."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.house.reading import ROOT

CADDY, NGINX = ROOT / "deploy/caddy/Caddyfile", ROOT / "deploy/nginx/passage.conf"
# What each calls the things that a proxy knows by itself.
KNOWN = {
    "{remote_host}": "address",
    "{scheme}": "scheme",
    "{host}": "host",
    "{http.request.uuid}": "id",
    "$remote_addr": "address",
    "$scheme": "scheme",
    "$host": "host",
    "$request_id": "id",
}


@dataclass
class Directive:
    """One line: its words, and what stands in its braces."""

    words: list[str]
    inside: list[Directive] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.words[0] if self.words else ""

    def every(self, name: str) -> Iterator[Directive]:
        """All directives of that name, at any depth."""
        for each in self.inside:
            if each.name == name:
                yield each
            yield from each.every(name)

    def said(self, name: str) -> list[str]:
        """What follows the name wherever it stands, one text each."""
        return [" ".join(each.words[1:]) for each in self.every(name)]


def nginx(text: str) -> Directive:
    """Raises ValueError for braces that do not match and a directive without its semicolon."""
    pieces = re.findall(r"[{};]|[^\s{};]+", re.sub(r"#.*", "", text))
    stack, words = [Directive([])], []
    for piece in pieces:
        if piece == ";":
            stack[-1].inside.append(Directive(words))
            words = []
        elif piece == "{":
            stack.append(Directive(words))
            words = []
        elif piece == "}":
            if words or len(stack) < 2:
                raise ValueError(f"a directive does not end: {' '.join(words)}")
            stack[-2].inside.append(stack[-1])
            stack.pop()
        else:
            words.append(piece)
    if words or len(stack) != 1:
        raise ValueError("the file ends in the middle")
    return stack[0]


def caddy(text: str) -> Directive:
    """Raises ValueError for braces that do not match. A brace of its own opens or closes; others are placeholders."""
    stack = [Directive([])]
    for line in text.splitlines():
        words = re.sub(r"(^|\s)#.*", "", line).split()
        if words == ["}"]:
            if len(stack) < 2:
                raise ValueError("a brace too many")
            stack.pop()
        elif words and words[-1] == "{":
            stack[-1].inside.append(Directive(words[:-1]))
            stack.append(stack[-1].inside[-1])
        elif words:
            stack[-1].inside.append(Directive(words))
    if len(stack) != 1:
        raise ValueError("the file ends in the middle")
    return stack[0]


@dataclass(frozen=True)
class Heads:
    """What a proxy does to the head of a request: names it sets, names it takes away, and whether `_` passes."""

    set: dict[str, str]
    removed: frozenset[str]
    drops_underscores: bool

    def passed_on(self, head: list[tuple[str, str]], *, known: dict[str, str]) -> list[tuple[str, str]]:
        """The head as the product is given it. `known`: the address, scheme, host and id that the proxy knows."""
        mine = {name.lower() for name in self.set} | {name.lower() for name in self.removed}
        kept = [
            (name, value)
            for name, value in head
            if name.lower() not in mine and not (self.drops_underscores and "_" in name)
        ]
        return kept + [(name, known[KNOWN[value]]) for name, value in self.set.items()]


def heads_of_nginx(text: str) -> Heads:
    tree = nginx(text)
    told = dict(each.words[1:3] for each in tree.every("proxy_set_header"))
    return Heads(
        set={name: value for name, value in told.items() if value in KNOWN},
        removed=frozenset(name for name, value in told.items() if value == '""'),
        drops_underscores=tree.said("underscores_in_headers") == ["off"],
    )


def heads_of_caddy(text: str) -> Heads:
    tree = caddy(text)
    told = [each.words[1:] for each in tree.every("header_up")]
    return Heads(
        # The host is passed on unless one says otherwise.
        set={"Host": "{host}"} | {words[0]: words[1] for words in told if len(words) == 2},
        removed=frozenset(words[0].removeprefix("-") for words in told if len(words) == 1),
        drops_underscores="-*_*" in tree.said("request_header"),
    )


def read(path: Path) -> Heads:
    return (heads_of_caddy if path == CADDY else heads_of_nginx)(path.read_text())
