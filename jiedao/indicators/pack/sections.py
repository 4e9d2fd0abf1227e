"""The sections of measures, targets and stated figures."""

from datetime import date
from typing import Any

from django.db.models import Q

from jiedao.indicators.models import Entry, Measure, StatedEntry, Status, Target, Theme, Tile, TileSpan
from jiedao.indicators.pack.stands_for import read_stands_for
from jiedao.indicators.pack.tables import (
    FIGURE,
    FIGURES,
    MEASURE,
    MEASURES,
    SPEC_COLUMNS,
    TARGET,
    THEME,
    TILE,
)
from jiedao.kernel import clock
from jiedao.kernel.packs.comparing import Comparison
from jiedao.kernel.packs.pack import Pack
from jiedao.kernel.packs.rows import Row, Values
from jiedao.kernel.packs.section import Retire, RowIds, TableSection
from jiedao.kernel.periods import parse_period
from jiedao.orgs.pack.tables import UNITS
from jiedao.places.pack.tables import AREAS, GRIDS, OUTLINES

KEY = ("measure", "first_date", "last_date", "place_key")


class ThemeSection(TableSection):
    """A group of measures."""

    kind, model = "theme", Theme
    file, table = MEASURES, THEME
    key_columns = ("key",)
    numbered = True


class MeasureSection(TableSection):
    """A measure; what its kind needs is stored together in `spec`."""

    kind, model = "measure", Measure
    file, table = MEASURES, MEASURE
    key_columns = ("key",)
    columns = (
        "key",
        "name",
        "name_en",
        "meaning",
        "meaning_en",
        "unit_label",
        "unit_label_en",
        "digits",
        "kind",
        "spec",
        "splits",
        "stands_for",
        "better",
        "published",
        "position",
    )
    links = {"theme": "theme"}
    after = ("register", "campaign", "project_kind", "project_measure")  # its specs read their rows

    def read_row(self, row: Row, position: int) -> Values:
        """Return the values of a measure."""
        values = row.values
        return {
            **{
                name: values.get(name, "")
                for name in ("key", "name", "name_en", "meaning", "meaning_en", "better")
            },
            "theme": row.get("theme"),
            "unit_label": row.get("unit"),
            "unit_label_en": row.get("unit_en"),
            "digits": values.get("digits", 0),
            "kind": row.get("kind"),
            "spec": build_spec(values),
            "splits": list(values.get("splits") or []),
            "stands_for": read_stands_for(values.get("figure")),
            "published": bool(values.get("published", False)),
            "position": position,
        }


def build_spec(values: Values) -> dict[str, Any]:
    """Return the part of a row that `definition.read_definition` reads."""
    given = {name: values[name] for name in SPEC_COLUMNS if values.get(name) is not None}
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in given.items()}


def _read_place(row: Row) -> Values:
    area, unit = row.get("area"), row.get("unit")
    key = f"area:{area}" if area else f"unit:{unit}" if unit else ""
    period = parse_period(row.get("period"))
    return {
        "first_date": period.first,
        "last_date": period.last,
        "area": area,
        "unit": unit,
        "place_key": key,
    }


class TargetSection(TableSection):
    """The target of a measure."""

    kind, model = "target", Target
    file, table = MEASURES, TARGET
    key_columns = KEY
    columns = ("first_date", "last_date", "place_key", "value", "is_minimum", "source")
    links = {"measure": "measure", "area": "area", "unit": "unit"}
    retire = Retire.DELETE

    def compare(self, pack: Pack, ids: RowIds) -> Comparison:
        """Compare the targets, and remember the places that the pack contains."""
        self.places = {f"unit:{code}" for code in pack.by_key(UNITS, "unit")} | {
            f"area:{row.get('code')}" for file in (AREAS, OUTLINES, GRIDS) for row in pack.rows(file)
        }
        return super().compare(pack, ids)

    def find_retired(self, comparison: Comparison) -> dict[str, Values]:
        """Return the targets to delete; those of past periods of a unit or area that ended stay its own."""
        return {
            key: values
            for key, values in super().find_retired(comparison).items()
            if not values["place_key"]
            or values["place_key"] in self.places
            or values["last_date"] >= clock.today()
        }

    def read_row(self, row: Row, position: int) -> Values:
        """Return the values of a target."""
        return {
            "measure": row.get("measure"),
            **_read_place(row),
            "value": row.values["value"],
            "is_minimum": row.values.get("minimum", False),
            "source": row.get("source"),
        }


class TileSection(TableSection):
    """A measure on the leaders' page, in the order of the file."""

    kind, model = "tile", Tile
    file, table = MEASURES, TILE
    key_columns = ("measure", "span")
    columns = ("span", "position")
    links = {"measure": "measure"}
    retire = Retire.DELETE

    def read_row(self, row: Row, position: int) -> Values:
        """Return the values of a tile."""
        span = row.values.get("span") or TileSpan.MONTH.value
        return {"measure": row.get("measure"), "span": span, "position": position}


class FigureSection(TableSection):
    """A figure that a document states, as the first version. What people entered or corrected stays as it is."""

    kind, model = "figure", StatedEntry
    file, table = FIGURES, FIGURE
    key_columns = KEY
    columns = (
        "first_date",
        "last_date",
        "place_key",
        "value",
        "growth",
        "rank",
        "rank_field",
        "rank_of",
        "status",
        "scope_words",
        "source",
    )
    links = {"measure": "measure", "area": "area", "unit": "unit"}
    retire = Retire.KEEP

    def read(self, pack: Pack) -> dict[str, Values]:
        """Return the stated figures by key, without those of which people have entered a version."""
        entered = Entry.objects.filter(Q(version__gt=1) | Q(entered_by__isnull=False))
        keys = {
            " ".join(map(str, key))
            for key in entered.values_list("measure__key", "first_date", "last_date", "place_key")
        }
        return {key: values for key, values in super().read(pack).items() if key not in keys}

    def read_row(self, row: Row, position: int) -> Values:
        """Return the values of a stated figure."""
        numbers = {name: row.values.get(name) for name in ("value", "growth", "rank", "rank_of")}
        texts = {name: row.get(name) for name in ("rank_field", "scope_words", "source")}
        status = row.values.get("status") or Status.ACTUAL.value
        return {"measure": row.get("measure"), **_read_place(row), **numbers, **texts, "status": status}

    def make_object(self, row: Values, ids: RowIds) -> Any:
        """Return an unsaved entry that counts at once: the document that it names confirms it."""
        entry = super().make_object(row, ids)
        entry.entered_at = entry.confirmed_at = clock.now()
        entry.current = True
        return entry
