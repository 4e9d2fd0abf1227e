"""Tokens for full-text search that match the same texts in a PostgreSQL tsvector and an SQLite FTS5 table."""

import re
from operator import add

from jiedao.kernel.folding import fold_width
from jiedao.kernel.numerals import find_numerals, write_numbers

MAX_TOKEN = 64  # a PostgreSQL lexeme holds at most 2,046 bytes; nothing meaningful is longer than this

_HAN = "\u3005\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
_RUN = re.compile(rf"(?P<han>[{_HAN}]+)|(?P<word>[^\W_{_HAN}]+)")
_ONE_HAN = re.compile(f"[{_HAN}]")
_NUMBERING = re.compile(r"\d|^[^\W_]$")  # 3, b3 and a number what they are written beside: 3号楼, B3栋, A座


def search_tokens(text: str) -> list[str]:
    """Split a text into the tokens by which it is found, in order and with repetitions.

    Words and numbers of other scripts are lower-cased and stay complete (up to 64 characters); a run of Chinese
    characters becomes its overlapping pairs, or its only character. A number is also joined with the character
    before it and with one and two characters after it, so that 3号楼 is not found by the 3 of one sentence and the
    号楼 of another. A numeral that numbers a building or floor is found as digits too (三栋 as 3栋). Full-width
    forms are folded (NFKC). A token contains letters and digits only, so that neither database splits it again.
    """
    folded = fold_width(text).lower()
    tokens = _split(folded)
    for start, numeral_end, number in find_numerals(folded):
        after = folded[numeral_end : numeral_end + 2]
        tokens += [number, number + after[0]]
        if len(after) > 1 and _ONE_HAN.match(after[1]):
            tokens.append(number + after)
        before = folded[start - 1] if start else " "
        if _ONE_HAN.match(before):
            tokens.append(before + number)
        elif before.isalnum():  # B三栋: the number is the end of a longer word
            tokens += _split(write_numbers(folded))
    return tokens


def query_tokens(text: str) -> list[str]:
    """Split a search phrase into the distinct tokens that a matching text must all contain; none for an empty phrase.

    A number beside Chinese characters is searched only in its joined form. A single Chinese character is left out
    beside other tokens, because the index contains it only for texts in which it is isolated too. If it is the only
    token it is returned: search for it as a prefix (`路:*` in PostgreSQL, `路*` in FTS5; see `is_prefix`).
    """
    tokens = list(dict.fromkeys(_split(write_numbers(fold_width(text).lower()), is_query=True)))
    longer = [token for token in tokens if not is_prefix(token)]
    return longer or tokens


def is_prefix(token: str) -> bool:
    """Return whether a token is a single Chinese character, which finds texts only as the beginning of a pair."""
    return len(token) == 1 and _ONE_HAN.match(token) is not None


def _split(text: str, *, is_query: bool = False) -> list[str]:
    tokens: list[str] = []
    add_all = tokens.extend
    end, last_han, number = -1, "", ""
    for run in _RUN.finditer(text):
        if run.start() != end:
            last_han = number = ""
        end = run.end()
        han = run["han"]
        if han is None:
            word = run["word"]
            number = word if len(word) <= MAX_TOKEN - 2 and _NUMBERING.search(word) else ""
            tokens.append(word[:MAX_TOKEN])
            if number and last_han:
                tokens[-1 if is_query else len(tokens) :] = [last_han + number]
            last_han = ""
            continue
        pairs = list(map(add, han, han[1:])) or [han]
        if number:
            joined = [number + han[0], number + han[:2]] if len(han) > 1 else [number + han]
            if is_query:
                if tokens[-1] == number:
                    tokens.pop()
                joined, pairs = joined[-1:], pairs[1:]
            add_all(joined)
        add_all(pairs)
        last_han, number = han[-1], ""
    return tokens
