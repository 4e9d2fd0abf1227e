"""Tokens for full-text search that match the same texts in a PostgreSQL tsvector and an SQLite FTS5 table."""

import re
from operator import add

from jiedao.kernel.folding import fold_width

MAX_TOKEN = 64  # a PostgreSQL lexeme holds at most 2,046 bytes; nothing meaningful is longer than this

_HAN = "\u3005\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
_RUN = re.compile(rf"(?P<han>[{_HAN}]+)|(?P<word>[^\W_{_HAN}]+)")


def search_tokens(text: str) -> list[str]:
    """Split a text into its search tokens, in order and with repetitions.

    Words and numbers of other scripts are lower-cased and stay complete (up to 64 characters); a run of Chinese
    characters becomes its overlapping pairs, or its only character. Full-width forms are folded (NFKC). A token
    contains letters and digits only, so that neither database splits it again.
    """
    tokens: list[str] = []
    for han, word in _RUN.findall(fold_width(text).lower()):
        if word or len(han) == 1:
            tokens.append(word[:MAX_TOKEN] or han)
        else:
            tokens += map(add, han, han[1:])
    return tokens


def query_tokens(text: str) -> list[str]:
    """Split a search phrase into the distinct tokens that a matching text must all contain; none for an empty phrase.

    A single Chinese character is left out beside other tokens, because the index contains it only for texts in which
    it is isolated too. If it is the only token it is returned: search for it as a prefix (`路:*` in PostgreSQL, `路*`
    in FTS5).
    """
    tokens = list(dict.fromkeys(search_tokens(text)))
    longer = [token for token in tokens if len(token) > 1 or not _RUN.fullmatch(token)["han"]]  # type: ignore[index]
    return longer or tokens
