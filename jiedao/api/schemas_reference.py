"""Responses of the JSON API for the codes of the town."""

from pydantic import BaseModel


class UnitCodeOut(BaseModel):
    """A unit; `parent` is the code of the unit above it."""

    code: str
    name: str
    name_en: str
    kind: str
    parent: str


class UnitsOut(BaseModel):
    """The units in use."""

    units: list[UnitCodeOut]


class AreaCodeOut(BaseModel):
    """An area; `parent` is the code of the area that contains it."""

    code: str
    name: str
    name_en: str
    kind: str
    parent: str


class AreasOut(BaseModel):
    """The areas in use."""

    areas: list[AreaCodeOut]
