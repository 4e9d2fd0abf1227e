"""Rendering the help: the small part of Markdown that it uses. All text is escaped; there is no raw HTML.

Headings (`##`), paragraphs, lists (`-`, `1.`), **bold**, `code`, and links to other topics: [words](topic.zh.md).
"""

import re

from django.urls import reverse
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

ITEM = re.compile(r"^(?:-|(\d+)\.) ")
INLINE = re.compile(
    r"\*\*(?P<bold>[^*]+)\*\*|`(?P<code>[^`]+)`|\[(?P<words>[^\]]+)\]\((?P<topic>[a-z-]+)\.[a-z]+\.md\)"
)


def render_markdown(text: str) -> SafeString:
    """Return the HTML of a text; a line that continues a paragraph or an item joins it."""
    blocks = [block.strip("\n") for block in re.split(r"\n\s*\n", text) if block.strip()]
    # Every part was escaped when it was made.
    return mark_safe("\n".join(_render_block(block) for block in blocks))  # noqa: S308


def _render_block(block: str) -> str:
    if block.startswith("## "):
        return format_html("<h2>{}</h2>", _render_inline(block[3:]))
    if (first := ITEM.match(block)) is None:
        return format_html("<p>{}</p>", _render_inline(_join_lines(block.split("\n"))))
    items: list[list[str]] = []
    for line in block.split("\n"):
        if match := ITEM.match(line):
            items.append([line[match.end() :]])
        else:
            items[-1].append(line.strip())
    tag = "ol" if first[1] else "ul"
    rows = "".join(format_html("<li>{}</li>", _render_inline(_join_lines(item))) for item in items)
    return f"<{tag}>{rows}</{tag}>"


def _join_lines(lines: list[str]) -> str:
    """Join the lines of a paragraph; between two Chinese characters there is no space."""
    text = lines[0]
    for line in lines[1:]:
        wide = text[-1:] > "\u2e80" or line[:1] > "\u2e80"
        text += line if wide else f" {line}"
    return text


def _render_inline(text: str) -> SafeString:
    parts, start = [], 0
    for match in INLINE.finditer(text):
        parts.append(escape(text[start : match.start()]))
        parts.append(_render_mark(match))
        start = match.end()
    parts.append(escape(text[start:]))
    return mark_safe("".join(parts))  # noqa: S308 (every part is escaped)


def _render_mark(match: "re.Match[str]") -> SafeString:
    if match["bold"]:
        return format_html("<b>{}</b>", match["bold"])
    if match["code"]:
        return format_html("<code>{}</code>", match["code"])
    return format_html(
        '<a href="{}">{}</a>', reverse("desk:help_topic", args=[match["topic"]]), match["words"]
    )
