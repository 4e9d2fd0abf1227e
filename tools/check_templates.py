"""Check that every template compiles, obeys the CSP, is translatable, has no long line, and refers to names that exist.

    tools/check_templates.py [FILE ...]

Prints `file:line: fault` and exits 1 when there is one. Without files, all templates of the package.
"""

import argparse
import os
import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "jiedao"
SPRITE = PACKAGE / "kernel" / "static" / "vendor" / "icons" / "icons.svg"

CJK = re.compile(r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]")
TAG = re.compile(r"{%.*?%}|{{.*?}}", re.DOTALL)
COMMENT = re.compile(r"{#.*?#}|{%\s*comment\b.*?%}.*?{%\s*endcomment\s*%}|<!--.*?-->", re.DOTALL)
TRANSLATED = re.compile(r"{%\s*blocktrans(?:late)?\b.*?{%\s*endblocktrans(?:late)?\s*%}", re.DOTALL)
MARKED = re.compile(r"""_\(\s*("[^"]*"|'[^']*')\s*\)""")
STRING = re.compile(r""""[^"]*"|'[^']*'""")
FORBIDDEN = (
    (re.compile(r"<style\b", re.IGNORECASE), "<style> is forbidden by the CSP; write a class"),
    (re.compile(r"\sstyle\s*=", re.IGNORECASE), "style= is forbidden by the CSP; write a class"),
    (
        re.compile(r"\son[a-z]+\s*=", re.IGNORECASE),
        "inline handlers are forbidden by the CSP; write a module",
    ),
    (re.compile(r"\shx-on[:\w-]*\s*=", re.IGNORECASE), "hx-on needs unsafe-eval; write a module"),
    (re.compile(r"javascript:", re.IGNORECASE), "javascript: addresses are forbidden by the CSP"),
    (re.compile(r"(?:src|href)\s*=\s*[\"']https?://", re.IGNORECASE), "no file from another server"),
)
SCRIPT = re.compile(r"<script\b([^>]*)>", re.IGNORECASE)
REFERENCES = {
    "static": re.compile(r"""{%\s*static\s+["']([^"']+)["']"""),
    "template": re.compile(r"""{%\s*(?:include|extends)\s+["']([^"']+)["']"""),
    "url": re.compile(r"""{%\s*url\s+["']([^"']+)["']"""),
    "icon": re.compile(r"""(?:{%\s*icon\s+|\bicon\s*=\s*)["']([^"']+)["']"""),
}
LONGEST_LINE = 200  # characters
Fault = tuple[int, str]


def get_line_number(text: str, position: int) -> int:
    """Return the 1-based line of a position."""
    return text.count("\n", 0, position) + 1


def blank_matches(text: str, pattern: re.Pattern[str]) -> str:
    """Return the text with every match replaced by blanks; lines keep their numbers."""
    return pattern.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)


def find_forbidden(text: str) -> Iterator[Fault]:
    """Find what the content security policy forbids."""
    bare = blank_matches(text, TAG)
    for pattern, words in FORBIDDEN:
        for match in pattern.finditer(bare):
            yield get_line_number(text, match.start()), words
    for match in SCRIPT.finditer(text):
        if "src=" not in match[1] and "application/json" not in match[1]:
            yield (
                get_line_number(text, match.start()),
                "inline script is forbidden by the CSP; write a module",
            )


def find_untranslated(text: str) -> Iterator[Fault]:
    """Find Chinese text outside a translate tag, in the page and in the arguments of tags."""
    rest = blank_matches(text, TRANSLATED)
    for match in CJK.finditer(blank_matches(rest, TAG)):
        start = match.start()
        if start and CJK.match(text[start - 1]):
            continue  # one fault for adjacent characters
        words = text[start : start + 20].split("\n", maxsplit=1)[0]
        yield get_line_number(text, start), f"Chinese text outside a translate tag: {words}"
    for tag in TAG.finditer(rest):
        if re.match(r"{%\s*trans(late)?\b", tag[0]):
            continue
        for string in STRING.finditer(MARKED.sub("", tag[0])):
            if CJK.search(string[0]):
                yield get_line_number(text, tag.start()), f"Chinese text in a tag without _(...): {string[0]}"


