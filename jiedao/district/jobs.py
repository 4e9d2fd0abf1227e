"""What the worker does for a district: it reads the published figures of each office every hour."""

from datetime import timedelta

from jiedao.kernel import clock
from jiedao.kernel.jobs import enqueue, job, periodic
from jiedao.kernel.periods import Period, parse_period


@periodic("district.read", every=timedelta(hours=1))
def read_all() -> None:
    """Let each office be read by a job of its own, so that one that hangs does not hold up the others."""
    from jiedao.district.models import Office  # noqa: PLC0415 (models are not loaded before)

    for office_id in Office.objects.filter(active=True).values_list("pk", flat=True):
        enqueue("district.read_office", unique_key=f"district.read_office:{office_id}", office_id=office_id)


# Not atomic: reading takes as long as the office does.
@job("district.read_office", atomic=False, max_attempts=2)
def read_one(*, office_id: int, period: str = "") -> None:
    """Read one office: a period, or all those whose figures still change. An office that was removed is left out."""
    from jiedao.district.models import Office  # noqa: PLC0415 (models are not loaded before)
    from jiedao.district.reading import list_running_periods, read_office  # noqa: PLC0415

    office = Office.objects.filter(pk=office_id, active=True).first()
    if office is not None:
        read_office(office, [parse_period(period)] if period else list_running_periods(clock.today()))


def read_soon(period: Period) -> int:
    """Let each active office be read in a period now; return their number."""
    from jiedao.district.models import Office  # noqa: PLC0415 (models are not loaded before)

    offices = list(Office.objects.filter(active=True).values_list("pk", flat=True))
    for office_id in offices:
        enqueue(
            "district.read_office",
            unique_key=f"district.read_office:{office_id}:{period.text}",
            office_id=office_id,
            period=period.text,
        )
    return len(offices)
