"""Read the published figures of offices: each answer is checked completely before any of it is stored."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from pydantic import BaseModel, Field, ValidationError

from jiedao.district import wordings
from jiedao.district.client import OfficeClient, OfficeFault, record_fault
from jiedao.district.models import Office, OfficeFigure
from jiedao.district.values import Moment, Number
from jiedao.kernel import clock, periods
from jiedao.kernel.periods import Period
from jiedao.kernel.wordings import BothNames, Wording, store_wording

PUBLISHED = "/api/v1/published-figures"
MOST_FIGURES = 500
MEASURE_KEY = r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*$"  # as packs write it; it is a part of addresses
CORRECTIONS = timedelta(days=31)  # how long after its end a period is still read every hour
UPDATED = [
    field.name
    for field in OfficeFigure._meta.concrete_fields
    if field.name not in {"id", "office", "measure", "first_date", "last_date"}
]


class _Definition(BaseModel):
    version: str = Field(min_length=1, max_length=64)
    digits: int = Field(ge=0, le=4)
    meaning: str = Field(max_length=400)
    meaning_en: str = Field("", max_length=600)


class _Figure(BaseModel):
    measure: str = Field(pattern=MEASURE_KEY, max_length=60)
    name: str = Field(min_length=1, max_length=80)
    name_en: str = Field("", max_length=120)
    value: Number | None
    numerator: Number | None = None
    denominator: Number | None = None
    denominator_name: str = Field("", max_length=80)
    unit: str = Field(max_length=20)
    unit_en: str = Field("", max_length=40)
    better: str = Field(pattern="^(more|less|)$")
    status: str = Field("", max_length=10)
    ended: bool
    locked: bool = False
    note: str = Field("", max_length=300)
    note_en: str = Field("", max_length=300)
    definition: _Definition


class _Town(BaseModel):
    code: str = Field(max_length=15)
    name: str = Field(max_length=60)


class _Document(BaseModel):
    first: date
    last: date
    as_of: Moment
    towns: list[_Town] = Field(max_length=50)
    figures: list[_Figure] = Field(max_length=MOST_FIGURES)


@dataclass(frozen=True)
class OfficeReading:
    """The result of reading an office: the number of figures and of periods, and what was wrong, if anything."""

    office: Office
    figures: int
    periods: int
    fault: Wording | None = None


def list_running_periods(today: date) -> list[Period]:
    """Return the periods whose figures still change: the present half-year and month, and those that ended lately."""
    running = [periods.half_of(today), periods.month_of(today)]
    before = [period.previous() for period in running]
    return running + [
        period for period in before if period is not None and today - period.last <= CORRECTIONS
    ]


def read_offices(offices: Sequence[Office], wanted: Sequence[Period]) -> list[OfficeReading]:
    """Read offices one after the other; one that does not answer stops none of the others."""
    return [read_office(office, wanted) for office in offices]


def read_office(office: Office, wanted: Sequence[Period]) -> OfficeReading:
    """Read the published figures of an office in some periods; stop at the first fault, which is recorded.

    Figures that were read before stay where the new answer cannot be used.
    """
    client, count = OfficeClient(office), 0
    for number, period in enumerate(wanted):
        try:
            document = _request_figures(client, period)
        except OfficeFault as fault:
            _record_reading(office, fault.wording)
            return OfficeReading(office, count, number, fault.wording)
        count += _store(office, period, document)
    _record_reading(office, None)
    return OfficeReading(office, count, len(wanted))


def _request_figures(client: OfficeClient, period: Period) -> _Document:
    return check_document(client.get(PUBLISHED, {"period": period.text}), client.office, period)


def _record_reading(office: Office, fault: Wording | None) -> None:
    """Store why the figures of an office could not be read; None where they could."""
    if fault is not None:
        record_fault(office, fault)
    office.reading_fault = store_wording(fault)
    Office.objects.filter(pk=office.pk).update(reading_fault=office.reading_fault)


def try_office(office: Office) -> int:
    """Ask an office for the figures of the present half-year, store nothing of them, and return their number.

    Raise OfficeFault, which is recorded at the office, where they cannot be used.
    """
    period = periods.half_of(clock.today())
    try:
        document = _request_figures(OfficeClient(office), period)
    except OfficeFault as fault:
        _record_reading(office, fault.wording)
        raise
    _record_reading(office, None)
    return len(document.figures)


def check_document(answer: dict[str, Any], office: Office, period: Period) -> _Document:
    """Return the figures of an answer; raise OfficeFault for another period, another town, and what is no figure."""
    try:
        document = _Document.model_validate(answer)
    except ValidationError as fault:
        where = ".".join(str(part) for part in fault.errors()[0]["loc"])[:80]
        raise OfficeFault(Wording(wordings.BAD_FIGURES, {"where": where})) from fault
    if (document.first, document.last) != (period.first, period.last):
        stated = f"{document.first}..{document.last}"
        raise OfficeFault(Wording(wordings.OTHER_PERIOD, {"wanted": period.text, "period": stated}))
    if office.area_code not in {town.code for town in document.towns}:
        towns = [BothNames(f"{town.name} {town.code}") for town in document.towns[:3]] or [BothNames("—")]
        raise OfficeFault(Wording(wordings.OTHER_TOWN, {"towns": towns, "code": office.area_code}))
    keys = [figure.measure for figure in document.figures]
    if len(set(keys)) < len(keys):
        raise OfficeFault(Wording(wordings.BAD_FIGURES, {"where": "measure"}))
    return document


@transaction.atomic
def _store(office: Office, period: Period, document: _Document) -> int:
    """Replace the figures of the office in the period by those of the answer; return their number."""
    now = clock.real_now()
    rows = [
        _make_columns(figure)
        | {"measure": figure.measure, "as_of": document.as_of, "read_at": now, "position": position}
        for position, figure in enumerate(document.figures)
    ]
    stored = OfficeFigure.objects.filter(office=office, first_date=period.first, last_date=period.last)
    stored.exclude(measure__in=[row["measure"] for row in rows]).delete()
    OfficeFigure.objects.bulk_create(
        [OfficeFigure(office=office, first_date=period.first, last_date=period.last, **row) for row in rows],
        update_conflicts=True,
        unique_fields=["office", "measure", "first_date", "last_date"],
        update_fields=UPDATED,
    )
    return len(rows)


def _make_columns(figure: _Figure) -> dict[str, Any]:
    return {
        "name": figure.name,
        "name_en": figure.name_en,
        "unit_label": figure.unit,
        "unit_label_en": figure.unit_en,
        "digits": figure.definition.digits,
        "value": figure.value,
        "numerator": figure.numerator,
        "denominator": figure.denominator,
        "denominator_name": figure.denominator_name,
        "better": figure.better,
        "status": figure.status,
        "is_ended": figure.ended,
        "is_locked": figure.locked,
        "note": figure.note,
        "note_en": figure.note_en,
        "version": figure.definition.version,
        "meaning": figure.definition.meaning,
        "meaning_en": figure.definition.meaning_en,
    }
