"""Single values in the answers of offices: numbers and moments that can be stored, compared and shown."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime

STEP = Decimal("0.0001")
MOST_DIGITS = 15  # before the decimal point
EARLIEST, LATEST = datetime(1990, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


def _check_number(number: Decimal) -> Decimal:
    # The exponent is looked at first: calculating with 1e999999999999 is an error of its own.
    if not number.is_finite() or (number and number.adjusted() >= MOST_DIGITS):
        raise ValueError("no number that can be stored")
    return number.quantize(STEP) if number else Decimal(0)


def _check_moment(moment: datetime) -> datetime:
    # The first and the last day of the calendar cannot be shown in another time zone.
    if not EARLIEST <= moment < LATEST:
        raise ValueError("no moment in the life of an office")
    return moment


Number = Annotated[Decimal, AfterValidator(_check_number)]
Moment = Annotated[AwareDatetime, AfterValidator(_check_moment)]
