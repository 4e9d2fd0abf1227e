"""The tables of the file `open_data.toml`."""

from django.utils.translation import gettext_lazy as _

from jiedao.kernel.packs.tables import Column, FileSpec, Kind, Table, require_field
from jiedao.publishing.models.open_data import DataSource, Licence, PositionKind

OPEN_DATA = "open_data.toml"

DATA_SET = Table(
    (
        require_field("key", most=40),
        require_field("name", most=80),
        Column("name_en", most=160),
        Column("note", most=400),
        Column("note_en", most=600),
        Column("source", required=True, choices=tuple(DataSource.values)),
        Column("register", most=40),
        require_field("columns", Kind.KEYS, hint=_('写列的代码，如 ["name", "area", "grade"]。')),
        Column("position", choices=tuple(PositionKind.values), default=PositionKind.NONE.value),
        Column("licence", required=True, choices=tuple(Licence.values)),
    )
)
FILES = (FileSpec(OPEN_DATA, {"data_set": DATA_SET}, required=False),)
