"""The sections of places: areas, premises and roads."""

from typing import Any

from jiedao.kernel.packs.pack import Pack
from jiedao.kernel.packs.rows import Row, Values
from jiedao.kernel.packs.section import BATCH, TableSection
from jiedao.places.models import Area, Premise, Road
from jiedao.places.pack.tables import AREAS, GRIDS, OUTLINES, PREMISE, PREMISES, ROAD, ROADS

KINDS = {6: "DISTRICT", 9: "STREET", 12: "COMMUNITY", 15: "GRID"}  # by the length of the code


def read_area_rows(pack: Pack) -> dict[str, Row]:
    """Return the row of every area by code; that of areas.csv for a grid that is in both files."""
    return {**pack.by_key(GRIDS), **pack.by_key(AREAS)}


class AreaSection(TableSection):
    """District, sub-district, communities and grids, with their outlines where the pack has them."""

    kind, model = "area", Area
    columns = ("kind", "code", "name", "name_en", "polygon", "schematic")

    def read(self, pack: Pack) -> dict[str, Values]:
        """Return every area; its level follows from the length of its code."""
        schematic = bool(pack.about.get("schematic", False))
        outlines = {**pack.by_key(OUTLINES), **pack.by_key(GRIDS)}
        areas = {}
        for code, row in read_area_rows(pack).items():
            polygon = outlines[code].values.get("geometry") if code in outlines else None
            areas[code] = {
                "kind": KINDS[len(code)],
                "code": code,
                "name": row.get("name") or code[-3:],
                "name_en": row.get("name_en"),
                "polygon": polygon,
                "schematic": schematic and polygon is not None,
            }
        return areas

    def read_was(self, pack: Pack) -> dict[str, list[str]]:
        """Return the former codes of areas of both files, by code."""
        was: dict[str, list[str]] = {}
        for row in [*pack.rows(GRIDS), *pack.rows(AREAS)]:
            if "was" in row.values:
                was[row.get("code")] = row.values["was"]
        return was

    def insert(self, objects: dict[str, Any]) -> dict[str, Any]:
        """Insert each area after its last sibling.

        The sorted insertion of treebeard would change the paths of later siblings, and the paths that cases store would
        then belong to other areas.
        """
        known = {area.code: area for area in Area.objects.defer("polygon")}
        last_steps: dict[str, int] = {}
        for area in known.values():
            step = Area._str2int(area.path[-Area.steplen :])
            parent_path = area.path[: -Area.steplen]
            last_steps[parent_path] = max(step, last_steps.get(parent_path, 0))
        changed_parents: dict[int, Area] = {}
        new_areas = [objects[code] for code in sorted(objects, key=lambda code: (len(code), code))]
        for area in new_areas:
            parent = known.get(area.code[:-3]) if len(area.code) > 6 else None
            parent_path = parent.path if parent else ""
            last_steps[parent_path] = last_steps.get(parent_path, 0) + 1
            area.depth = parent.depth + 1 if parent else 1
            area.path, area.numchild = Area._get_path(parent_path, area.depth, last_steps[parent_path]), 0
            known[area.code] = area
            if parent:
                parent.numchild += 1
                if parent.pk:
                    changed_parents[parent.pk] = parent
        Area.objects.bulk_create(new_areas, batch_size=BATCH)
        Area.objects.bulk_update(changed_parents.values(), ["numchild"], batch_size=BATCH)
        return objects


class PremiseSection(TableSection):
    """Urban villages, estates, blocks and buildings."""

    kind, model = "premise", Premise
    file, table = PREMISES, PREMISE
    links = {"area": "area"}
    area_column = "area"

    def read_row(self, row: Row, position: int) -> Values:
        """Return the values in the order in which a plan shows changes: the area and the point last."""
        values = super().read_row(row, position)
        location = {name: values.pop(name) for name in ("area", "lon", "lat")}
        return {**values, **location}


class RoadSection(TableSection):
    """Roads, by the communities through which they run."""

    kind, model = "road", Road
    file, table = ROADS, ROAD
    key_columns = ("name",)
    many = {"areas": "area"}

    def read_row(self, row: Row, position: int) -> Values:
        """Return the values; the file names the areas in one cell, with spaces between them."""
        values = super().read_row(row, position)
        return {**values, "areas": sorted(set(row.get("areas").split()))}
