"""What the pack states about the public's site, stored as one policy."""

from typing import TYPE_CHECKING, Any

from jiedao.kernel.policies import PolicySpec
from jiedao.portal.pack.tables import OFFER, PORTAL, SITE

if TYPE_CHECKING:
    from jiedao.kernel.packs.pack import Pack


def read_site(pack: "Pack") -> dict[str, Any]:
    """Return the words of the site and its offers; an empty dictionary where the pack has no site."""
    values = pack.single(PORTAL, "portal")
    if not values:
        return {}
    site: dict[str, Any] = {column.name: values.get(column.name, "") for column in SITE.columns}
    site["offers"] = [
        {column.name: row.get(column.name) for column in OFFER.columns} for row in pack.rows(PORTAL, "offer")
    ]
    return site


POLICIES = (PolicySpec("portal", {}, read=read_site),)
