"""The splits by which cases are counted, and the values of each."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from jiedao.cases import catalogue
from jiedao.cases.models import Channel
from jiedao.kernel.errors import UserError
from jiedao.kernel.figures import AREA, CATEGORY, CHANNEL, UNIT
from jiedao.kernel.memo import Memo
from jiedao.orgs.units import UNITS
from jiedao.places.models import Area, AreaKind, in_language

SPLITS = (UNIT, AREA, CATEGORY, CHANNEL)
Groups = dict[str, dict[Any, "Group"]]  # split -> stored value -> group


@dataclass(frozen=True)
class Group:
    """One value of a split: the stored value, the public key and the label."""

    value: Any
    key: str
    label: str


def _load_communities() -> list[tuple[str, str, str, str]]:
    rows = Area.objects.filter(kind=AreaKind.COMMUNITY).order_by("path")
    return list(rows.values_list("path", "code", "name", "name_en"))


COMMUNITIES: Memo[list[tuple[str, str, str, str]]] = Memo(_load_communities)  # path, code, name, English name


def read_groups(by: str) -> list[Group]:
    """Return the values of a split in the order of the board; raise UserError for an unknown split."""
    if by == UNIT:
        return [Group(unit.id, unit.code, unit.label) for unit in UNITS.get().values()]
    if by == AREA:
        return [
            Group(path, code, in_language(name, name_en)) for path, code, name, name_en in COMMUNITIES.get()
        ]
    if by == CATEGORY:
        majors = (row for row in catalogue.CATEGORIES.get().values() if row.parent_id is None)
        return [Group(row.id, f"{row.kind}:{row.code}", row.label) for row in majors]
    if by == CHANNEL:
        return [Group(channel.value, channel.value, str(channel.label)) for channel in Channel]
    raise UserError(
        _("不能按“%(by)s”分组。") % {"by": by[:20]},
        hint=_("可用：%(values)s") % {"values": ", ".join(SPLITS)},
        field="by",
    )


def compute_path_length(communities: Iterable[Group]) -> int:
    """Return the length of the path of a community."""
    return max((len(group.value) for group in communities), default=12)
