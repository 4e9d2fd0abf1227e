"""Parts of messages in the reader's language: lists of names, and what a message is about."""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _

from jiedao.kernel.nearest import find_nearest

MOST_NAMES = 12  # of a list in a message


def list_names(names: Iterable[Any], most: int | None = None, *, count: int = 0) -> str:
    """Return names as a list.

    Args:
        most: how many of them are written at most.
        count: how many there are, where `names` are only the first of them.
    """
    texts = [str(name) for name in names]
    written = texts[:most]
    listed = _("、").join(written)
    more = max(count, len(texts)) - len(written)
    if not more:
        return listed
    words = {"listed": listed, "more": more}
    return _("%(listed)s，还有 %(more)d 个") % words


def list_choices(names: Iterable[Any]) -> str:
    """Return names in quotes with “or” between them."""
    return _(" 或 ").join(f"'{name}'" for name in names)


def name_subject(subject: object, words: str) -> str:
    """Return words after what they are about, such as a key of a pack."""
    return _("%(subject)s：%(words)s") % {"subject": subject, "words": words}


def name_unknown(key: str, value: object, known: Iterable[Any]) -> str:
    """Return the fault that a key has a value which is none of the known ones."""
    known = [str(name) for name in known]
    if nearest := find_nearest(str(value), known):
        message = _("%(key)s 不能写 %(value)s；是不是 %(known)s？")
        return message % {"key": key, "value": value, "known": list_choices(nearest)}
    message = _("%(key)s 不能写 %(value)s；可以写：%(known)s")
    return message % {"key": key, "value": value, "known": list_names(known)}
