"""The codes that a pack declares for the filters of cases."""

from jiedao.cases.models import Channel
from jiedao.cases.pack.tables import CATEGORIES
from jiedao.cases.selectors.filters import FLAGS
from jiedao.kernel.figures import AREA, CATEGORY, CHANNEL, UNIT
from jiedao.kernel.packs.pack import Pack
from jiedao.orgs.pack.tables import UNITS
from jiedao.places.pack.checks import list_area_codes


def list_codes(pack: Pack, by: str) -> set[str]:
    """Return the codes by which cases can be filtered; a category is written "MATTER 01001"."""
    if by == AREA:
        return set(list_area_codes(pack))
    if by == UNIT:
        return set(pack.by_key(UNITS, "unit"))
    if by == CHANNEL:
        return set(Channel.values)
    if by == CATEGORY:
        return {f"{row.get('kind')} {row.get('code')}" for row in pack.rows(CATEGORIES)}
    return set(FLAGS)
