"""Words of a town that mean the same in a search: who searches 噪音 also finds 噪声.

A pack lists them in `synonyms.toml`. They are replaced in the phrase, not in the index, so that a new list applies at
once to everything that is already stored.
"""

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from jiedao.kernel.folding import fold_width
from jiedao.kernel.packs.faults import Report
from jiedao.kernel.packs.rows import Row
from jiedao.kernel.packs.tables import Column, FileSpec, Kind, Table
from jiedao.kernel.policies import PolicySpec, get_policy

if TYPE_CHECKING:
    from jiedao.kernel.packs.pack import Pack

FILE, TABLE = "synonyms.toml", "synonym"
FILES = (FileSpec(FILE, {TABLE: Table((Column("words", Kind.TEXTS, required=True),))}, required=False),)
SHORTEST, LONGEST = 2, 20
MOST_VARIANTS = 12  # phrases for which one search looks


def read_synonyms(pack: "Pack") -> list[list[str]]:
    """Return the groups of words of the pack, folded as they are searched."""
    return [[_fold(word) for word in row.get("words", [])] for row in pack.rows(FILE, TABLE)]


POLICY = PolicySpec("synonyms", [], Kind.ANY, read=read_synonyms)


def expand_phrase(text: str) -> list[str]:
    """Return the phrase in lower case and half-width forms, then its variants with other words of the same meaning.

    Every word that the town's list contains is replaced by each word of its group, at most twelve phrases in all.
    """
    variants = [_fold(text)]
    for group in get_policy(POLICY.key):
        word = max((word for word in group if word in variants[0]), key=len, default="")
        if word:
            variants += [
                phrase.replace(word, other) for other in group if other != word for phrase in list(variants)
            ]
    return list(dict.fromkeys(variants))[:MOST_VARIANTS]


def list_words(text: str) -> list[str]:
    """Return the words of a phrase and of its variants, for marking them in what was found."""
    return list(dict.fromkeys(word for phrase in [text, *expand_phrase(text)] for word in phrase.split()))


def check_synonyms(pack: "Pack", report: Report) -> None:
    """Check that every group has two words or more, and that no word is in two groups."""
    first_rows: dict[str, Row] = {}
    for row in pack.rows(FILE, TABLE):
        written: list[Any] = row.get("words", [])
        words = [_fold(word) for word in written]
        if len(set(words)) < 2 and words:
            message = _("一组同义词至少要有两个不同的词")
            hint = _('至少写两个意思相同的词：words = ["噪音", "噪声"]')
            report.error_at(row, "words", "bad-value", message, hint)
        for word, text in zip(words, written, strict=True):
            if not SHORTEST <= len(word) <= LONGEST or not word.isalnum():
                message = _("“%(word)s”不能用来搜索") % {"word": text}
                hint = _("写 %(least)d 到 %(most)d 个字，中间不空格。")
                hint %= {"least": SHORTEST, "most": LONGEST}
                report.error_at(row, "words", "bad-value", message, hint, item=text)
            first = first_rows.setdefault(word, row)
            if first is not row or words.count(word) > 1:
                message = _("%(key)s 出现了两次") % {"key": text}
                hint = _("它已经在 %(file)s 第 %(line)d 行。把两组合并，或删去一个。")
                hint %= {"file": first.file, "line": first.line("words")}
                report.error_at(row, "words", "duplicate", message, hint, item=text)


def _fold(text: str) -> str:
    return fold_width(text).lower().strip()
