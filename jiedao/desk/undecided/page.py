"""What the page of undecided places shows: the old places with their rows, possible successors and a map."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from jiedao.desk.undecided_lines import UndecidedLine, list_undecided
from jiedao.kernel.choices import SharedChoices
from jiedao.orgs.actor import Actor
from jiedao.pages.choices import get_area_choices, get_premise_choices
from jiedao.places.following import AREA, PREMISE, list_area_successors, list_premise_successors
from jiedao.places.models import Area, Premise
from jiedao.places.selectors import area_text
from jiedao.places.undecided import OldPlace

SHOWN = 100  # rows of one old place; further ones come up once these are decided


@dataclass
class PlaceGroup:
    """The rows that wait at one old place.

    Attributes:
        successors: the places that it became, with their labels; none where it has no successor.
        choices: every place of `choice_kind` that exists, for rows that belong to none of the successors.
        features: the outlines of the successors with the points of the rows, {} where no row has a point.
    """

    place: OldPlace
    name: str
    code: str
    lines: list[UndecidedLine] = field(default_factory=list)
    successors: list[tuple[str, str]] = field(default_factory=list)
    choices: SharedChoices = field(default_factory=SharedChoices)
    choice_kind: str = AREA
    features: dict[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """What a form sends for the place."""
        return format_place(self.place)

    @property
    def shown(self) -> list[UndecidedLine]:
        """The first rows."""
        return self.lines[:SHOWN]


def format_place(place: OldPlace) -> str:
    """Return a place as a form sends it: "area:12"."""
    return f"{place.kind}:{place.id}"


def list_groups(actor: Actor) -> list[PlaceGroup]:
    """Return the old places with what waits there for the user, those with most rows first."""
    rows: dict[OldPlace, list[UndecidedLine]] = {}
    for line in list_undecided(actor):
        rows.setdefault(line.row.place, []).append(line)
    areas = Area.objects.defer("polygon").in_bulk([place.id for place in rows if place.kind == AREA])
    premises = Premise.objects.in_bulk([place.id for place in rows if place.kind == PREMISE])
    groups = []
    for place, lines in rows.items():
        old = areas.get(place.id) if place.kind == AREA else premises.get(place.id)
        name, code = (old.label, old.code) if old is not None else ("", "")
        groups.append(_fill_group(PlaceGroup(place, name, code, lines), actor))
    return sorted(groups, key=lambda group: (-len(group.lines), group.code))


def _fill_group(group: PlaceGroup, actor: Actor) -> PlaceGroup:
    paths = actor.confined_to
    if group.place.kind == PREMISE:
        heirs = list_premise_successors(group.place.id)
        group.successors = [
            (f"{PREMISE}:{row.id}", f"{row.label}（{area_text(row.area_path)}）") for row in heirs
        ]
        group.choices, group.choice_kind = get_premise_choices(paths), PREMISE
        group.features = _draw(group.shown, [row.area_id for row in heirs], {})
    if group.place.kind == AREA or not group.successors:
        areas = list_area_successors(group.place.id) if group.place.kind == AREA else []
        group.successors += [(f"{AREA}:{row.id}", f"{area_text(row.path)} {row.code}") for row in areas]
        group.choices, group.choice_kind = get_area_choices(paths=paths), AREA
        group.features = _draw(group.shown, [row.id for row in areas], {row.id: row.label for row in areas})
    return group


def _draw(lines: Iterable[UndecidedLine], area_ids: list[int], names: dict[int, str]) -> dict[str, Any]:
    """Return the outlines of areas with the points of the rows that have one; {} where none has."""
    points: list[dict[str, Any]] = [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [line.row.lon, line.row.lat]},
            "properties": {
                "kind": line.kind,
                "label": f"{line.row.name} · {line.row.key}",
                "tone": "warn",
                "href": line.url,
            },
        }
        for line in lines
        if line.row.lon is not None
    ]
    if not points:
        return {}
    outlines = Area.objects.filter(pk__in=area_ids, polygon__isnull=False).values_list(
        "id", "path", "polygon"
    )
    drawn = [
        {
            "type": "Feature",
            "geometry": polygon,
            "properties": {"kind": "area", "label": area_text(path), "text": names.get(pk, "")},
        }
        for pk, path, polygon in outlines
    ]
    return {"type": "FeatureCollection", "features": [*drawn, *points]}
