"""What counts as a reporter: words such as 匿名 are written where a name, a number or a user is missing."""

import re
from functools import lru_cache

from jiedao.kernel import crypto
from jiedao.kernel.folding import fold_key
from jiedao.kernel.policies import get_policy

# Signs without a letter or digit, and zeros alone: "-", "/", "……", "0", "000-0000".
_BLANK = re.compile(r"[\W_0]*")


def is_placeholder(*texts: str) -> bool:
    """Return whether one of the texts is written but no value: 匿名, 无, 不详, "-", "0" (policy `placeholders`)."""
    return any(text.strip() and not drop_placeholder(text) for text in texts)


def drop_placeholder(text: str) -> str:
    """Return the text, "" if it is a placeholder."""
    if not text:
        return ""
    word = fold_key(text).strip(".,。、()*").lower()
    is_blank = _BLANK.fullmatch(word) is not None
    return "" if is_blank or word in _fold_words(tuple(get_policy("placeholders"))) else text


def list_placeholder_keys() -> frozenset[str]:
    """Return the keys that cases got whose reporter was a placeholder, when placeholders were still values."""
    words = {*get_policy("placeholders"), "0", "00000000000", "-", "--", "/", "*"}
    return frozenset(map(crypto.compute_keyed_digest, words))


@lru_cache(maxsize=8)
def _fold_words(words: tuple[str, ...]) -> frozenset[str]:
    return frozenset(fold_key(word).lower() for word in words)
