"""The places where workers check in, and who may see the visits to them."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from jiedao.fieldwork.models import PlaceKind
from jiedao.kernel.errors import NotFoundError
from jiedao.orgs.actor import Actor
from jiedao.orgs.models import Scope
from jiedao.places.naming import PREMISES
from jiedao.places.selectors import AREAS, area_text


@dataclass(frozen=True)
class VisitedPlace:
    """A grid or a premise, by the kind and code that its QR code holds."""

    kind: str
    code: str
    label: str
    area_path: str


def list_visited_places(path: str) -> list[VisitedPlace]:
    """Return the grids and premises of an area, grids first; no query."""
    grids = [
        VisitedPlace(PlaceKind.AREA.value, row.code, area_text(row.path), row.path)
        for row in AREAS.get().values()
        if row.active and row.kind == "GRID" and row.path.startswith(path)
    ]
    return grids + [
        VisitedPlace(PlaceKind.PREMISE.value, row.code, row.label, row.area_path)
        for row in PREMISES.get().values()
        if row.active and row.area_path.startswith(path)
    ]


def sees_place(actor: Actor, area_path: str) -> bool:
    """Return whether the post covers the area of a place; a post whose scope is no area covers none."""
    if actor.sees_town:
        return True
    return actor.scope == Scope.AREA and area_path.startswith(actor.area_paths)


def get_visited_place(actor: Actor, kind: str, code: str) -> VisitedPlace:
    """Return a place; raise NotFoundError where there is none in the actor's areas."""
    for place in list_visited_places(""):
        if (place.kind, place.code) == (kind, code) and sees_place(actor, place.area_path):
            return place
    raise NotFoundError(
        _("没有编号为 %(code)s 的地点，或不在您的辖区。") % {"code": code[:40]}, hint=_("请从列表中选择。")
    )
