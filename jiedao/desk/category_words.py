"""The keywords of the categories, by which the search field of a list of categories finds them: 井盖, 沙井, 噪音.

No page contains them, because they are long: the script of the field fetches them when it is first used. The address
has the version of the words, by which the browser stores them for its session.
"""

import hashlib
import json
from collections.abc import Iterable

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from jiedao.cases import catalogue
from jiedao.kernel.memo import Memo
from jiedao.kernel.synonyms import expand_phrase
from jiedao.pages.entry import DeskRequest, require_staff


def collect_words(names: Iterable[str], keywords: Iterable[str]) -> list[str]:
    """Return the keywords and the variants with synonyms that a search for a part of the names would not find."""
    known = [name.lower() for name in names]
    wanted = {variant for text in (*known, *keywords) for variant in expand_phrase(text)}
    words: list[str] = []
    for word in sorted(wanted, key=lambda text: (-len(text), text)):  # a part of a longer word adds nothing
        if not any(word in text for text in (*known, *words)):
            words.append(word)
    return words


def _load_words() -> tuple[str, bytes]:
    words = {
        str(row.id): category_words
        for row in catalogue.CATEGORIES.get().values()
        if row.active and (category_words := collect_words((row.name, row.name_en), row.keywords))
    }
    body = json.dumps(words, ensure_ascii=False, separators=(",", ":")).encode()
    return hashlib.sha256(body).hexdigest()[:12], body


WORDS: Memo[tuple[str, bytes]] = Memo(_load_words, seconds=60.0)


def get_words_url() -> str:
    """Return the address for the attribute `data-words` of a list of categories."""
    return f"{reverse('desk:category_words')}?v={WORDS.get()[0]}"


@require_staff("cases.case:view", "projects.project:view")
@require_safe
def send_category_words(_request: DeskRequest) -> HttpResponse:
    """Send the words of every category by its id, as JSON."""
    return HttpResponse(WORDS.get()[1], content_type="application/json")
