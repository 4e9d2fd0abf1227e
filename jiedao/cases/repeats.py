"""Whether a matter that comes in under a known key is the same one, sent again, or another.

A `client_uuid` or `source_key` belongs to the user who used it first. The same content from that user under the same
key is answered with the first case; everything else is refused, so that nobody learns the number of another user's
case, and no matter is lost behind a number that belongs to another one.
"""

import json
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from jiedao.kernel.client_keys import make_taken_error
from jiedao.kernel.crypto import compute_keyed_digest
from jiedao.kernel.errors import Stale

KEYS = ("client_uuid", "source_key")
# The columns by which a case without a digest, filed before there were digests, is compared.
OLD_COLUMNS = (
    "channel",
    "subject",
    "detail",
    "place_text",
    "lon",
    "lat",
    "urgent",
    "has_reporter",
    "reporter_key",
)


def compute_content_digest(matter: Mapping[str, Any], user_id: int | None) -> str | None:
    """Return the keyed digest of a tidied matter and of the user who sends it; None where it has no key.

    The digest is keyed because the content includes name and phone of the reporter.

    Args:
        matter: the fields of a NewCase by name.
    """
    if all(matter[key] is None for key in KEYS):
        return None
    content = {name: value for name, value in matter.items() if name not in KEYS}
    if content.get("answers") is None:
        content.pop(
            "answers", None
        )  # as before there were answers: an old matter that is sent again is the same one
    text = json.dumps([user_id, content], ensure_ascii=True, sort_keys=True, default=str)
    return compute_keyed_digest(f"intake {text}")


def is_same_matter(
    columns: Mapping[str, Any], user_id: int | None, stored: Mapping[str, Any], stored_user_id: int | None
) -> bool:
    """Return whether a matter is the stored case, sent again by the same user."""
    if stored["intake_digest"] is not None:
        return bool(stored["intake_digest"] == columns["intake_digest"])
    return user_id == stored_user_id and all(stored[name] == columns[name] for name in OLD_COLUMNS)


def make_key_error(key: str) -> Stale:
    """Return the refusal of a matter whose key belongs to another one; it does not name the other case."""
    if key == "client_uuid":
        return make_taken_error()
    return Stale(
        _("这个来源编号已经用于另一件事，这次没有立案。"),
        hint=_("同一件事请由同一账号原样重发；另一件事请用自己的编号。"),
        field=key,
    )
