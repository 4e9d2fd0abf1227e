"""The policies of deliveries: what is sent by default to which posts, quiet hours, the digest, and what is urgent."""

from typing import TYPE_CHECKING, Any

from jiedao.delivery.pack.tables import DELIVERY
from jiedao.kernel.policies import PolicySpec

if TYPE_CHECKING:
    from jiedao.kernel.packs.pack import Pack

DEFAULT_HOURS = {"quiet_from": "22:00", "quiet_to": "07:00", "digest_hour": 8}
DEFAULT_URGENT = ["cases.case:supervised"]
# What a user who verified an address gets until they choose otherwise.
DEFAULT_SENDS = [
    {"roles": [], "groups": ["TASK", "URGE"], "channels": ["MAIL", "WEBHOOK"]},
    {"roles": [], "groups": ["URGE"], "channels": ["SMS"]},
]


def read_hours(pack: "Pack") -> dict[str, Any]:
    """Return the quiet hours and the hour of the digest."""
    row = pack.single(DELIVERY, "hours")
    return {key: row.get(key, default) for key, default in DEFAULT_HOURS.items()}


def read_urgent(pack: "Pack") -> list[str]:
    """Return the codes of the kinds that are sent in quiet hours too."""
    return list(pack.single(DELIVERY, "hours").get("urgent", DEFAULT_URGENT))


def read_sends(pack: "Pack") -> list[dict[str, Any]]:
    """Return which groups go out by which channels, each row for some roles or for all of them."""
    rows = [
        {key: list(row.get(key, None) or []) for key in ("roles", "groups", "channels")}
        for row in pack.rows(DELIVERY, "send")
    ]
    return rows or DEFAULT_SENDS


POLICIES = (
    PolicySpec("delivery_hours", DEFAULT_HOURS, read=read_hours),
    PolicySpec("delivery_urgent", DEFAULT_URGENT, read=read_urgent),
    PolicySpec("delivery_sends", DEFAULT_SENDS, read=read_sends),
)