def find_long_lines(text: str) -> Iterator[Fault]:
    """Find lines that hold more than one element or sentence, by their length."""
    for number, line in enumerate(text.splitlines(), start=1):
        if len(line) > LONGEST_LINE:
            yield number, f"{len(line)} characters; break the line, at most {LONGEST_LINE} are allowed"


def find_dead_references(text: str, known: dict[str, Any]) -> Iterator[Fault]:
    """Find names of static files, templates, addresses and icons that do not exist."""
    for kind, pattern in REFERENCES.items():
        for match in pattern.finditer(text):
            if not known[kind](match[1]):
                yield get_line_number(text, match.start()), f"unknown {kind}: {match[1]}"


def find_compile_errors(path: Path, text: str) -> Iterator[Fault]:
    """Compile a template as Django does, and find its syntax error."""
    from django.template import TemplateSyntaxError, engines  # noqa: PLC0415 (after django.setup)

    try:
        engines["django"].from_string(text)
    except TemplateSyntaxError as fault:
        token = getattr(fault, "token", None)
        yield getattr(token, "lineno", 1), f"does not compile: {fault}"


def list_url_names() -> set[str]:
    """Return every name that `{% url %}` can resolve."""
    from django.urls import URLResolver, get_resolver  # noqa: PLC0415

    def walk(resolver: URLResolver, prefix: str) -> Iterator[str]:
        for entry in resolver.url_patterns:
            if isinstance(entry, URLResolver):
                space = f"{prefix}{entry.namespace}:" if entry.namespace else prefix
                yield from walk(entry, space)
            elif entry.name:
                yield prefix + entry.name

    return set(walk(get_resolver(), ""))


def build_lookups() -> dict[str, Any]:
    """Return, for each kind of reference, a function that returns whether a name exists."""
    from django.contrib.staticfiles import finders  # noqa: PLC0415
    from django.template import TemplateDoesNotExist, engines  # noqa: PLC0415

    icons = set(re.findall(r'<symbol id="([^"]+)"', SPRITE.read_text(encoding="utf-8")))
    names = list_url_names()

    def has_template(name: str) -> bool:
        try:
            engines["django"].get_template(name)
        except TemplateDoesNotExist:
            return False
        except Exception:
            return True
        return True

    return {
        "static": lambda name: finders.find(name) is not None,
        "template": has_template,
        "url": names.__contains__,
        "icon": lambda name: name in icons or "{" in name,
    }


def check_template(path: Path, known: dict[str, Any]) -> list[Fault]:
    """Return every fault of one template, by line."""
    source = path.read_text(encoding="utf-8")
    text = blank_matches(source, COMMENT)
    faults = [
        *find_compile_errors(path, source),
        *find_forbidden(text),
        *find_untranslated(text),
        *find_dead_references(text, known),
        *find_long_lines(source),
    ]
    return sorted(set(faults))


def main() -> int:
    """Check the named templates, or all of them."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("files", nargs="*", type=Path)
    files = parser.parse_args().files or sorted(PACKAGE.glob("*/templates/**/*.html"))
    with tempfile.TemporaryDirectory() as data:
        os.environ.setdefault("JIEDAO_DATA", data)
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "jiedao.settings")
        sys.path.insert(0, str(ROOT))
        import django  # noqa: PLC0415

        django.setup()
        known = build_lookups()
        count = 0
        for path in files:
            for line, words in check_template(path.resolve(), known):
                print(f"{path.resolve().relative_to(ROOT)}:{line}: {words}", file=sys.stderr)
                count += 1
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())
