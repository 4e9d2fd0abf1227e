"""A case whose grid (in a district: sub-district) is not known: nobody is responsible for it, so it is mended first."""

from dataclasses import dataclass

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from jiedao.cases.flow import OPEN
from jiedao.cases.models import Case
from jiedao.cases.placing import list_named_places
from jiedao.kernel.choices import SharedChoices
from jiedao.orgs.actor import Actor
from jiedao.pages.choices import get_area_choices, get_premise_choices
from jiedao.pages.widgets import QuickSelect
from jiedao.places.naming import NamedPlace, PlaceKind
from jiedao.places.selectors import area_text, is_district

MOST_PLACES = 5


@dataclass(frozen=True)
class OfferedPlace:
    """A place that a text names, as a button offers it: the field that it fills and the value."""

    label: str
    area: str
    kind: str
    field: str
    value: int

    @property
    def key(self) -> str:
        """The value of the button, such as "premise:12"."""
        return f"{self.field}:{self.value}"


@dataclass(frozen=True)
class PlaceMending:
    """The form that sets the grid of a case, and the places that the case names.

    `may_set` is whether the user may set it; without that the page only states that the grid is missing.
    `in_district` is whether the areas are sub-districts, because the system is that of a district.
    """

    may_set: bool
    in_district: bool
    places: list[OfferedPlace]
    area_select: SafeString
    premise_select: SafeString

    @property
    def only_place(self) -> OfferedPlace | None:
        """The place that the case names, if it names one and only one: accepting the case sets it too."""
        return self.places[0] if self.may_set and len(self.places) == 1 else None


def offer_places(places: list[NamedPlace]) -> list[OfferedPlace]:
    """Return the places as a form offers them: a premise fills the field of premises, others that of areas."""
    kinds = {PlaceKind.PREMISE: _("小区、楼栋"), PlaceKind.ROAD: _("道路"), PlaceKind.COMMUNITY: _("社区")}
    return [
        OfferedPlace(
            label=place.label,
            area=area_text(place.area_path) if place.kind is not PlaceKind.COMMUNITY else "",
            kind=kinds[place.kind],
            field="premise" if place.premise_id is not None else "area",
            value=place.premise_id if place.premise_id is not None else place.area_id,
        )
        for place in places
    ]


def build_place_mending(actor: Actor, case: Case) -> PlaceMending | None:
    """Return the form for an open case without a grid, None for other cases."""
    if case.area_id is not None or case.state not in OPEN:
        return None
    may_set = actor.can("cases.case:correct")
    in_district = is_district()
    if not may_set:
        return PlaceMending(False, in_district, [], SafeString(), SafeString())
    places = list_named_places(
        case.place_text, case.subject, case.detail, paths=actor.confined_to, most=MOST_PLACES
    )
    return PlaceMending(
        True,
        in_district,
        offer_places(places),
        _draw_select("area", get_area_choices(paths=actor.confined_to)),
        SafeString() if in_district else _draw_select("premise", get_premise_choices(actor.confined_to)),
    )


def _draw_select(name: str, choices: SharedChoices) -> SafeString:
    control = QuickSelect(choices=choices.with_empty())
    return control.render(name, "", {"class": "form-select", "id": f"mend-{name}"})
