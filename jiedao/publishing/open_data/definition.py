"""The definition of a data set: its columns, whether they exist, and the digest to which a release applies."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import orjson
from django.utils.translation import gettext as _

from jiedao.kernel.errors import NotFoundError
from jiedao.kernel.memo import Memo
from jiedao.publishing.models import DataSet
from jiedao.publishing.models.open_data import DataSource, PositionKind
from jiedao.publishing.open_data.columns import (
    OpenColumn,
    list_case_columns,
    list_position_columns,
    list_record_columns,
    may_open_field,
)
from jiedao.registers.catalogue import RegisterInfo, register_info
from jiedao.registers.definition import Definition


@dataclass(frozen=True)
class OpenSet:
    """A data set with its present definition.

    Attributes:
        register: of a data set of a register; None where there is no such register any more.
        columns: those that exist and may be open, then those of the position.
        digest: of the definition, see `compute_digest`.
    """

    row: DataSet
    register: RegisterInfo | None
    columns: tuple[OpenColumn, ...]
    digest: str

    @property
    def is_possible(self) -> bool:
        """Return whether there is anything to open: the register is in use and a column is left."""
        has_source = self.row.source == DataSource.CASES or (
            self.register is not None and self.register.active
        )
        return self.row.active and has_source and bool(self.columns)

    @property
    def is_open(self) -> bool:
        """Return whether everybody may read it: a person has released exactly this definition."""
        return self.is_possible and self.row.released_digest == self.digest

    @property
    def has_position(self) -> bool:
        """Return whether its rows state where they are, so that there is a GeoJSON file."""
        return self.row.position_kind != PositionKind.NONE

    @property
    def formats(self) -> tuple[str, ...]:
        """The formats of its files."""
        return ("csv", "json", "geojson") if self.has_position else ("csv", "json")


def read_set(row: DataSet) -> OpenSet:
    """Return a data set with its columns as the town defines them now."""
    register = register_info(row.register) if row.source == DataSource.REGISTER else None
    columns: Sequence[OpenColumn] = ()
    if row.source == DataSource.CASES:
        columns = list_case_columns(row.columns)
    elif register is not None:
        columns = list_record_columns(register.definition, row.columns)
    if columns and row.position_kind != PositionKind.NONE:
        columns = [*columns, *list_position_columns()]
    return OpenSet(row, register, tuple(columns), compute_digest(row, register))


def compute_digest(row: DataSet, register: RegisterInfo | None) -> str:
    """Return the SHA-256 of what decides which values become public.

    It covers source, columns, position and licence, and of a register the sort of every chosen field: when a pack
    turns a field into another one under the same key, a person has to look again.
    """
    fields = []
    if register is not None:
        for key in row.columns:
            field = register.definition.field(key)
            fields.append(
                [key, field.store, field.kind.value, field.personal] if field is not None else [key]
            )
    parts = [row.source, row.register, list(row.columns), row.position_kind, row.licence, fields]
    return hashlib.sha256(orjson.dumps(parts)).hexdigest()


def has_personal_fields(definition: Definition) -> bool:
    """Return whether a register has a field that may not be open; then its rows may not state exact positions."""
    return any(not may_open_field(field) for field in definition.active_fields)


def list_sets() -> list[OpenSet]:
    """Return the data sets of the pack, also those that are not open."""
    return [read_set(row) for row in DataSet.objects.filter(active=True).select_related("released_by")]


def list_open_sets() -> list[OpenSet]:
    """Return the data sets that everybody may read."""
    return [data_set for data_set in list_sets() if data_set.is_open]


# Every public page states in its navigation whether there are any.
HAS_OPEN_SETS: Memo[bool] = Memo(lambda: bool(list_open_sets()))


def get_open_set(key: str) -> OpenSet:
    """Return a data set that everybody may read; raise NotFoundError for every other."""
    row = DataSet.objects.filter(key=key, active=True).first()
    data_set = read_set(row) if row is not None else None
    if data_set is None or not data_set.is_open:
        raise NotFoundError(_("没有这个开放数据集，或它现在不开放。"), hint=_("请从开放数据的列表中选择。"))
    return data_set
