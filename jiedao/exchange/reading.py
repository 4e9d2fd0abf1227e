"""Read one row of a message table as a message, or say why it cannot be one."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.translation import gettext as _

from jiedao.exchange.dates import DateReader, Moment
from jiedao.exchange.header import TITLES
from jiedao.exchange.layout import Layout
from jiedao.kernel.tables.rows import EXACT, FORMULA_FAULTS, CellFault, Row, text_of

# What offices write when a matter is over, and while it is not.
_CLOSED_WORDS = frozenset(
    {"已结案", "已办结", "办结", "结案", "已完成", "已答复", "已回复", "已关闭", "closed", "done", "resolved"}
)
_OPEN_WORDS = frozenset(
    {
        "未结案",
        "未办结",
        "办理中",
        "处理中",
        "待办理",
        "待受理",
        "已受理",
        "未处理",
        "open",
        "in progress",
        "pending",
        "assigned",
    }
)


@dataclass(frozen=True, slots=True)
class Message:
    """A citizen's message as the file tells it. Times are aware UTC.

    Attributes:
        number: the message's own number in the system it comes from.
        ended_at: when it was replied to or closed; None while it is open.
        replied_at: when the reply went out; None without a reply.
        lon, lat: degrees, in the coordinate system of the layout.
        channel: as the file says, empty when it does not.
    """

    row: int
    number: str
    subject: str
    detail: str
    reported_at: datetime
    reporter: str = ""
    name: str = ""
    phone: str = ""
    category: str = ""
    place: str = ""
    channel: str = ""
    lon: float | None = None
    lat: float | None = None
    reply: str = ""
    replied_at: datetime | None = None
    ended_at: datetime | None = None
    votes_for: int = 0
    votes_against: int = 0


class RowReader:
    """Reads the rows of one file."""

    def __init__(self, layout: Layout, now: datetime, serial_shift: int = 0) -> None:
        mapping = layout.mapping
        self._layout = layout
        self._values = mapping.values if mapping else {}
        zone = mapping.zone if mapping else ZoneInfo(settings.TIME_ZONE)
        self._dates = DateReader(zone, now, mapping.date_format if mapping else "", serial_shift)

    def read(self, row: Row) -> Message:
        """Return the message; raise CellFault with the column as the file calls it and the reason."""
        if row.fault:
            raise CellFault(row.fault)
        subject, detail = self._text("subject", row), self._text("detail", row)
        if not subject and not detail:
            raise CellFault(_("标题和内容都是空的；请补上其中一项。"), self._title("detail"))
        reported = self._moment("reported_at", row)
        if reported is None:
            raise CellFault(_("没有填时间；请补上。"), self._title("reported_at"))
        lon, lat = self._point(row)
        reply, replied_at, ended_at = self._ending(row, reported.at)
        return Message(
            row=row.number,
            number=self._number(row),
            subject=subject,
            detail=detail,
            reported_at=reported.at,
            reporter=self._text("reporter", row),
            name=self._text("name", row),
            phone=self._text("phone", row),
            category=self._text("category", row),
            place=self._text("place", row),
            channel=self._text("channel", row),
            lon=lon,
            lat=lat,
            reply=reply,
            replied_at=replied_at,
            ended_at=ended_at,
            votes_for=self._count("votes_for", row),
            votes_against=self._count("votes_against", row),
        )

    def _title(self, field: str) -> str:
        return self._layout.titles.get(field) or str(TITLES[field])

    def _text(self, field: str, row: Row) -> str:
        """Return the text without blanks around it, replaced as the mapping's [values] say."""
        text = text_of(self._layout.get(field, row))
        if text in FORMULA_FAULTS:
            raise CellFault(
                _("这一格的公式出错（%(text)s）；请改正公式或填上内容。") % {"text": text}, self._title(field)
            )
        table = self._values.get(field)
        return table.get(text, table.get("*", text)) if table else text

    def _number(self, row: Row) -> str:
        cell = self._layout.get("number", row)
        if isinstance(cell, int | float) and not isinstance(cell, bool) and abs(cell) >= EXACT:
            raise CellFault(
                _("编号超过 15 位，表格软件已把末尾几位变成 0；请在原系统导出时把这一列设为文本。"),
                self._title("number"),
            )
        number = text_of(cell)
        if not number:
            raise CellFault(_("没有编号；请补上，再次导入时靠它认出已有的留言。"), self._title("number"))
        if len(number) > 60:
            raise CellFault(_("编号超过 60 个字；请检查是不是错位了。"), self._title("number"))
        return number

    def _moment(self, field: str, row: Row) -> Moment | None:
        cell = self._layout.get(field, row)
        if not text_of(cell):
            return None
        try:
            return self._dates.read(cell)
        except CellFault as fault:
            raise CellFault(fault.reason, self._title(field)) from fault

    def _end(self, field: str, row: Row, reported_at: datetime) -> datetime | None:
        """Return when something ended; a day without a time is its start, but never before the report."""
        moment = self._moment(field, row)
        if moment is None:
            return None
        if moment.at >= reported_at:
            return moment.at
        if moment.whole_day and reported_at < moment.at + timedelta(days=1):
            return reported_at
        raise CellFault(_("这个时间早于留言时间；请检查两个时间。"), self._title(field))

    def _ending(self, row: Row, reported_at: datetime) -> tuple[str, datetime | None, datetime | None]:
        """Return reply, time of the reply and time of the end; all empty while the matter is open."""
        closed = self._closed(row)
        if closed is False:
            return "", None, None
        reply = self._text("reply", row)
        replied_at = self._end("replied_at", row, reported_at)
        closed_at = self._end("closed_at", row, reported_at)
        end = closed_at or replied_at
        if end is None:
            self._need_no_end(reply, closed=bool(closed))
            return "", None, None
        if closed_at is None and not reply and "reply" in self._layout.getters:
            raise CellFault(_("有答复时间，却没有答复；请补上答复。"), self._title("reply"))
        answered = replied_at or (end if reply else None)
        # A matter is not over before its reporter has been answered.
        return reply, answered, max(end, answered or end)

    def _need_no_end(self, reply: str, *, closed: bool) -> None:
        """Raise CellFault when a matter without any end time is said to be over."""
        if reply:
            fault = _("有答复，却没有答复时间；请补上答复时间，或删去答复。")
            raise CellFault(fault, self._title("replied_at"))
        if closed:
            raise CellFault(_("状态是已结，却没有结案时间；请补上结案时间。"), self._title("status"))

    def _closed(self, row: Row) -> bool | None:
        """Return whether the status says closed (True) or open (False); None when the file does not say."""
        status = self._text("status", row)
        if status == "CLOSED" or status.lower() in _CLOSED_WORDS:
            return True
        if status == "OPEN" or status.lower() in _OPEN_WORDS:
            return False
        if status:
            raise CellFault(
                _("不认识状态“%(status)s”；请在对照文件的 [values.status] 里写明它是 OPEN 还是 CLOSED。")
                % {"status": status[:40]},
                self._title("status"),
            )
        return None

    def _point(self, row: Row) -> tuple[float | None, float | None]:
        lon, lat = self._degrees("lon", row, 180), self._degrees("lat", row, 180)
        if lat is not None and abs(lat) > 90:
            text = text_of(self._layout.get("lat", row))
            raise CellFault(
                _("“%(text)s”不是纬度，经度和纬度好像填反了；请对调两列，或改正对照文件。")
                % {"text": text[:40]},
                self._title("lat"),
            )
        if (lon is None) != (lat is None):
            raise CellFault(_("经度和纬度只填了一个；请补上另一个，或都留空。"), self._title("lon"))
        return lon, lat

    def _degrees(self, field: str, row: Row, most: int) -> float | None:
        text = text_of(self._layout.get(field, row))
        if not text:
            return None
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not abs(value) <= most:
            raise CellFault(
                _("“%(text)s”不是经纬度；请写成十进制的度，如 114.1286。") % {"text": text[:40]},
                self._title(field),
            )
        return value

    def _count(self, field: str, row: Row) -> int:
        text = text_of(self._layout.get(field, row))
        try:
            value = int(text or 0)
        except ValueError:
            value = -1
        if not 0 <= value < 10**9:
            raise CellFault(
                _("“%(text)s”不是次数；请写成 0、1、2 这样。") % {"text": text[:40]}, self._title(field)
            )
        return value
