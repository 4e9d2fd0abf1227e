"""Keep the English catalogues of the rooms complete, without the gettext programs.

The source language of jiedao is Chinese: msgids are Chinese, and each room carries one English catalogue at
`jiedao/<room>/locale/en/LC_MESSAGES/django.po`. A new machine has no xgettext or msgfmt, so extraction, the
check and compilation are done here with Babel and with Django's own template reader.

    python tools/messages.py check      every fault; exit 1 if there is one
    python tools/messages.py update     add new texts with an empty translation, drop those no longer used
    python tools/messages.py compile    write the django.mo files
"""

import argparse
import io
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import normalize, read_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "jiedao"
CATALOGUE = Path("locale/en/LC_MESSAGES/django.po")
KEYWORDS: dict[str, tuple[int | tuple[int, str], ...] | None] = {
    "_": None,
    "_t": None,  # gettext where "_" is gettext_lazy
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
HEADER = (
    'msgid ""\nmsgstr ""\n"Project-Id-Version: jiedao\\n"\n"Language: en\\n"\n'
    '"MIME-Version: 1.0\\n"\n"Content-Type: text/plain; charset=UTF-8\\n"\n'
    '"Content-Transfer-Encoding: 8bit\\n"\n"Plural-Forms: nplurals=2; plural=(n != 1);\\n"\n'
)
CJK = re.compile(r"[㐀-鿿]")
PLACEHOLDER = re.compile(r"%\([^)]*\)[#0\- +]*[\d.]*[a-z]|%[\d.]*[sdfr]|\{[^{}]*\}")
HALF_WIDTH = re.compile(r"(?<=[㐀-鿿])[,;:!?()]|[,;:!?()](?=[㐀-鿿])")
WORD = re.compile(r"[A-Za-z]*[a-z][A-Za-z]+")

Key = tuple[str, str, str]  # context, singular, plural; "" for none


@dataclass
class Text:
    """A text to translate and the first place in the source that uses it."""

    key: Key
    where: str


@dataclass
class Room:
    """The texts that a room uses (`texts`) and its catalogue (`catalogue`, empty if there is no file)."""

    name: str
    texts: dict[Key, Text] = field(default_factory=dict)
    catalogue: Catalog = field(default_factory=lambda: Catalog(locale="en"))

    @property
    def path(self) -> Path:
        """The room's English catalogue, which need not exist."""
        return PACKAGE / self.name / CATALOGUE

    def translations(self) -> dict[Key, Message]:
        """Return the entries of the catalogue by key, without its header."""
        return {get_key(entry): entry for entry in self.catalogue if entry.id}


def get_key(entry: Message) -> Key:
    """Return the key of a catalogue entry."""
    forms = entry.id if isinstance(entry.id, tuple) else (entry.id,)
    return entry.context or "", forms[0], forms[1] if len(forms) > 1 else ""


def get_strings(entry: Message) -> list[str]:
    """Return the translations of an entry, one for each plural form."""
    return list(entry.string) if isinstance(entry.string, list | tuple) else [entry.string or ""]


def read_sources(room: Path) -> Iterator[tuple[Path, str]]:
    """Yield each source file of a room with its text as Python: code as it is, templates rewritten."""
    for path in sorted(room.rglob("*")):
        parts = path.relative_to(room).parts
        if not path.is_file() or {"tests", "migrations", "__pycache__"} & set(parts):
            continue
        if path.suffix == ".py":
            yield path, path.read_text(encoding="utf-8")
        elif "templates" in parts and path.suffix in {".html", ".txt", ".svg", ".xml"}:
            # Parentheses keep Python's tokeniser from judging the indentation of what was HTML.
            yield path, f"({templatize(path.read_text(encoding='utf-8'), origin=str(path))}\n)"


def collect_texts(room: Path) -> dict[Key, Text]:
    """Return every translatable text of a room by key."""
    texts: dict[Key, Text] = {}
    for path, code in read_sources(room):
        stream = io.BytesIO(code.encode())
        for line, message, _comments, context in extract(
            "python", stream, KEYWORDS, options={"encoding": "utf-8"}
        ):
            forms = message if isinstance(message, tuple) else (message, "")
            key = (context or "", forms[0], forms[1])
            if forms[0]:
                texts.setdefault(key, Text(key, f"{path.relative_to(ROOT)}:{line}"))
    return texts


def read_rooms() -> list[Room]:
    """Read every room's source and catalogue."""
    result = []
    for folder in sorted(path for path in PACKAGE.iterdir() if (path / "__init__.py").exists()):
        room = Room(folder.name, collect_texts(folder))
        if room.path.exists():
            with room.path.open("rb") as stream:
                room.catalogue = read_po(stream, locale="en")
        result.append(room)
    return result


def find_placeholders(text: str) -> set[str]:
    """Return the placeholders of a text: `%(name)s`, `%s`, `{name}`."""
    return set(PLACEHOLDER.findall(text.replace("%%", "")))


def find_source_faults(text: Text) -> Iterator[str]:
    """Yield the faults of a source text: English words only, or half-width punctuation beside Chinese."""
    for form in text.key[1:]:
        if HALF_WIDTH.search(form):
            yield f"{text.where}: use full-width punctuation beside Chinese: {form!r}"
        if not CJK.search(form) and WORD.search(PLACEHOLDER.sub("", form)):
            yield f"{text.where}: write the source text in Chinese: {form!r}"


def find_entry_faults(room: Room, key: Key, entry: Message) -> Iterator[str]:
    """Yield the faults of one translation: empty, fuzzy, Chinese left in it, other placeholders."""
    where = f"{room.path.relative_to(ROOT)}: {key[1]!r}"
    strings = get_strings(entry)
    if not all(strings) or (key[2] and len(strings) != 2):
        yield f"{where}: translate it (empty)"
        return
    if entry.fuzzy:
        yield f"{where}: marked fuzzy; confirm the translation and remove the mark"
    source_placeholders = find_placeholders(key[1]) | find_placeholders(key[2])
    for number, string in enumerate(strings):
        placeholders = find_placeholders(string)
        # The singular may leave the number out ("1 case"); every other form must have all placeholders.
        if placeholders - source_placeholders or (
            source_placeholders - placeholders and not (key[2] and number == 0)
        ):
            yield f"{where}: placeholders differ: {sorted(source_placeholders)} became {sorted(placeholders)}"


def find_faults(everything: list[Room]) -> Iterator[str]:
    """Yield every fault of every room, in the order of rooms."""
    english: dict[Key, tuple[str, list[str]]] = {}
    for room in everything:
        entries = room.translations()
        for key, text in room.texts.items():
            yield from find_source_faults(text)
            if key not in entries:
                yield f"{text.where}: missing from {room.path.relative_to(ROOT)}: {key[1]!r}"
        for key, entry in entries.items():
            if key not in room.texts:
                yield f"{room.path.relative_to(ROOT)}: no longer used: {key[1]!r}"
                continue
            yield from find_entry_faults(room, key, entry)
            first = english.setdefault(key, (room.name, get_strings(entry)))
            # Django merges the catalogues of all rooms, so one of two different translations would never be used.
            if first[1] != get_strings(entry):
                yield (
                    f"{room.path.relative_to(ROOT)}: {key[1]!r} is {get_strings(entry)}, "
                    f"but {first[1]} in {first[0]}; agree, or give one a context"
                )


def format_entry(key: Key, strings: list[str], comments: list[str]) -> str:
    """Return one entry in PO syntax."""
    context, singular, plural = key
    lines = [f"# {comment}" for comment in comments]
    if context:
        lines.append(f"msgctxt {normalize(context, width=0)}")
    lines.append(f"msgid {normalize(singular, width=0)}")
    if plural:
        lines.append(f"msgid_plural {normalize(plural, width=0)}")
        forms = [*strings, "", ""][:2]
        lines += [f"msgstr[{number}] {normalize(form, width=0)}" for number, form in enumerate(forms)]
    else:
        lines.append(f"msgstr {normalize(strings[0], width=0)}")
    return "\n".join(lines) + "\n"


def update_catalogues(everything: list[Room]) -> None:
    """Rewrite the catalogues: every used text once, sorted, with the translation of another room if there is one."""
    known_translations: dict[Key, list[str]] = {}
    for room in everything:
        for key, entry in room.translations().items():
            known_translations.setdefault(key, get_strings(entry))
    for room in everything:
        entries = room.translations()
        added = set(room.texts) - set(entries)
        dropped = set(entries) - set(room.texts)
        if not added and not dropped:
            continue
        parts = [HEADER]
        for key in sorted(room.texts, key=lambda key: (key[1], key[0])):
            translation = entries.get(key)
            strings = get_strings(translation) if translation else known_translations.get(key, [""])
            parts.append(format_entry(key, strings, translation.user_comments if translation else []))
        room.path.parent.mkdir(parents=True, exist_ok=True)
        room.path.write_text("\n".join(parts), encoding="utf-8")
        print(f"{room.path.relative_to(ROOT)}: {len(added)} added, {len(dropped)} dropped")


def compile_catalogues() -> None:
    """Write a django.mo beside every django.po of the package."""
    paths = sorted(PACKAGE.glob("*/locale/*/LC_MESSAGES/django.po"))
    for path in paths:
        with path.open("rb") as stream:
            catalogue = read_po(stream, locale=path.parts[-3])
        with path.with_suffix(".mo").open("wb") as out:
            write_mo(out, catalogue)


def main() -> int:
    """Run the command named on the command line; return the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("command", choices=["check", "update", "compile"])
    command = parser.parse_args().command
    if command == "compile":
        compile_catalogues()
        return 0
    everything = read_rooms()
    if command == "update":
        update_catalogues(everything)
        return 0
    faults = list(find_faults(everything))
    print(
        "\n".join(faults)
        if faults
        else f"{sum(len(room.texts) for room in everything)} texts, all translated"
    )
    if faults:
        print(f"{len(faults)} faults. `make messages` adds new texts and drops unused ones.", file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
