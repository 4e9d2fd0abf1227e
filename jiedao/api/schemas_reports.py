"""Requests and responses of the JSON API for reports."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

from jiedao.api.schemas_figures import FigureValueOut, Number


class ReportsIn(BaseModel):
    """The filters of the list."""

    report: str | None = Field(None, description="Only the reports of this kind, such as monthly")
    cursor: str | None = Field(
        None, pattern=r"^([np][0-9]{1,5})?$", description="Contained in `next` and `previous`"
    )
    page: int = Field(1, ge=1, le=100_000, description="50 reports a page; use `cursor`", deprecated=True)


class ReportIn(BaseModel):
    """The place of a report."""

    area: str | None = Field(None, description="Code of a community, for the report of a community")
    unit: str | None = Field(None, description="Code of a unit, for the report of a unit")


class ReportFileIn(ReportIn):
    """The place of a report, and the office's own Word template."""

    template: str | None = Field(None, description="Name of a Word template, for docx")


class ReportFilesOut(BaseModel):
    """Where the files of a report are."""

    html: str
    docx: str
    pdf: str


class WordTemplateOut(BaseModel):
    """The report as Word in a template of the office."""

    name: str
    url: str


class ReportOut(BaseModel):
    """A report in the list."""

    report: str = Field(description="The kind of report")
    name: str
    period: str
    area: str
    unit_code: str
    state: Literal["draft", "signed"] = Field(
        description="The figures of a draft are computed when it is read; those of a signed report stay"
    )
    version: int
    signed_at: datetime | None
    signed_by: str
    digest: str = Field(description="SHA-256 of what was signed; empty for a draft")
    url: str
    files: ReportFilesOut


class KindOut(BaseModel):
    """A kind of report."""

    report: str
    name: str
    period_kind: str = Field(description="day, week, month, quarter, half or year")
    scope: str = Field(description="town, community or unit")


class ReportsOut(BaseModel):
    """The reports, the latest period first, and the kinds that there are."""

    reports: list[ReportOut]
    kinds: list[KindOut]
    total: int
    next: str | None
    previous: str | None


class ReportRunOut(BaseModel):
    """A piece of text; with a figure it is a number of the report."""

    text: str
    figure: int | None = Field(description="Position in figures")
    part: str = Field(
        description="What is printed of the figure: value, growth, change, year_change, rank, target, completion"
    )
    exact: Number = Field(description="The part before it was worded")


class ReportTextOut(BaseModel):
    """A text as runs."""

    text: str
    runs: list[ReportRunOut]


class ReportItemOut(BaseModel):
    """A bar of a chart or a community of a map."""

    label: str
    figure: int | None


class ReportBlockOut(BaseModel):
    """A block of a report: heading, paragraph, table, chart or map, with what its kind has."""

    kind: Literal["heading", "paragraph", "table", "chart", "map"]
    level: int | None = Field(None, description="Of a heading: 0 is the title")
    text: str | None = None
    runs: list[ReportRunOut] | None = None
    caption: str | None = None
    header: list[str] | None = None
    rows: list[list[ReportTextOut]] | None = None
    items: list[ReportItemOut] | None = None


class ReportDetailOut(ReportOut):
    """A report with its text and every figure in it."""

    title: str
    text: str
    blocks: list[ReportBlockOut]
    figures: list[FigureValueOut]
    missing: list[str] = Field(description="Figures without data; they prevent signing")
    unbound: list[str] = Field(description="Numbers that are no figures; they prevent signing")
    word_templates: list[WordTemplateOut]
