"""The catalogues of the house: python -m passage.ui.catalogue extract | check | compile.

English is the source text, so the English catalogue leaves its answers empty: an empty answer says the
source itself. `extract` collects the sentences into each catalogue, `check` fails when a catalogue is
behind the sources or a French or Polish answer is missing or doubtful.
"""

import io
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir, extract_python
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

from passage.ui.places import CHECKOUT, LOCALE, PACKAGE

LANGUAGES = ("en", "fr", "pl")
SOURCE = "en"
METHODS = [
    ("**/tests/**", "ignore"),
    ("**/migrations/**", "ignore"),
    ("**.py", "python"),
    ("**/templates/**.html", "passage.ui.catalogue:extract_template"),
]
KEYWORDS: dict[str, Any] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
# The till's own program: t("text"), n("one", "many", count), pt("context", "text").
TILL = CHECKOUT / "frontend" / "src"
TILL_METHODS = [("till/**.ts", "javascript"), ("till/**.tsx", "javascript")]
TILL_OPTIONS = {"till/**.tsx": {"jsx": "true"}}
TILL_KEYWORDS: dict[str, Any] = {"t": None, "n": (1, 2), "pt": ((1, "c"), 2)}
PLACEHOLDER = re.compile(r"%\(\w+\)s|\{\w+\}")


def extract_template(fileobj: BinaryIO, keywords: Any, comment_tags: Sequence[str], options: Any) -> Iterator[Any]:
    """Babel's way into a Django template: its translation tags as the Python calls they stand for."""
    source = templatize(fileobj.read().decode(), origin=getattr(fileobj, "name", None))
    yield from extract_python(io.BytesIO(source.encode()), keywords, comment_tags, options)


def catalogue_file(*, language: str) -> Path:
    return LOCALE / language / "LC_MESSAGES" / "django.po"


def sources() -> Catalog:
    """Every sentence of the package, without line numbers: a moved line is not a changed catalogue."""
    found = Catalog(project="Passage", fuzzy=False)
    for name, _line, message, comments, context in extract_from_dir(
        PACKAGE, method_map=METHODS, keywords=KEYWORDS, comment_tags=("Translators:",), strip_comment_tags=True
    ):
        found.add(message, None, [(f"passage/{Path(name).as_posix()}", 0)], auto_comments=comments, context=context)
    for name, _line, message, comments, context in extract_from_dir(
        TILL, method_map=TILL_METHODS, options_map=TILL_OPTIONS, keywords=TILL_KEYWORDS, comment_tags=("Translators:",)
    ):
        place = (f"frontend/src/{Path(name).as_posix()}", 0)
        found.add(message, None, [place], auto_comments=comments, context=context)
    return found


def read(*, language: str) -> Catalog:
    file = catalogue_file(language=language)
    if not file.exists():
        return Catalog(locale=language, project="Passage", fuzzy=False)
    with file.open("rb") as lines:
        return read_po(lines, locale=language)


def text(catalogue: Catalog) -> bytes:
    out = io.BytesIO()
    write_po(out, catalogue, width=120, sort_output=True, ignore_obsolete=True, include_lineno=False, omit_header=False)
    return re.sub(
        rb'"(POT-Creation-Date|PO-Revision-Date|Generated-By|Last-Translator|Language-Team):[^\n]*\n',
        b"",
        out.getvalue(),
    )


def updated(*, language: str) -> Catalog:
    catalogue = read(language=language)
    catalogue.header_comment = (
        f"# The words of Passage, {catalogue.locale.english_name if catalogue.locale else language}."
    )
    catalogue.update(sources(), no_fuzzy_matching=True, keep_user_comments=True)
    return catalogue


def extract() -> list[str]:
    for language in LANGUAGES:
        file = catalogue_file(language=language)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text(updated(language=language)))
    return []


def check() -> list[str]:
    """The faults of all catalogues, each as one line with its remedy; none when all is well."""
    faults = []
    for language in LANGUAGES:
        fresh = updated(language=language)
        file = catalogue_file(language=language)
        if not file.exists() or file.read_bytes() != text(fresh):
            faults.append(f"{file.relative_to(CHECKOUT)} is behind the sources: run the extract command")
        faults += [f"{language}: {fault}" for message in fresh for fault in _faults(message, language)]
    return faults


def _faults(message: Message, language: str) -> Iterable[str]:
    if not message.id:
        return
    if message.fuzzy:
        yield f"doubtful answer to {message.id!r}"
    if language == SOURCE:
        return
    ids = message.id if isinstance(message.id, (list, tuple)) else (message.id,)
    answers = message.string if isinstance(message.string, (list, tuple)) else (message.string,)
    if not all(answers):
        yield f"no answer to {ids[0]!r}"
        return
    wanted = set(PLACEHOLDER.findall(ids[-1]))
    for answer in answers:
        if set(PLACEHOLDER.findall(answer or "")) != wanted:
            yield f"the answer to {ids[0]!r} does not keep its placeholders"


def compile_all() -> list[str]:
    for language in LANGUAGES:
        answers = read(language=language)
        for message in answers:
            if message.id:
                said = message.string or ""
                message.string = unbroken(said) if isinstance(said, str) else tuple(unbroken(form) for form in said)
        with catalogue_file(language=language).with_suffix(".mo").open("wb") as target:
            write_mo(target, answers)
    return []


def unbroken(said: str) -> str:
    """French parts some marks from their words by a space: no line ends there. `hatch_build.py` does the same."""
    return re.sub(r"(?<=«) | (?=[:;?!»])", "\N{NO-BREAK SPACE}", said)


COMMANDS = {"extract": extract, "check": check, "compile": compile_all}


def main(arguments: Sequence[str]) -> int:
    command = COMMANDS.get(arguments[0]) if len(arguments) == 1 else None
    if command is None:
        sys.stderr.write("python -m passage.ui.catalogue extract | check | compile\n")
        return 2
    faults = command()
    sys.stderr.writelines(f"{fault}\n" for fault in faults)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
