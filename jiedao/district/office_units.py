"""Which units of the district represent an office, without a query."""

from jiedao.district.models import Office
from jiedao.kernel.memo import Memo


def _load_office_units() -> dict[int, int]:
    rows = Office.objects.filter(active=True, unit__isnull=False)
    return dict(rows.values_list("unit_id", "pk"))


OFFICE_UNITS: Memo[dict[int, int]] = Memo(_load_office_units)
ANY_OFFICE: Memo[bool] = Memo(Office.objects.exists)


def is_office_unit(unit_id: int) -> bool:
    """Return whether the unit represents an office that the district works with."""
    return unit_id in OFFICE_UNITS.get()


def has_offices() -> bool:
    """Return whether this is the system of a district, with offices below."""
    return ANY_OFFICE.get()


def forget_offices() -> None:
    """Drop what is cached of the offices, after one was added, changed or removed."""
    OFFICE_UNITS.forget()
    ANY_OFFICE.forget()
