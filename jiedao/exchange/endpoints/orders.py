"""Reading the orders of an upper platform: from its list over HTTP, or from a table that it exports."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

import orjson
from django.utils.translation import gettext as _

from jiedao.cases.flow import FINISHED, State
from jiedao.delivery.channels.base import DeliveryFault
from jiedao.exchange.dates import DateReader
from jiedao.exchange.endpoints.selectors import read_url, word_reason
from jiedao.exchange.endpoints.sending import fetch_document
from jiedao.exchange.header import TITLES, recognise_columns
from jiedao.exchange.models import Endpoint
from jiedao.exchange.reading import CLOSED_WORDS, OPEN_WORDS
from jiedao.kernel import clock
from jiedao.kernel.errors import UserError
from jiedao.kernel.folding import fold_key
from jiedao.kernel.tables.reading import Table, read_table
from jiedao.kernel.tables.rows import CellFault, Row, format_cell

MOST_PAGES, MOST_ORDERS = 200, 100_000


@dataclass(frozen=True)
class PlatformOrder:
    """An order as the upper platform has it.

    Attributes:
        number: its number there, folded to be compared.
        has_ended: whether it counts as done there; None where its state is not recognised.
        state: its state in the platform's words.
        wanted_by: the deadline of the platform, None where it states none.
    """

    number: str
    has_ended: bool | None
    state: str = ""
    wanted_by: datetime | None = None


def read_end(text: str) -> bool | None:
    """Return whether a state is an end; None for a word that is neither ours (code or label) nor a usual one."""
    word = "".join(text.split()).lower()
    if not word:
        return None
    for state in State:
        if word in {state.value.lower(), str(state.label).lower()}:
            return state.value in FINISHED
    if word in CLOSED_WORDS:
        return True
    return False if word in OPEN_WORDS else None


def fetch_orders(endpoint: Endpoint, since: date) -> list[PlatformOrder]:
    """Return the orders that the platform lists since a day; raise UserError where the list cannot be read.

    The list is a document {"orders": [{"order", "state", "wanted_by"}], "next"}; `next` is the address of the next page
    on the same host.
    """
    url = read_url(endpoint.list_url)
    if endpoint.list_url and not url:
        raise UserError(
            _("%(name)s 的工单清单网址无法解密。") % {"name": endpoint.name},
            hint=_("请重新填写，或上传对方导出的工单表来对账。"),
            field="list_url",
        )
    if not url:
        raise UserError(
            _("%(name)s 没有填工单清单的网址。") % {"name": endpoint.name},
            hint=_("请填上，或上传对方导出的工单表来对账。"),
            field="list_url",
        )
    address = f"{url}{'&' if '?' in url else '?'}{urlencode({'since': since.isoformat()})}"
    orders: dict[str, PlatformOrder] = {}
    for _page in range(MOST_PAGES):
        try:
            answer = fetch_document(endpoint, address)
        except DeliveryFault as fault:
            raise UserError(
                _("读不到 %(name)s 的工单清单：%(reason)s")
                % {"name": endpoint.name, "reason": word_reason(fault.reason, fault.detail)},
                hint=_("没有作任何比较。请稍后再试，或上传对方导出的工单表。"),
            ) from fault
        document = _parse(endpoint, answer.content)
        for row in document["orders"]:
            order = _read_item(endpoint, row)
            orders[order.number] = order
        if len(orders) > MOST_ORDERS:
            raise _refuse_many()
        following = document.get("next")
        if not following:
            return list(orders.values())
        address = urljoin(address, str(following))
        if urlsplit(address)[:2] != urlsplit(url)[:2]:  # the token must not go elsewhere, nor unencrypted
            raise _refuse(endpoint, "next")
    raise _refuse(endpoint, "next")


def _refuse_many() -> UserError:
    return UserError(_("超过 %(most)d 个工单，一次比不完。") % {"most": MOST_ORDERS}, hint=_("请缩短时段。"))


def _refuse(endpoint: Endpoint, where: str) -> UserError:
    return UserError(
        _("%(name)s 的工单清单看不懂（%(where)s）。") % {"name": endpoint.name, "where": where[:60]},
        hint=_('应是 {"orders": [{"order", "state", "wanted_by"}], "next"}，见对接说明。'),
    )


def _parse(endpoint: Endpoint, content: bytes) -> dict[str, Any]:
    try:
        document = orjson.loads(content)
    except ValueError as fault:
        raise _refuse(endpoint, "JSON") from fault
    if not isinstance(document, dict) or not isinstance(document.get("orders"), list):
        raise _refuse(endpoint, "orders")
    return document


def _read_item(endpoint: Endpoint, row: Any) -> PlatformOrder:
    if not isinstance(row, dict) or not isinstance(row.get("order"), str) or not fold_key(row["order"]):
        raise _refuse(endpoint, "order")
    wanted_by = None
    if row.get("wanted_by"):
        try:
            moment = datetime.fromisoformat(str(row["wanted_by"]))
        except ValueError as fault:
            raise _refuse(endpoint, f"wanted_by {row['wanted_by']}") from fault
        wanted_by = moment if moment.tzinfo is not None else moment.replace(tzinfo=clock.TOWN_TZ)
    state = str(row.get("state") or "")[:40]
    return PlatformOrder(fold_key(row["order"]), read_end(state), state, wanted_by)


def read_orders(path: Path, name: str = "") -> list[PlatformOrder]:
    """Return the orders of a table with a column for the number, and for state and deadline where it has them.

    Raises:
        UserError: it is no table, has no column for the number, or a row cannot be read: no order may be missed.
    """
    with read_table(path, name=name) as table:
        header = max(table.head, key=lambda row: len(recognise_columns(row)))
        columns = recognise_columns(header)
        if "number" not in columns:
            raise table.refuse(
                _("“%(name)s”缺少这些列：%(missing)s。") % {"name": table.name, "missing": TITLES["number"]},
                _("表头要有“工单号”，最好还有“办理状态”和“办理时限”。"),
            )
        orders = {order.number: order for order in _read_rows(table, header, columns)}
    return list(orders.values())


def _read_rows(table: Table, header: Row, columns: dict[str, int]) -> Iterator[PlatformOrder]:
    dates = DateReader(clock.TOWN_TZ, clock.now(), serial_shift=table.serial_shift)
    for count, row in enumerate(table.body(header)):
        if count >= MOST_ORDERS:
            raise _refuse_many()
        try:
            yield _read_row(row, columns, dates)
        except CellFault as fault:
            raise UserError(
                _("第 %(row)d 行：%(reason)s") % {"row": row.number, "reason": fault.reason},
                hint=_("没有作任何比较。改好后请重新上传。"),
            ) from fault


def _read_row(row: Row, columns: dict[str, int], dates: DateReader) -> PlatformOrder:
    if row.fault:
        raise CellFault(row.fault)
    number = fold_key(format_cell(row.cells[columns["number"]]))
    if not number:
        raise CellFault(_("没有工单号。"))
    state = format_cell(row.cells[columns["status"]])[:40] if "status" in columns else ""
    cell = row.cells[columns["due_at"]] if "due_at" in columns else None
    wanted_by = dates.read_any(cell).at if cell not in (None, "") else None
    return PlatformOrder(number, read_end(state), state, wanted_by)
