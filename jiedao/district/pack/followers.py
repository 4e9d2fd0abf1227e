"""An office follows the unit that represents it; where the successor represents another office, a person decides."""

from collections.abc import Iterable, Sequence

from django.utils.translation import gettext_lazy as _

from jiedao.district.models import Office
from jiedao.kernel.errors import UserError
from jiedao.kernel.packs.successions import Following, Lookup, Succession
from jiedao.orgs.actor import Actor
from jiedao.orgs.models import Unit
from jiedao.orgs.pack.unit_columns import UnitColumn


class OfficesOfUnits(UnitColumn):
    """The unit of an office; a unit can represent one office only."""

    def find(self, successions: Sequence[Succession], lookup: Lookup) -> Iterable[Following]:
        """Return the offices of the units, without a successor where several would have the same one."""
        followings = list(super().find(successions, lookup))
        keys = [row.new_key for row in followings if row.is_moved]
        taken = set(Unit.objects.filter(code__in=keys, office__isnull=False).values_list("code", flat=True))
        for row in followings:
            is_free = row.new_key not in taken and keys.count(row.new_key) == 1
            yield row if not row.is_moved or is_free else Following(row.object_id, row.succession, None)

    def write(self, wanted: dict[int, tuple[int, int]], actor: Actor) -> int:
        """Give offices to other units; raise UserError where the unit represents another office already."""
        taken = Office.objects.filter(unit__in={new for _old, new in wanted.values()}).first()
        if taken is not None:
            raise UserError(
                _("这个单位已经代表 %(office)s。") % {"office": taken.name},
                hint=_("一个单位只代表一个下辖街道；请在“管理 → 下辖街道”里更改。"),
            )
        return super().write(wanted, actor)


FOLLOWERS = (OfficesOfUnits("offices of the district", _("下辖街道的单位"), Office),)
