"""The list for the weekly meeting: every project with its light and the reasons, and the sums of the measures."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from jiedao.desk.sorting import Sort, build_sorts
from jiedao.kernel import clock
from jiedao.kernel.storable import make_storable
from jiedao.kernel.worktime import FIRST
from jiedao.orgs.actor import Actor
from jiedao.orgs.figure_keys import NOWHERE
from jiedao.orgs.units import UNITS
from jiedao.pages.parameters import is_area, is_unit, one_of
from jiedao.pages.reading import read_day, read_number
from jiedao.pages.tones import LIGHT_TONES
from jiedao.places.selectors import past_area_info
from jiedao.projects.models import ProjectKind, ProjectMeasure
from jiedao.projects.selectors.history import is_past
from jiedao.projects.selectors.lights import Colour, Light, read_lights
from jiedao.projects.selectors.projects import MONEY, NO_COMMUNITY, ProjectFilters
from jiedao.projects.words import describe_margin, describe_provisional_years

FILTERS = ("kind", "unit", "colour", "measure", "q")
# filters of the links behind figures; the filter form has no controls for them
LINK_FILTERS = ("area", "money", "permit", "from", "to", "as_of")
# The orders of the list and their words; "" is the usual one, red lights first.
ORDERS: dict[str, Any] = {
    "light": gettext_lazy("红灯在前"),
    "-light": gettext_lazy("绿灯在前"),
    "name": gettext_lazy("按项目名称"),
    "-name": gettext_lazy("按项目名称倒排"),
    "amount": gettext_lazy("数量从小到大"),
    "-amount": gettext_lazy("数量从大到小"),
    "promised": gettext_lazy("承诺完成早的在前"),
    "-promised": gettext_lazy("承诺完成晚的在前"),
    "forecast": gettext_lazy("预计完成早的在前"),
    "-forecast": gettext_lazy("预计完成晚的在前"),
    "percent": gettext_lazy("完成比例从低到高"),
    "-percent": gettext_lazy("完成比例从高到低"),
}
FALLING_FIRST = {"amount", "percent"}  # a first click gives the largest


def _is_kind(text: str) -> bool:
    return ProjectKind.objects.filter(active=True, code=text).exists()


def _is_measure(text: str) -> bool:
    return ProjectMeasure.objects.filter(active=True, code=text).exists()


CHECKS: dict[str, Any] = {
    "q": None,
    "kind": _is_kind,
    "unit": is_unit,
    "colour": one_of(Colour.values),
    "measure": _is_measure,
    "area": is_area,
    "money": one_of(MONEY),
    "permit": None,
    "from": read_day,
    "to": read_day,
    "as_of": read_day,
    "order": one_of(ORDERS),
}


def format_number(value: float) -> str:
    """Return a number with a comma at every thousand, and decimals only if it is not an integer."""
    text = f"{value:,.2f}"
    return text.rstrip("0").rstrip(".")


def build_context(actor: Actor, data: Mapping[str, str]) -> dict[str, Any]:
    """Return the template context of the list.

    The counts by colour ignore the filters of colour and measure, the sums ignore that of the measure: they are links
    that set these filters.
    """
    kinds = list(ProjectKind.objects.filter(active=True))
    measures = list(ProjectMeasure.objects.filter(active=True))
    chosen = {name: data.get(name, "") for name in (*FILTERS, *LINK_FILTERS)}
    order = data.get("order", "")
    filters = _read_filters(chosen)
    project_lights = read_lights(actor, filters=filters)
    measure = next((row for row in measures if row.code == chosen["measure"]), None)
    coloured = [light for light in project_lights if chosen["colour"] in {"", light.colour.value}]
    with_measure = [light for light in coloured if measure is None or measure.code in light.project.facts]
    return {
        "today": filters.day or clock.today(),
        "rows": [_build_row(light, measure) for light in _sort_lights(with_measure, measure, order)],
        "order": {
            "name": "order",
            "label": ORDERS["light"],
            "options": [(name, label) for name, label in ORDERS.items() if name != "light"],
            "value": order,
        },
        "sorts": _build_order_links(chosen, order),
        "chosen": chosen,
        "hidden": [(name, chosen[name]) for name in LINK_FILTERS if chosen[name]],
        "unit_id": filters.unit_id,
        "narrowed": any(chosen.values()),
        "measure": measure,
        "kinds": kinds,
        "units": [unit for unit in UNITS.get().values() if unit.active],
        "colours": Colour.choices,
        "stats": _build_colour_stats(project_lights, chosen),
        "sums": _build_measure_sums(coloured, measures, chosen),
        "provisional": describe_provisional_years(
            sorted({year for light in with_measure for year in light.schedule.provisional_years})
        ),
    }


def _sort_lights(
    project_lights: Sequence[Light], measure: ProjectMeasure | None, order: str
) -> Sequence[Light]:
    """Return the projects in an order; those without a value come last in both directions, equal ones as usual."""
    getters: dict[str, Callable[[Light], Any]] = {
        "light": lambda light: list(Colour).index(light.colour),
        "name": lambda light: light.project.label,
        "promised": lambda light: light.project.completion_date,
        "forecast": lambda light: light.schedule.forecast_date,
        "percent": lambda light: light.schedule.percent,
    }
    if measure is not None:
        getters["amount"] = lambda light: light.project.facts[measure.code]
    get = getters.get(order.removeprefix("-"))
    if get is None:
        return project_lights
    valued = [light for light in project_lights if get(light) is not None]
    valued.sort(key=get, reverse=order.startswith("-"))
    return [*valued, *(light for light in project_lights if get(light) is None)]


def _build_order_links(chosen: Mapping[str, str], order: str) -> dict[str, Sort]:
    names = [name for name in ORDERS if not name.startswith("-")]
    columns = {name: (f"-{name}", name) if name in FALLING_FIRST else (name, f"-{name}") for name in names}
    falling = {name for name in ORDERS if name.startswith("-")}

    def get_query(name: str) -> str:
        return urlencode({key: value for key, value in {**chosen, "order": name}.items() if value})

    return build_sorts(columns, order or "light", falling, get_query, ORDERS)


def _read_filters(data: Mapping[str, str]) -> ProjectFilters:
    """Return the filters of an address except colour and measure, of which `CHECKS` has left what can be read."""
    area_id = read_number(data["area"])
    area, day = past_area_info(area_id), read_day(data["as_of"])
    return ProjectFilters(
        kind=data["kind"],
        area_path=NO_COMMUNITY if area_id == NOWHERE else area.path if area is not None else "",
        unit_id=read_number(data["unit"]),
        text=make_storable(data["q"]).strip()[:100],
        money=data["money"] if data["money"] in MONEY else "",
        first_date=read_day(data["from"]),
        last_date=read_day(data["to"]),
        permit=make_storable(data["permit"]).strip()[:200],
        day=day if is_past(day) and day is not None and day >= FIRST else None,
    )


def _get_filtered_url(chosen: Mapping[str, str], **changed: str) -> str:
    query = urlencode({name: value for name, value in {**chosen, **changed}.items() if value})
    return reverse("desk:projects") + (f"?{query}" if query else "")


def _build_colour_stats(project_lights: Sequence[Light], chosen: Mapping[str, str]) -> list[dict[str, Any]]:
    counts = Counter(light.colour for light in project_lights)
    unit = _("个项目")
    total = {
        "label": _("全部项目"),
        "value": len(project_lights),
        "unit": unit,
        "url": _get_filtered_url(chosen, colour="", measure=""),
    }
    return [
        total,
        *(
            {
                "label": colour.label,
                "value": counts[colour],
                "unit": unit,
                "tone": LIGHT_TONES[colour],
                "url": _get_filtered_url(chosen, colour=colour.value, measure=""),
            }
            for colour in Colour
        ),
    ]


def _build_measure_sums(
    project_lights: Sequence[Light], measures: Sequence[ProjectMeasure], chosen: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Return the sum of each measure over the projects, with a link to the projects that have the measure."""
    sums = []
    for measure in measures:
        values = [
            light.project.facts[measure.code]
            for light in project_lights
            if measure.code in light.project.facts
        ]
        if not values:
            continue
        note = ngettext("%(n)s 个项目", "%(n)s 个项目", len(values)) % {"n": len(values)}
        sums.append(
            {
                "label": measure.label,
                "value": format_number(sum(values)),
                "unit": measure.unit_label,
                "note": note,
                "url": _get_filtered_url(chosen, measure=measure.code),
                "tone": "info" if measure.code == chosen["measure"] else "",
            }
        )
    return sums


def _build_row(light: Light, measure: ProjectMeasure | None) -> dict[str, Any]:
    return {
        "light": light,
        "project": light.project,
        "tone": LIGHT_TONES[light.colour],
        "margin": describe_margin(light.schedule),
        "amount": format_number(light.project.facts[measure.code]) if measure is not None else "",
    }
