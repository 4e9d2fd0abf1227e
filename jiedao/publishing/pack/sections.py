"""The section of open data."""

from jiedao.kernel.packs.rows import Row, Values
from jiedao.kernel.packs.section import TableSection
from jiedao.publishing.models import DataSet
from jiedao.publishing.pack.tables import DATA_SET, OPEN_DATA


class DataSetSection(TableSection):
    """A data set. It becomes public only when a person releases it, and again after each change of its definition."""

    kind, model = "data_set", DataSet
    file, table = OPEN_DATA, DATA_SET
    key_columns = ("key",)
    columns = (
        *("key", "name", "name_en", "note", "note_en", "source", "register", "columns", "position_kind"),
        *("licence", "position"),
    )
    after = ("register", "category")

    def read_row(self, row: Row, position: int) -> Values:
        """Return the values of a row; its place in the file is the order of the list."""
        values = super().read_row(row, position)
        values["position_kind"], values["position"] = values["position"], position
        values["columns"] = list(values["columns"] or [])
        return values
