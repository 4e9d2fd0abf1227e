"""The town of the tests of forms: people who may fill and confirm forms, cases to count, and a register to list."""

from datetime import UTC, datetime
from typing import Any

from jiedao.cases.flow import State
from jiedao.indicators.tests.conftest import declare_measure
from jiedao.kernel.memo import forget_all
from jiedao.orgs.actor import make_system_actor
from jiedao.registers.actions.records import add_record
from jiedao.registers.catalogue import RegisterInfo
from jiedao.registers.rows import RecordInput
from jiedao.reports.forms.actions.binding import DemandInput, accept_suggestions, add_form
from jiedao.reports.forms.models import CONFIRM, EDIT, FILL, VIEW, Form
from jiedao.testing.cast import Town, make_cases, make_town

AREAS = {"G1": "990001001001001", "G3": "990001001002001"}
NOW = datetime(2020, 7, 1, 2, tzinfo=UTC)


def prepare_town(password: str | None = None) -> Town:
    """Return a town with cases due in June: two of G1 (both handled), three of G3 (one handled)."""
    town = make_town(password)
    registers = ["registers.record:view"]
    rights = {
        "handler": [VIEW, EDIT, FILL, *registers, "indicators.figure:view"],
        "shift": [VIEW, EDIT, FILL, CONFIRM, *registers],
        "leader": [VIEW, CONFIRM, *registers, "indicators.figure:view"],
        "supervisor": [VIEW],
        "grid1": [VIEW, *registers],
    }
    for username, added in rights.items():
        post = town.posts[username]
        post.permissions = [*post.permissions, *added]
        post.save()
    forget_all()
    # The office has recorded cases for years, so that months without cases are 0 and not without data.
    make_cases(town, [{"reported_at": datetime(2018, 5, 4, 2, tzinfo=UTC), "state": "CLOSED"}], index=False)
    add_cases(town, 6, {"G1": 2, "G3": 1}, {"G3": 2})
    declare_measure("due", "amount", {"spec": {"source": "cases", "measure": "due"}}, name="应处置")
    declare_measure(
        "rate",
        "rate",
        {
            "numerator": {"source": "cases", "measure": "handled"},
            "denominator": {"source": "cases", "measure": "due"},
            "denominator_name": "应处置",
        },
        name="处置率",
        unit_label="%",
        digits=1,
    )
    return town


def add_cases(town: Town, month: int, handled: dict[str, int], waiting: dict[str, int]) -> None:
    """Add cases due in a month of 2020, by grid."""
    day, noon = datetime(2020, month, 10, 2, tzinfo=UTC), datetime(2020, month, 20, 4, tzinfo=UTC)
    common = {"handle_due_at": noon, "reported_at": day, "unit": "URBAN"}
    rows: list[dict[str, Any]] = []
    for grid, count in handled.items():
        rows += [{**common, "grid": grid, "state": State.CLOSED.value, "handled_at": day}] * count
    for grid, count in waiting.items():
        rows += [{**common, "grid": grid, "state": State.HANDLING.value}] * count
    make_cases(town, rows, index=False)


def add_house(info: RegisterInfo, code: str, storeys: int, *, grid: str = "G1") -> None:
    """Add a record to the register of buildings to let."""
    values = {"storeys": storeys, "area_m2": storeys * 100.5, "use": "SHOP", "owner": "张三 13800000000"}
    data = RecordInput(code, f"{code}号楼", area=AREAS[grid], values=values)
    add_record(actor=make_system_actor(), info=info, data=data)


def add_monthly_form(town: Town, content: bytes, *, bound: bool = True, name: str = "城管月报") -> Form:
    """Return a monthly form of the district, bound to what its words suggest."""
    actor = town.actor("handler")
    demand = DemandInput(name=name, sender="区城管局", cycle="month", basis="区城管〔2020〕5 号", due_days=5)
    form = add_form(actor=actor, demand=demand, content=content, file_name="月报.xlsx")
    if bound:
        cells = [f"月报!{cell}" for cell in ("B4", "B5", "C4", "C5", "D4", "D5", "B2", "D2", "B7", "B8")]
        accept_suggestions(actor=actor, form=form, cells=cells)
    return form
