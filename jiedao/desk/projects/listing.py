"""The list of the weekly meeting: every project with its light, the reasons, and the measures summed."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from jiedao.desk.projects.gantt import late_words
from jiedao.kernel import clock
from jiedao.orgs.actor import Actor
from jiedao.orgs.units import UNITS
from jiedao.pages.reading import read_number
from jiedao.pages.tones import LIGHT_TONES
from jiedao.projects.models import ProjectKind, ProjectMeasure
from jiedao.projects.selectors.lights import Colour, Light, lights
from jiedao.projects.selectors.projects import ProjectFilters

FILTERS = ("kind", "unit", "colour", "measure")


def number(value: float) -> str:
    """Return a figure with thousands apart, decimals only where there are any."""
    text = f"{value:,.2f}"
    return text.rstrip("0").rstrip(".")


def margin_words(light: Light) -> str:
    """Return how the completion in sight stands to the promised one."""
    plan = light.schedule
    if plan.forecast_date is None:
        return ""
    if plan.margin < 0:
        return late_words(-plan.margin)
    return ngettext("早 %(n)s 个工作日", "早 %(n)s 个工作日", plan.margin) % {"n": plan.margin}


def context(actor: Actor, data: Mapping[str, str]) -> dict[str, Any]:
    """Return what the list shows; sums and counts are those of the rows that the other filters leave."""
    kinds = list(ProjectKind.objects.filter(active=True))
    measures = list(ProjectMeasure.objects.filter(active=True))
    chosen = {name: data.get(name, "") for name in FILTERS}
    filters = ProjectFilters(kind=chosen["kind"], unit_id=read_number(chosen["unit"]))
    found = lights(actor, filters=filters)
    measure = next((one for one in measures if one.code == chosen["measure"]), None)
    coloured = [one for one in found if chosen["colour"] in {"", one.colour.value}]
    with_measure = [one for one in coloured if measure is None or measure.code in one.project.facts]
    return {
        "today": clock.today(),
        "rows": [_row(light, measure) for light in with_measure],
        "chosen": chosen,
        "unit_id": filters.unit_id,
        "narrowed": any(chosen.values()),
        "measure": measure,
        "kinds": kinds,
        "units": [one for one in UNITS.get().values() if one.active],
        "colours": Colour.choices,
        "stats": _counts(found, chosen),
        "sums": _sums(coloured, measures, chosen),
    }


def _url(chosen: Mapping[str, str], **changed: str) -> str:
    query = urlencode({name: value for name, value in {**chosen, **changed}.items() if value})
    return reverse("desk:projects") + (f"?{query}" if query else "")


def _counts(found: Sequence[Light], chosen: Mapping[str, str]) -> list[dict[str, Any]]:
    counts = Counter(light.colour for light in found)
    unit = _("个项目")
    total = {
        "label": _("全部项目"),
        "value": len(found),
        "unit": unit,
        "url": _url(chosen, colour="", measure=""),
    }
    return [
        total,
        *(
            {
                "label": colour.label,
                "value": counts[colour],
                "unit": unit,
                "tone": LIGHT_TONES[colour],
                "url": _url(chosen, colour=colour.value, measure=""),
            }
            for colour in Colour
        ),
    ]


def _sums(
    found: Sequence[Light], measures: Sequence[ProjectMeasure], chosen: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Return every measure summed over the projects, each with the way to those behind it."""
    sums = []
    for one in measures:
        values = [light.project.facts[one.code] for light in found if one.code in light.project.facts]
        if not values:
            continue
        note = ngettext("%(n)s 个项目", "%(n)s 个项目", len(values)) % {"n": len(values)}
        sums.append(
            {
                "label": one.label,
                "value": number(sum(values)),
                "unit": one.unit_label,
                "note": note,
                "url": _url(chosen, measure=one.code),
                "tone": "info" if one.code == chosen["measure"] else "",
            }
        )
    return sums


def _row(light: Light, measure: ProjectMeasure | None) -> dict[str, Any]:
    return {
        "light": light,
        "project": light.project,
        "tone": LIGHT_TONES[light.colour],
        "margin": margin_words(light),
        "amount": number(light.project.facts[measure.code]) if measure is not None else "",
    }
