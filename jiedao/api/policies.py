"""The statements of the pack about the interfaces, stored as policies."""

from typing import TYPE_CHECKING, Any

from jiedao.api.pack.tables import ENDPOINT, OPEN311
from jiedao.kernel.policies import PolicySpec

if TYPE_CHECKING:
    from jiedao.kernel.packs.pack import Pack


def read_open311(pack: "Pack") -> dict[str, Any]:
    """Return the table [open311] with every column; an empty dictionary where the pack does not offer Open311."""
    values = pack.single(OPEN311, "open311")
    return (
        {column.name: values.get(column.name, column.empty) for column in ENDPOINT.columns} if values else {}
    )


POLICIES = (PolicySpec("open311", {}, read=read_open311),)
