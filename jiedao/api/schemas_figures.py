"""Requests and responses of the JSON API for figures."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

Number = str | None  # a text, so that no reader loses decimals


PLACES = "Count past areas and units for themselves, or for those that alone took their place"


class FigureIn(BaseModel):
    """The parameters of one figure."""

    period: str | None = Field(
        None, description="Such as 2020H1, 2020-05 or 2020-01..2020-05; the present half-year"
    )
    area: str | None = Field(None, description="Code of a community")
    unit: str | None = Field(None, description="Code of a unit")
    by: Literal["area", "unit", "category", "channel"] | None = Field(
        None, description="Also return the figures of all communities, units, categories or channels"
    )
    places: Literal["then", "now"] = Field("then", description=PLACES)


class FiguresIn(BaseModel):
    """The parameters of the list."""

    period: str | None = None
    area: str | None = None
    unit: str | None = None
    theme: str | None = Field(None, description="Only the measures of this theme")
    places: Literal["then", "now"] = Field("then", description=PLACES)


class RowsPartOut(BaseModel):
    """One of the counts that make up a side of a figure."""

    name: str = Field(description="What is counted, such as the register; empty where the source has no name")
    amount: Number
    weight: Number
    rows: int
    rows_url: str


class FigureValueOut(BaseModel):
    """A figure: its value and how it was made."""

    measure: str
    name: str
    period: str
    area: str
    unit_code: str
    part: str = Field(description="In a split by category or channel, its key; empty for what is in none")
    place: str = Field(description="The name of the community, unit, category or channel; empty for the town")
    as_of: datetime
    value: Number = Field(
        description="Rounded to the digits of the measure; null where there is no data, never 0"
    )
    exact: Number
    unit: str
    numerator: Number
    denominator: Number
    denominator_name: str
    rows: int | None
    rows_url: str = Field(
        description="The page that lists exactly the rows counted; empty where there is none"
    )
    denominator_rows: int | None
    denominator_rows_url: str
    parts: list[RowsPartOut] = Field(description="Where several counts make up the numerator")
    denominator_parts: list[RowsPartOut]
    growth: Number = Field(description="In per cent, as entered")
    rank: int | None
    rank_of: int | None
    status: str
    scope_words: str
    source: str
    how: str
    note: str = Field(description="Why there is no value")


class FigureOut(FigureValueOut):
    """A figure in the list."""

    theme: str
    url: str


class FiguresOut(BaseModel):
    """The figures of a period, in the order of the catalogue."""

    period: str
    area: str
    unit_code: str
    figures: list[FigureOut]


class MeasureOut(BaseModel):
    """The definition of a measure."""

    measure: str
    name: str
    theme: str
    theme_name: str
    meaning: str
    unit: str
    digits: int
    kind: str = Field(description="amount, rate, formula or entered")
    splits: list[str]
    better: str = Field(description="more, less or empty")


class ChangeOut(BaseModel):
    """The change against an earlier period; of a rate in percentage points."""

    period: str
    value: Number
    change: Number
    change_percent: Number


class TargetOut(BaseModel):
    """The target, how much of it is reached, and the even pace, in per cent."""

    value: Number
    period: str
    minimum: bool
    source: str
    completion: Number
    pace: Number
    ahead: Number


class FigureDetailOut(FigureOut):
    """A figure with its definition and what it is compared with."""

    definition: MeasureOut
    before: ChangeOut | None
    year_before: ChangeOut | None
    target: TargetOut | None
    split: list[FigureValueOut]
