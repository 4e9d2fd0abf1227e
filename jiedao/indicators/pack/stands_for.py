"""Which figures of a published report a measure stands for: the column `figure` of a measure.

A reference is the id of the figure, or a table with the id, the part that it prints and its period where these are not
the value and the period that the report's list of figures states:

    figure = "F046"
    figure = ["F020", { id = "F021", part = "completion" }, { id = "F059", period = "2020" }]
"""

from typing import Any

from django.utils.translation import gettext as _

from jiedao.indicators.parts import Part
from jiedao.kernel.errors import UserError
from jiedao.kernel.periods import parse_period
from jiedao.kernel.phrasing import list_names, name_subject, name_unknown

KEYS = {"id", "part", "period"}


def read_stands_for(value: Any) -> list[dict[str, str]]:
    """Return the references of a column without faults, as tables with figure, part and period."""
    return [
        {"figure": item, "part": Part.VALUE.value, "period": ""}
        if isinstance(item, str)
        else {
            "figure": item["id"],
            "part": item.get("part", Part.VALUE.value),
            "period": item.get("period", ""),
        }
        for item in _list_items(value)
        if isinstance(item, str) or (isinstance(item, dict) and "id" in item)
    ]


def find_stands_for_faults(value: Any) -> list[str]:
    """Return everything that is wrong with the column."""
    faults = []
    for item in _list_items(value):
        if isinstance(item, str) and item:
            continue
        if not isinstance(item, dict) or not item.get("id") or not isinstance(item["id"], str):
            faults.append(_("%(value)r 没有写明哪个数字") % {"value": item})
            continue
        message = _("%(id)s 没有 %(key)s 这一项；可以写：%(known)s")
        words = {"id": item["id"], "known": list_names(sorted(KEYS))}
        faults += [message % {**words, "key": key} for key in sorted(set(item) - KEYS)]
        if item.get("part", Part.VALUE) not in set(Part):
            faults.append(name_subject(item["id"], name_unknown("part", item["part"], Part)))
        if "period" in item:
            faults += _find_period_faults(item["id"], item["period"])
    return faults


def _find_period_faults(figure: str, period: Any) -> list[str]:
    try:
        parse_period(str(period))
    except UserError as fault:
        return [name_subject(figure, str(fault.message))]
    return []


def _list_items(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
