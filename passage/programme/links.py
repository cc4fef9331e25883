"""Names that a mail program would turn into a link: refused where they are given, broken up where they are written out.

Letters carry names that strangers chose to addresses that they chose. Without links they are of no use to them.
"""

from __future__ import annotations

import re

# Dots that a browser reads as one (UTS 46), and what a domain may end in: letters only.
DOT = r"[.\u3002\uff0e\uff61]"
END = r"[^\W\d_]"
# Each finds one character, looking a few to either side, so that a long text costs no more than its length.
LINK = re.compile(
    rf"""
    : (?=[/\\]{{2}})                                              # the one of https://
    | (?<=[\w-]{{2}}) {DOT} (?={END}{{2}})                        # shop.example; "o.o." and "J.Nowak" are no domains
    | (?<=\b\w) {DOT} (?={END}{{2,3}}(?!\w) | {END}{{2,24}}/)     # t.co, x.example/y
    """,
    re.VERBOSE,
)
MAILBOX = r"[\w.+-]{1,64}@[\w.-]{0,254}\w"


def looks_like_link(text: str, /) -> bool:
    return LINK.search(text) is not None


def broken(text: str, /, *, own: str = "") -> str:
    """The text with a blank in every link, so that it can be read and not be pressed.

    Mailboxes stay, and so do addresses below ``own``, the address of this installation.
    """
    kept = rf"{re.escape(own)}(?=[/\s]|$)\S*|{MAILBOX}" if own else MAILBOX
    return re.sub(rf"(?P<kept>{kept})|{LINK.pattern}", _apart, text, flags=LINK.flags)


def _apart(found: re.Match[str]) -> str:
    return found[0] if found["kept"] else f"{found[0]} "
