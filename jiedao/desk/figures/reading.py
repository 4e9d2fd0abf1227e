"""What the addresses of the pages of figures contain: a period and a place."""

from typing import Any

from django.contrib import messages
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from jiedao.cases.selectors.former_places import differs_now
from jiedao.desk.period_choices import build_period_choices
from jiedao.indicators.compute import find_place, reads_source
from jiedao.indicators.figure import PEER, TOWN, Place, make_peer
from jiedao.indicators.models import Measure
from jiedao.kernel.errors import UserError
from jiedao.kernel.figures import AREA, UNIT
from jiedao.kernel.former_names import FORMER_NAMES
from jiedao.kernel.periods import Period
from jiedao.orgs.units import UNITS
from jiedao.pages.entry import DeskRequest
from jiedao.places.models import AreaKind
from jiedao.places.selectors import AREAS


def read_place(text: str) -> Place:
    """Return the place of a key such as "area:440307014001" or "unit:CG", the town for ""."""
    kind, _colon, code = text.partition(":")
    if not text:
        return TOWN
    if kind == PEER and code:
        return make_peer(code[:40])
    if kind not in {"area", "unit"} or not code:
        raise UserError(
            _("没有这个地方：%(text)s。") % {"text": text[:40]}, hint=_("请从列表中选择。"), field="place"
        )
    return find_place(area=code) if kind == "area" else find_place(unit=code)


def read_place_or_town(request: DeskRequest) -> Place:
    """Return the place of the address; the town, with a message, where it cannot be read."""
    try:
        return read_place(request.GET.get("place", "").strip())
    except UserError as fault:
        messages.error(request, f"{fault.message}{fault.hint}")
        return TOWN


def read_present_places(request: DeskRequest) -> bool:
    """Return whether the address asks for the areas and units of now."""
    return request.GET.get("places") == "now"


def _has_successions() -> bool:
    """Return whether an area or unit was succeeded, by one or by several."""
    return bool(FORMER_NAMES.get().only_successors) or differs_now()


def build_place_tabs(measure: Measure, place: Place, query: str, *, by_present: bool) -> list[dict[str, Any]]:
    """Return the choice between the places of then and of now; none where it makes no difference.

    Only cases are counted by the places of now.
    """
    has_places = place != TOWN or bool({AREA, UNIT} & {*measure.splits})
    if not has_places or not _has_successions() or not reads_source(measure, "cases"):
        return []
    return [
        {"label": _("按当时的区划和单位"), "url": f"?{query}", "active": not by_present},
        {"label": _("按现行区划和单位"), "url": f"?{query}&places=now", "active": by_present},
    ]


def build_place_note(measure: Measure, place: Place) -> str:
    """Return the sentence for a figure that has no count by the places of now; "" where none is missed."""
    has_places = place != TOWN or bool({AREA, UNIT} & {*measure.splits})
    if not has_places or not _has_successions() or reads_source(measure, "cases"):
        return ""
    return _("这个指标只按当时的区划和单位统计；只有案件的指标能按现行的统计。")


def list_place_groups() -> list[tuple[str, list[tuple[str, str]]]]:
    """Return communities and units as the groups of a select box."""
    communities = [area for area in AREAS.get().values() if area.kind == AreaKind.COMMUNITY]
    ordered = sorted(communities, key=lambda area: area.path)
    return [
        (_("社区"), [(f"area:{area.code}", area.label) for area in ordered]),
        (_("单位"), [(f"unit:{unit.code}", unit.label) for unit in UNITS.get().values()]),
    ]


def build_place_select(place: Place) -> dict[str, Any]:
    """Return the select box that narrows figures to a community or unit."""
    return {"name": "place", "label": _("全街道"), "value": place.key, "groups": list_place_groups()}


def build_choices(period: Period, place: Place, *others: tuple[str, str]) -> dict[str, Any]:
    """Return the links to other periods of the same page, which keep the place and the other parameters."""
    parameters = [pair for pair in (("place", place.key), *others) if pair[1]]
    return build_period_choices(period, lambda text: "?" + urlencode([("period", text), *parameters])) | {
        "kept": parameters
    }
