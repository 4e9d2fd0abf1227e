"""Tokens for full-text search that give the same hits in a PostgreSQL tsvector and an SQLite FTS5 table."""

import re
from operator import add

from jiedao.cases.text.folding import fold

MAX_TOKEN = 64  # a PostgreSQL lexeme holds at most 2,046 bytes; nothing meaningful is longer than this

_HAN = "\u3005\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
_RUN = re.compile(rf"(?P<han>[{_HAN}]+)|(?P<word>[^\W_{_HAN}]+)")


def search_tokens(text: str) -> list[str]:
    """Cut a text into its search tokens, in order, repeats kept.

    Words and numbers of other scripts stay whole and lower-cased (at most 64 characters of each); a run of
    Chinese characters becomes its overlapping pairs, or the one character where it is one long. Full-width
    forms are folded (NFKC). A token holds letters and digits only, so that neither database cuts it again.
    """
    tokens: list[str] = []
    for han, word in _RUN.findall(fold(text).lower()):
        if word or len(han) == 1:
            tokens.append(word[:MAX_TOKEN] or han)
        else:
            tokens += map(add, han, han[1:])
    return tokens


def query_tokens(text: str) -> list[str]:
    """Cut a search phrase into the distinct tokens that a text found must all hold; empty for an empty phrase.

    A Chinese character that stands alone is left out beside other tokens, as the index holds it only where it
    stood alone there too. Where it is all there is it is returned: search it as a prefix (`路:*` in
    PostgreSQL, `路*` in FTS5).
    """
    tokens = list(dict.fromkeys(search_tokens(text)))
    longer = [token for token in tokens if len(token) > 1 or not _RUN.fullmatch(token)["han"]]  # type: ignore[index]
    return longer or tokens
