"""Blacking out words: what a text must not show in public, and the text without it."""

import re
from collections.abc import Iterable

from django.utils.translation import gettext as _

from jiedao.cases.actions.erasing import build_reporter_pattern
from jiedao.cases.models import Case, Reporter
from jiedao.cases.reporters import drop_placeholder
from jiedao.kernel.crypto import UnreadableField, decrypt
from jiedao.kernel.errors import UserError
from jiedao.publishing.private_numbers import NEVER, PRIVATE, fold_signs

BLACK = "■■■"  # of one length, so that the length of a word states nothing
MOST_WORDS = 100
# A room number identifies the people who live there: 3栋502, 2单元1101室.
ROOM = re.compile(
    r"[0-9]{1,2}单元[0-9]{2,4}(?:室|房)?|(?<=[栋幢座楼])[0-9]{3,4}(?:室|房)?|[0-9]{3,4}(?:室|房)"
)


def list_private_words(*texts: str) -> list[str]:
    """Return the private words that are recognised in the texts: numbers, plates, mail addresses and rooms."""
    words: dict[str, None] = {}
    for text in map(fold_signs, texts):
        for rule in (PRIVATE, ROOM):
            words.update(dict.fromkeys(match[0] for match in rule.finditer(text)))
    return list(words)


def read_words(text: str) -> list[str]:
    """Return the words of a field, one on each line, the longest first, so that no short one splits a longer one."""
    words = dict.fromkeys(line.strip() for line in text.splitlines())
    return sorted((word for word in words if word), key=len, reverse=True)[:MOST_WORDS]


def black_out(text: str, words: Iterable[str]) -> str:
    """Return the text with each of the words replaced by a bar of one length."""
    parts = [re.escape(word) for word in words if word]
    return re.sub("|".join(parts), BLACK, text) if parts else text


def build_forbidden_pattern(case: Case) -> re.Pattern[str] | None:
    """Return a pattern for the name and numbers of the reporter; None where there are none, or 匿名 instead.

    Raise UserError where they cannot be read: without them, texts cannot be checked for the name of the reporter.
    """
    row = Reporter.objects.filter(pk=case.pk, erased_at__isnull=True).first()
    if row is None:
        return None
    try:
        name = decrypt(row.name)
        decrypt(row.phone)
    except UnreadableField as fault:
        raise UserError(
            _("反映人的姓名和号码读不出来，无法核对文字，不能公开。"),
            hint=_("请管理员恢复加密密钥后再审核；这件可以先不公开。"),
        ) from fault
    if name and not drop_placeholder(name):
        row.name = ""  # as words like 匿名 occur in many texts
    return build_reporter_pattern(row)


def propose_text(text: str, pattern: re.Pattern[str] | None) -> str:
    """Return the text with all recognised private words blacked out; a reviewer reads it afterwards."""
    text = fold_signs(text)
    for rule in (PRIVATE, ROOM, pattern):
        text = rule.sub(BLACK, text) if rule is not None else text
    return text


def find_forbidden(text: str, pattern: re.Pattern[str] | None) -> str:
    """Return the first word that must not be public, "" for none.

    That is a mobile or identity number, the plate of a car, or what names the reporter.
    """
    folded = fold_signs(text)
    for rule in (NEVER, pattern):
        match = rule.search(folded) if rule is not None else None
        if match is not None:
            return match[0]
    return ""
