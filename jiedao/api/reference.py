"""The codes of the town over JSON: the units and the areas that requests name."""

from typing import Any

from django.http import HttpRequest
from ninja import Router

from jiedao.api.auth import READ_CODES
from jiedao.api.schemas_problems import READ_LIST
from jiedao.api.schemas_reference import AreasOut, UnitsOut
from jiedao.orgs.units import UNITS
from jiedao.places.selectors import AREAS

router = Router(tags=["codes"])


@router.get("/units", auth=READ_CODES, response={200: UnitsOut, **READ_LIST}, summary="List the units")
def list_units(request: HttpRequest) -> Any:
    """List the units in use: departments, community workstations, bureaus and contractors."""
    units = UNITS.get()
    return {
        "units": [
            {
                "code": unit.code,
                "name": unit.name,
                "name_en": unit.name_en,
                "kind": unit.kind,
                "parent": units[unit.parent_id].code if unit.parent_id in units else "",
            }
            for unit in units.values()
            if unit.active
        ]
    }


@router.get("/areas", auth=READ_CODES, response={200: AreasOut, **READ_LIST}, summary="List the areas")
def list_areas(request: HttpRequest) -> Any:
    """List the areas in use from the district to the grids, each after the one that contains it."""
    areas = sorted(AREAS.get().values(), key=lambda area: area.path)
    codes = {area.path: area.code for area in areas}
    return {
        "areas": [
            {
                "code": area.code,
                "name": area.name,
                "name_en": area.name_en,
                "kind": area.kind,
                "parent": codes.get(area.parent_path, ""),
            }
            for area in areas
            if area.active
        ]
    }
