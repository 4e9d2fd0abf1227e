"""Turn the text of a report that was written elsewhere into the text of a report here."""

import re

_FIRST = re.compile(r"^[一二三四五六七八九十]{1,3}、")
_SECOND = re.compile(r"^[（(][一二三四五六七八九十]{1,3}[）)]")
_THIRD = re.compile(r"^\d{1,2}[.、．](?!\d)")
_SENTENCE = re.compile(r"[。！？；，]")
MOST_HEADING = 40  # characters
MOST_TITLE_LINES = 2


def convert_text(text: str) -> str:
    """Return a foreign text with headings marked: 一、, （一） and 1. on a line of their own, and the title above.

    Braces become full-width ones, so that nothing in the text is run.
    """
    lines = [" ".join(line.split()) for line in text.replace("{", "｛").replace("}", "｝").splitlines()]
    return "\n\n".join(_mark_lines([line.lstrip("#").strip() for line in lines if line.strip("# \u3000")]))


def _mark_lines(lines: list[str]) -> list[str]:
    marked, title_lines = [], 0
    for index, line in enumerate(lines):
        level = _find_level(line)
        if index == title_lines and not level and title_lines < MOST_TITLE_LINES and _is_title(line):
            title_lines += 1
            marked.append(f"# {line}")
        else:
            marked.append(f"{'#' * level} {line}" if level else line)
    return marked


def _is_title(line: str) -> bool:
    return len(line) <= MOST_HEADING and _SENTENCE.search(line) is None


def _find_level(line: str) -> int:
    """Return the level of a heading as the number of its marks, 0 for a paragraph."""
    if len(line) > MOST_HEADING or _SENTENCE.search(line) is not None:
        return 0
    levels = ((_FIRST, 2), (_SECOND, 3), (_THIRD, 4))
    return next((level for pattern, level in levels if pattern.match(line)), 0)
