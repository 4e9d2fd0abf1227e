"""`jiedao pack outline`: give a pack outlines of communities and grids."""

import csv
import io
import json
from pathlib import Path

import click
from shapely.geometry import box, shape
from shapely.geometry.base import BaseGeometry

from jiedao.kernel.coordinates import CoordinateSystem
from jiedao.kernel.errors import UserError
from jiedao.kernel.packs.pack import Pack
from jiedao.kernel.packs.rows import Row
from jiedao.packs.check import check_pack
from jiedao.places.outlines import (
    ForeignOutlines,
    Outlines,
    join_grids,
    make_rectangles,
    match_features,
    match_in_order,
    read_features,
    write_geojson,
)
from jiedao.places.pack.sections import read_area_rows
from jiedao.places.pack.tables import GRIDS, OUTLINES

FOLDER = click.argument(
    "folder", type=click.Path(exists=True, file_okay=False, path_type=Path), metavar="DIR"
)
LEVELS = {"community": 12, "grid": 15}
OUTLINE_FAULTS = {
    "missing-file",
    "encoding",
    "syntax",
    "columns",
    "too-large",
    "bad-geometry",
    "other-format",
    "newer-version",
}


@click.group("outline")
def outline_group() -> None:
    """Give the pack in DIR outlines of its communities and grids.

    The files communities.geojson and grids.geojson are written; the areas and their names are those of areas.csv.
    """


@outline_group.command()
@FOLDER
@click.option("--box", "frame", help="WEST,SOUTH,EAST,NORTH of the town in degrees (WGS 84).")
@click.option("--replace", is_flag=True, help="Make all outlines again, also those that there are.")
def rectangles(folder: Path, frame: str | None, replace: bool) -> None:
    """Divide the town into rectangles: communities as large as the number of their grids.

    Communities that have outlines are divided into their grids by straight lines. These are not real borders: write
    schematic = true in pack.toml, and maps state it.
    """
    pack = _read_pack(folder)
    known = {} if replace else _read_outlines(pack)
    town = known.get(pack.town)
    made = make_rectangles(_list_communities(pack), _read_box(frame) if frame else town, known)
    _write(folder, pack, {**known, **made}, made)
    if not pack.about.get("schematic"):
        click.echo("these are no real borders: write schematic = true under [pack] in pack.toml", err=True)


@outline_group.command()
@FOLDER
def join(folder: Path) -> None:
    """Make the outline of each community from its grids."""
    pack = _read_pack(folder)
    known = _read_outlines(pack)
    grids = {code: outline for code, outline in known.items() if len(code) == 15}
    if not grids:
        raise UserError("网格还没有边界。", hint=f"请先做好 {GRIDS}。")
    made = join_grids(grids)
    _write(folder, pack, {**known, **made}, made)


@outline_group.command("import")
@FOLDER
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE")
@click.option("--property", "key", default="code", show_default=True, help="The property that names an area.")
@click.option(
    "--codes",
    "table",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A CSV table of two columns: the file's code or name, and the code here.",
)
@click.option(
    "--order",
    type=click.Choice(["file", "position"]),
    help="Match one by one instead: in the order of the file, or from north to south and west to east.",
)
@click.option(
    "--level", type=click.Choice(list(LEVELS)), default="grid", show_default=True, help="With --order."
)
@click.option(
    "--system",
    type=click.Choice([system.value for system in CoordinateSystem]),
    default="WGS84",
    show_default=True,
    help="The coordinate system of FILE.",
)
def import_outlines(
    *, folder: Path, file: Path, key: str, table: Path | None, order: str | None, level: str, system: str
) -> None:
    """Take outlines from a GeoJSON file with the codes of another system.

    A feature is matched by the table of codes, else by the same code, else by the same name.
    """
    pack = _read_pack(folder)
    names = {code: row.get("name") or code[-3:] for code, row in read_area_rows(pack).items()}
    features = read_features(_read_json(file), CoordinateSystem(system))
    if order:
        of_level = {code: name for code, name in names.items() if len(code) == LEVELS[level]}
        matches = match_in_order(features, of_level, by_position=order == "position")
    else:
        matches = match_features(features, names, key=key, codes=_read_codes(table) if table else {})
    _print_matches(matches, file)
    _write(folder, pack, {**_read_outlines(pack), **matches.outlines}, matches.outlines)


