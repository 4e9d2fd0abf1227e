"""Recognise a pack of another town or district before it would retire everything that this office has."""

from jiedao.kernel.packs.pack import Pack
from jiedao.kernel.packs.tables import WAS
from jiedao.packs.history import find_last
from jiedao.places.models import Area, AreaKind
from jiedao.places.pack.checks import DISTRICT_LENGTH


def find_other_town(pack: Pack) -> str:
    """Return the name and code of the office's town if the pack is of another one, else "".

    A sub-district whose code changed is the same town: the pack states what it was. A pack of a district never is that
    of a sub-district in it, and the reverse.
    """
    applied = find_last()
    is_district = applied is not None and len(applied.town) == DISTRICT_LENGTH
    kind = AreaKind.DISTRICT if is_district else AreaKind.STREET
    stored = dict(Area.objects.filter(kind=kind, active=True).values_list("code", "name"))
    if not stored or pack.town in stored:
        return ""
    row = pack.by_key("areas.csv").get(pack.town)
    if row is not None and stored.keys() & set(row.values.get(WAS.name) or ()):
        return ""
    return "、".join(f"{name} {code}" for code, name in stored.items())
