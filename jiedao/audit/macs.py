"""The authentication code of an entry, by which a change is found that is made before the entry is sealed.

It is made in two steps, because the database numbers entries and cases. The program computes a stamp, HMAC-SHA256 over
all values but the two numbers, with a key that is never in the database. The statement that inserts the entry hashes
the stamp together with the numbers and stores only the result. A person who can write to the database knows neither the
key, with which other values could be stamped, nor the stamp, with which the numbers could be exchanged.

The codes count until an entry is sealed; from then on the seal does. Entries that an earlier version wrote have none,
and those written with a key that was lost since cannot be checked: an entry of its own, which has a code, states up to
which number this is so (`find_boundary`).
"""

import hmac
from collections.abc import Iterable, Sequence
from decimal import Decimal
from hashlib import sha256
from typing import Any

from jiedao.audit.digest import encode_canonically, format_moment
from jiedao.audit.fields import SEALED_FIELDS
from jiedao.kernel.crypto import derive_key

OBJECT_ID = SEALED_FIELDS.index("object_id")
LENGTH = 32  # hex digits, 128 bits
BEGIN, BOUNDARY_TYPE = "audit.mac:begin", "audit.entry"
UPGRADE, NEW_KEY = "UPGRADE", "NEW_KEY"

_TEXT = "{stamp} || ':' || {entry} || ':' || coalesce({object}, '')"
_SQL = {
    "postgresql": f"substr(encode(sha256(convert_to({_TEXT}, 'UTF8')), 'hex'), 1, {LENGTH})",
    "sqlite": f"substr(SHA256({_TEXT}), 1, {LENGTH})",  # Django gives each connection this function
}
_OBJECT = {"postgresql": "{}::text", "sqlite": "{}"}


def write_mac_sql(vendor: str, *, stamp: str, entry: str, object_id: str) -> str:
    """Return the expression that makes the code, from the expressions of the stamp and of the two numbers."""
    return _SQL[vendor].format(stamp=stamp, entry=entry, object=_OBJECT[vendor].format(object_id))


def compute_stamp(values: Sequence[Any]) -> str:
    """Return the stamp of an entry from its values in the order of SEALED_FIELDS; id and object id do not count.

    `before` and `after` are values as they are read from JSON.
    """
    _entry_id, at, *fields = values
    label, user_id, post_id, action, object_type, _object_id, before, after, *origin = fields
    text = encode_canonically(
        "stamp",
        format_moment(at),
        label,
        user_id,
        post_id,
        action,
        object_type,
        fold_numbers(before),
        fold_numbers(after),
        *origin,
    )
    return hmac.digest(derive_key("audit"), text, "sha256").hex()


def compute_mac(values: Sequence[Any]) -> str:
    """Return the code of an entry from its values in the order of SEALED_FIELDS."""
    entry_id, object_id = values[0], values[OBJECT_ID]
    text = f"{compute_stamp(values)}:{entry_id}:{'' if object_id is None else object_id}"
    return sha256(text.encode()).hexdigest()[:LENGTH]


def has_right_mac(row: Sequence[Any]) -> bool:
    """Return whether the code of an entry is right; the code is the last value of the row."""
    return isinstance(row[-1], str) and hmac.compare_digest(row[-1].encode(), compute_mac(row[:-1]).encode())


def find_boundary(rows: Iterable[Sequence[Any]]) -> int:
    """Return the number up to which entries may lack a right code, 0 for none.

    Args:
        rows: the entries of BEGIN, each with its code. One without a right code states nothing.
    """
    return max((int(row[OBJECT_ID] or 0) for row in rows if has_right_mac(row)), default=0)


def fold_numbers(value: Any) -> Any:
    """Return a JSON value with each integral number as an integer: PostgreSQL returns 1e+22 as one."""
    if isinstance(value, float):
        return int(Decimal(repr(value))) if value.is_integer() else value
    if isinstance(value, dict):
        return {key: fold_numbers(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [fold_numbers(entry) for entry in value]
    return value