def _print_matches(matches: ForeignOutlines, file: Path) -> None:
    if not matches.outlines:
        listed = "、".join(matches.unmatched_features[:5])
        hint = f"文件里写的是：{listed}。请用 --property 写明属性名，或用 --codes 写明代码对照表。"
        raise UserError(f"{file} 里没有一个面对得上区域，没有写入任何内容。", hint=hint)
    for what, items in (
        ("not in this town", matches.unmatched_features),
        ("without an outline in the file", matches.unmatched_areas),
    ):
        if items:
            listed = ", ".join(items[:12]) + (f" and {len(items) - 12} more" if len(items) > 12 else "")
            click.echo(f"{what}: {listed}", err=True)


# -- reading and writing -----------------------------------------------------------------------------------------------


def _read_pack(folder: Path) -> Pack:
    """Return the pack; its other faults do not matter here, but areas and outlines must be readable."""
    pack, report = check_pack(folder)
    files = {"pack.toml", "areas.csv", OUTLINES, GRIDS}
    faults = [fault for fault in report.errors if fault.file in files and fault.code in OUTLINE_FAULTS]
    if faults:
        raise UserError(f"{folder}: {faults[0]}", hint=f"jiedao pack check {folder}")
    return pack


def _list_communities(pack: Pack) -> dict[str, list[str]]:
    codes = sorted(read_area_rows(pack))
    return {
        community: [code for code in codes if len(code) == 15 and code.startswith(community)]
        for community in codes
        if len(community) == 12
    }


def _read_outlines(pack: Pack) -> Outlines:
    rows = {**pack.by_key(OUTLINES), **pack.by_key(GRIDS)}
    return {code: shape(row.get("geometry")) for code, row in rows.items()}


def _read_box(text: str) -> BaseGeometry:
    try:
        west, south, east, north = (float(part) for part in text.replace("，", ",").split(","))
    except ValueError:
        west = south = east = north = 0.0
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
        raise UserError(
            f"{text!r} 不是一个范围。",
            hint="请写 西,南,东,北，用度数，例如 114.10,22.58,114.16,22.63；经度在前。",
        )
    return box(west, south, east, north)


def _read_json(file: Path) -> object:
    try:
        return json.loads(file.read_text(encoding="utf-8-sig"))
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as fault:
        raise UserError(
            f"{file} 不是 GeoJSON（{fault}）。", hint="请在 GIS 软件里导出为 GeoJSON，UTF-8 编码。"
        ) from fault


def _read_codes(table: Path) -> dict[str, str]:
    try:
        rows = list(csv.reader(io.StringIO(table.read_text(encoding="utf-8-sig"))))
    except (UnicodeDecodeError, csv.Error) as fault:
        raise UserError(f"{table} 读不出来（{fault}）。", hint="请存为“CSV UTF-8”。") from fault
    codes: dict[str, str] = {}
    for number, row in enumerate(rows, start=1):
        cells = [cell.strip() for cell in row]
        if not any(cells):
            continue
        if len(cells) < 2 or not cells[0] or not cells[1]:
            raise UserError(
                f"{table} 第 {number} 行不是两列。", hint="每行写：文件里的代码或名称,这里的代码。"
            )
        if codes.setdefault(cells[0], cells[1]) != cells[1]:
            raise UserError(
                f"{table} 第 {number} 行：{cells[0]} 前面已经写了 {codes[cells[0]]}。", hint="删去一行。"
            )
    return codes


def _write(folder: Path, pack: Pack, outlines: Outlines, made: Outlines) -> None:
    """Write each file of which an outline was made; what the features of the file have beside it stays."""
    areas = read_area_rows(pack)
    for file, is_grid in ((OUTLINES, False), (GRIDS, True)):
        of_file = {code: outline for code, outline in outlines.items() if (len(code) == 15) == is_grid}
        count = sum((len(code) == 15) == is_grid for code in made)
        if not count:
            continue
        rows = pack.by_key(file)
        properties = {
            code: _list_properties(rows[code] if code in rows else areas[code])
            for code in of_file
            if code in areas
        }
        (folder / file).write_text(write_geojson(of_file, properties), encoding="utf-8")
        click.echo(f"{folder / file}: {count} outlines made, {len(of_file)} in all", err=True)
    if not made:
        click.echo("nothing to do: every area has an outline (--replace makes them again)", err=True)


def _list_properties(row: Row) -> dict[str, str]:
    """Return the properties of a feature from its row in the map or in areas.csv."""
    keys = ("name", "name_en") if len(row.get("code")) == 15 else ("name",)
    values = {key: row.get(key) for key in keys if row.get(key)}
    if row.file == GRIDS and row.get("was"):
        values["was"] = " ".join(row.get("was"))
    return values
