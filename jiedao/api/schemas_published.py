"""Requests and responses of the JSON API for published figures."""

from datetime import date, datetime

from pydantic import BaseModel, Field

from jiedao.api.schemas_figures import Number


class PublishedIn(BaseModel):
    """The parameters of the list."""

    period: str | None = Field(
        None, description="Such as 2020H1, 2020-05 or 2020-01..2020-05; the present half-year"
    )


class TownOut(BaseModel):
    """A sub-district of the office."""

    code: str
    name: str


class DefinitionOut(BaseModel):
    """How the number is made."""

    version: str = Field(description="A digest over kind, sources, conditions, formula, unit and digits")
    kind: str
    digits: int
    meaning: str
    meaning_en: str


class PublishedFigureOut(BaseModel):
    """A figure of the complete town."""

    measure: str
    name: str
    name_en: str
    value: Number = Field(
        description="Rounded to the digits of the measure; null where there is no data, never 0"
    )
    numerator: Number
    denominator: Number
    denominator_name: str
    unit: str
    unit_en: str
    better: str = Field(description="more, less or empty")
    status: str
    ended: bool = Field(description="Whether the period is over")
    locked: bool = Field(description="Whether the office has locked the period")
    note: str = Field(description="Why there is no value, in Chinese")
    note_en: str
    definition: DefinitionOut


class PublishedFiguresOut(BaseModel):
    """The published figures of a period, in the order of the catalogue."""

    period: str
    first: date
    last: date
    as_of: datetime
    towns: list[TownOut]
    figures: list[PublishedFigureOut]
