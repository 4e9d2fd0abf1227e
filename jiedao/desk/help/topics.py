"""The topics of the help: files in Markdown, one for each language, beside this module.

The first line is the title, the paragraph below it the summary. In the Chinese text, what is bold is a name on a page,
as it is written there; tests compare it with the texts of the program.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from django.utils.safestring import SafeString
from django.utils.translation import get_language

from jiedao.desk.help.rendering import render_markdown
from jiedao.desk.help_pages import PAGES_BY_TOPIC

FOLDER = Path(__file__).with_name("topics")
LANGUAGES = ("zh", "en")
POSTS = (
    *("post-grid-worker", "post-clerk", "post-dispatcher", "post-handler", "post-caller"),
    *("post-leader", "post-administrator"),
)
TOPICS = (*POSTS, *PAGES_BY_TOPIC)


@dataclass(frozen=True)
class Topic:
    """A topic in one language."""

    key: str
    language: str
    title: str
    summary: str
    body: SafeString


def choose_language() -> str:
    """Return "en" for a reader of English, else "zh"."""
    return "en" if (get_language() or "").startswith("en") else "zh"


@lru_cache(maxsize=200)
def read_topic(key: str, language: str) -> Topic:
    """Return a topic; raise KeyError for a key that does not exist."""
    if key not in TOPICS:
        raise KeyError(key)
    text = (FOLDER / f"{key}.{language}.md").read_text(encoding="utf-8")
    head, _blank, rest = text.partition("\n\n")
    summary, _blank, body = rest.partition("\n\n")
    return Topic(
        key, language, head.removeprefix("# ").strip(), " ".join(summary.split()), render_markdown(body)
    )
