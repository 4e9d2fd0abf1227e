"""The sections of score sheets, their versions and their items."""

from decimal import Decimal
from typing import Any

from jiedao.evaluation.models import ScoreSheet, SheetItem, SheetVersion
from jiedao.evaluation.pack.tables import ITEM, SCORESHEET, SCORESHEETS, VERSION
from jiedao.evaluation.rules.rule import VALUE
from jiedao.kernel.packs.rows import Row, Values
from jiedao.kernel.packs.section import TableSection

SPEC_OF_VERSION = (
    *("unit_kinds", "only", "exclude", "minimum_measure", "minimum", "grades", "red", "black"),
    *("roles", "measured_by", "minimum_holders"),
)
SPEC_OF_ITEM = ("reads", "missing", "scores_of")


def build_version_spec(values: Values) -> dict[str, Any]:
    """Return the part of a row that `definition.read_version` reads, as JSON can hold it."""
    return {
        name: str(values[name]) if isinstance(values[name], Decimal) else values[name]
        for name in SPEC_OF_VERSION
        if values.get(name) not in (None, "")
    }


def build_item_spec(values: Values) -> dict[str, Any]:
    """Return the part of a row that `definition.read_item` reads; `measure` is short for the first of `values`."""
    named = values.get("values") or {}
    if values.get("measure") and isinstance(named, dict):
        named = {VALUE: values["measure"], **named}
    spec = {"rule": values.get("rule"), "values": named}
    return spec | {name: values[name] for name in SPEC_OF_ITEM if values.get(name)}


class ScoreSheetSection(TableSection):
    """A score sheet."""

    kind, model = "scoresheet", ScoreSheet
    file, table = SCORESHEETS, SCORESHEET
    key_columns = ("key",)
    numbered = True


class VersionSection(TableSection):
    """A version of a sheet. Scores refer to it, so it is retired and not deleted."""

    kind, model = "scoresheet_version", SheetVersion
    file, table = SCORESHEETS, VERSION
    key_columns = ("sheet", "key")
    columns = ("key", "from_date", "until_date", "basis", "total", "digits", "appeal_days", "spec")
    links = {"sheet": "scoresheet"}
    after = ("measure", "unit", "area")

    def read_row(self, row: Row, position: int) -> Values:
        """Return the values of a version."""
        values = row.values
        return {
            "sheet": row.get("sheet"),
            "key": row.get("key"),
            "from_date": values.get("from"),
            "until_date": values.get("until"),
            "basis": row.get("basis"),
            "total": values.get("total", Decimal(100)),
            "digits": values.get("digits", 2),
            "appeal_days": values.get("appeal_days", 5),
            "spec": build_version_spec(values),
        }


class ItemSection(TableSection):
    """An item of a version."""

    kind, model = "scoresheet_item", SheetItem
    file, table = SCORESHEETS, ITEM
    key_columns = ("version", "key")
    columns = ("key", "name", "name_en", "meaning", "meaning_en", "spec", "position")
    links = {"version": "scoresheet_version"}

    def read_row(self, row: Row, position: int) -> Values:
        """Return the values of an item."""
        texts = {name: row.get(name) for name in ("key", "name", "name_en", "meaning", "meaning_en")}
        return {
            **texts,
            "version": f"{row.get('sheet')} {row.get('version')}",
            "spec": build_item_spec(row.values),
            "position": position,
        }
