"""The register behind the campaign of the half-year report, for tests of the pages."""

from jiedao.orgs.actor import make_system_actor
from jiedao.registers.actions.records import add_record
from jiedao.registers.catalogue import RegisterInfo
from jiedao.registers.definition import Anchor, Choice, Definition, Field, FieldKind
from jiedao.registers.models import Record
from jiedao.registers.rows import RecordInput
from jiedao.registers.tests.parts import declare

G1, G3 = "990001001001001", "990001001002001"
FEED = {
    "source": "register",
    "register": "stock",
    "sum": "removed_m2",
    "date": "removed_on",
    "where": {"state": "GONE"},
}


def stock_register() -> RegisterInfo:
    """Declare the register that the campaign reads."""
    states = (Choice("STANDS", "未拆"), Choice("GONE", "已拆"))
    fields = (
        Field("state", "状态", FieldKind.CHOICE, choices=states, filter=True),
        Field("removed_m2", "拆除面积", FieldKind.NUMBER, unit="平方米"),
        Field("removed_on", "拆除日期", FieldKind.DATE, filter=True),
    )
    return declare(Definition(key="stock", name="存量违建", name_en="Stock", on=Anchor.GRID, fields=fields))


def remove(info: RegisterInfo, code: str, area: str, square_metres: float, day: str) -> Record:
    """Add a record of a removed building and return it."""
    values = {"state": "GONE", "removed_m2": square_metres, "removed_on": day}
    return add_record(
        actor=make_system_actor(),
        info=info,
        data=RecordInput(code, f"{code}号棚屋", area=area, values=values),
    )
