"""The names of the codes in audit entries that are keys of other rows: sheets, items, forms, measures, places, periods.

Each kind of row is read once for a page of entries, and only where an entry mentions it.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

from jiedao.evaluation.models import ScoreSheet, SheetItem, label_post
from jiedao.indicators.compute import read_measures
from jiedao.kernel.errors import UserError
from jiedao.kernel.periods import parse_period
from jiedao.orgs.models import Post
from jiedao.orgs.units import UNITS
from jiedao.places.selectors import AREAS
from jiedao.reports.forms.definition import Aspect, Rule
from jiedao.reports.forms.models import Form

PLACED = ("evaluation.", "reports.")  # rooms whose entries name places and periods by their codes


def _read_sheets() -> dict[str, str]:
    return {sheet.key: str(sheet.label) for sheet in ScoreSheet.objects.all()}


def _read_items() -> dict[str, str]:
    # An item may be in several versions of a sheet: the latest name is shown.
    return {item.key: str(item.label) for item in SheetItem.objects.order_by("version__from_date")}


def _read_forms() -> dict[str, str]:
    return dict(Form.objects.values_list("key", "name"))


def _read_measure_names() -> dict[str, str]:
    return {key: str(measure.label) for key, measure in read_measures().items()}


def _read_posts() -> dict[str, str]:
    return {post.code: label_post(post) for post in Post.objects.select_related("unit")}


def _read_units() -> dict[str, str]:
    return {unit.code: str(unit.label) for unit in UNITS.get().values()}


def _read_areas() -> dict[str, str]:
    return {area.code: str(area.label) for area in AREAS.get().values()}


# (type of object, key of a value) -> what reads the names of its codes
CODED_ROWS: dict[tuple[str, str], Callable[[], dict[str, str]]] = {
    ("evaluation.scoresheet", "sheet"): _read_sheets,
    ("evaluation.scoresheet", "item"): _read_items,
    ("reports.fill", "form"): _read_forms,
    ("reports.form", "measure"): _read_measure_names,
    ("reports.form", "rule"): lambda: {str(code): str(name) for code, name in Rule.choices},
    ("reports.form", "aspect"): lambda: {str(code): str(name) for code, name in Aspect.choices},
    ("reports.form", "area"): _read_areas,
    ("reports.form", "unit"): _read_units,
}
PLACES: dict[str, Callable[[], dict[str, str]]] = {
    "unit": _read_units,
    "area": _read_areas,
    "post": _read_posts,
}
PLACE_KEYS = frozenset({"place", "changed", "removed"})


class CodeNames:
    """The names of codes for a page of entries; what was read is read once."""

    def __init__(self) -> None:
        self._read: Any = cache(lambda read: read())

    def find(self, object_type: str, key: str, code: str) -> str | None:
        """Return the name of a code, None for a value that is no code of another row."""
        if (read := CODED_ROWS.get((object_type, key))) is not None:
            name: str | None = self._read(read).get(code)
            return name
        if not object_type.startswith(PLACED):
            return None
        if key in PLACE_KEYS:
            return self._find_place(code)
        return _label_period(code) if key == "period" else None

    def _find_place(self, key: str) -> str | None:
        kind, _mark, code = key.partition(":")
        name: str | None = self._read(PLACES[kind]).get(code) if kind in PLACES else None
        return name


def _label_period(text: str) -> str | None:
    try:
        return parse_period(text).label
    except UserError:
        return None
