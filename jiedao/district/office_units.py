"""Which units of the district stand for an office, without a query."""

from jiedao.district.models import Office
from jiedao.kernel.memo import Memo


def _load_office_units() -> dict[int, int]:
    rows = Office.objects.filter(active=True, unit__isnull=False)
    return dict(rows.values_list("unit_id", "pk"))


OFFICE_UNITS: Memo[dict[int, int]] = Memo(_load_office_units)


def is_office_unit(unit_id: int) -> bool:
    """Return whether the unit stands for an office that the district works with."""
    return unit_id in OFFICE_UNITS.get()
