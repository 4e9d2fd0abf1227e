"""Read a row of a message table as a message, or report why it cannot be one."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.translation import gettext as _

from jiedao.exchange.dates import DateReader, Moment
from jiedao.exchange.header import TITLES
from jiedao.exchange.layout import Layout
from jiedao.kernel.calendar import get_town_calendar
from jiedao.kernel.folding import fold_key, fold_width
from jiedao.kernel.readers.faults import ValueFault
from jiedao.kernel.readers.numbers import read_whole_number
from jiedao.kernel.readers.points import read_point
from jiedao.kernel.readers.texts import read_text
from jiedao.kernel.tables.rows import (
    FORMULA_FAULTS,
    MAX_EXACT,
    CellFault,
    Row,
    describe_formula_fault,
    format_cell,
)
from jiedao.kernel.worktime import Limit

# How offices write the limit of a matter when it is no date: "5个工作日", "24小时", "3天".
_LIMIT = re.compile(
    r"(\d{1,4})\s*个?\s*(工作日|工作小时|小时|自然日|天|日|working days?|hours?|days?)(?:内|之内)?",
    re.IGNORECASE,
)
_LIMIT_UNITS = {"工作日": "wd", "工作小时": "wh", "小时": "h", "working day": "wd", "hour": "h"}
MAX_DEMAND = 40
_YES = frozenset({"是", "要", "需", "需要", "有", "要求", "√", "✓", "y", "yes", "true", "1"})
_NO = frozenset(
    {"否", "不", "不要", "不需", "不需要", "无需", "无", "不要求", "×", "✗", "n", "no", "false", "0"}
)

# The words that offices use for the status of a closed and of an open matter.
CLOSED_WORDS = frozenset(
    {"已结案", "已办结", "办结", "结案", "已完成", "已答复", "已回复", "已关闭", "closed", "done", "resolved"}
)
OPEN_WORDS = frozenset(
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
        "inprogress",
        "pending",
        "assigned",
    }
)


@dataclass(frozen=True, slots=True)
class Message:
    """A citizen's message from the file. Times are aware UTC.

    Attributes:
        number: the number of the message in the system that it comes from, folded to be compared.
        ended_at: the time of its reply or closing; None while it is open.
        replied_at: the time of its reply; None without a reply.
        lon, lat: degrees, in the coordinate system of the layout.
        channel: the channel as the file names it, empty when it does not.
        notes: what was read and not used, for the account.
        due_at: the deadline that the other office sets.
        demand: the kind of demand as the file names it.
        event_at: when the matter happened.
        wants_reply, wants_visit: whether a reply and a return visit are expected; None where the file is silent.
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
    notes: tuple[str, ...] = ()
    due_at: datetime | None = None
    demand: str = ""
    event_at: datetime | None = None
    wants_reply: bool | None = None
    wants_visit: bool | None = None


class RowReader:
    """Reads the rows of a file as messages."""

    def __init__(self, layout: Layout, now: datetime, serial_shift: int = 0) -> None:
        mapping = layout.mapping
        self._layout = layout
        self._values = {
            field: {fold_key(word): meaning for word, meaning in table.items()}
            for field, table in (mapping.values if mapping else {}).items()
        }
        zone = mapping.zone if mapping else ZoneInfo(settings.TIME_ZONE)
        self._dates = DateReader(zone, now, mapping.date_format if mapping else "", serial_shift)

    def read(self, row: Row) -> Message:
        """Return the message of a row; raise CellFault with the reason and the column as the file names it."""
        if row.fault:
            raise CellFault(row.fault)
        self._check_formulas(row)
        subject, detail = self._read_text("subject", row), self._read_text("detail", row)
        if not subject and not detail:
            raise CellFault(_("标题和内容都是空的；请补上其中一项。"), self._get_title("detail"))
        reported = self._read_moment("reported_at", row)
        if reported is None:
            raise CellFault(_("没有填时间；请补上。"), self._get_title("reported_at"))
        lon, lat, notes = self._read_point(row)
        reply, replied_at, ended_at = self._read_ending(row, reported.at)
        return Message(
            row=row.number,
            number=self._read_number(row),
            subject=subject,
            detail=detail,
            reported_at=reported.at,
            reporter=self._read_text("reporter", row),
            name=self._read_text("name", row),
            phone=self._read_text("phone", row),
            category=self._read_text("category", row),
            place=self._read_text("place", row),
            channel=self._read_text("channel", row),
            lon=lon,
            lat=lat,
            reply=reply,
            replied_at=replied_at,
            ended_at=ended_at,
            votes_for=self._read_count("votes_for", row),
            votes_against=self._read_count("votes_against", row),
            notes=notes,
            due_at=self._read_due("due_at", row, reported.at),
            demand=self._read_text("demand", row)[:MAX_DEMAND],
            event_at=event.at if (event := self._read_moment("event_at", row)) else None,
            wants_reply=self._read_wish("wants_reply", row),
            wants_visit=self._read_wish("wants_visit", row),
        )

    def read_key(self, row: Row) -> tuple[str, datetime]:
        """Return only the number and the time of a row; raise CellFault as `read` does."""
        if row.fault:
            raise CellFault(row.fault)
        number, reported = self._read_number(row), self._read_moment("reported_at", row)
        if reported is None:
            raise CellFault(_("没有填时间；请补上。"), self._get_title("reported_at"))
        return number, reported.at

    def _check_formulas(self, row: Row) -> None:
        """Raise CellFault for the first cell with a failed formula, or with one that has no stored value."""
        for index, title in self._layout.columns.items():
            cell = row.cells[index]
            if cell.__class__ is str and cell in FORMULA_FAULTS:
                raise CellFault(describe_formula_fault(str(cell)), title)

    def _get_title(self, field: str) -> str:
        return self._layout.titles.get(field) or str(TITLES[field])

    def _read_text(self, field: str, row: Row) -> str:
        """Return the text without surrounding blanks, replaced by the [values] of the mapping."""
        try:
            text = read_text(self._layout.get(field, row))
        except ValueFault as fault:
            raise CellFault(fault.reason, self._get_title(field)) from fault
        table = self._values.get(field)
        return table.get(fold_key(text), table.get("*", text)) if table else text

    def _read_number(self, row: Row) -> str:
        cell = self._layout.get("number", row)
        if isinstance(cell, int | float) and not isinstance(cell, bool) and abs(cell) >= MAX_EXACT:
            raise CellFault(
                _("编号超过 15 位，表格软件已把末尾几位变成 0；请在原系统导出时把这一列设为文本。"),
                self._get_title("number"),
            )
        number = fold_key(self._read_text("number", row))
        if not number:
            raise CellFault(_("没有编号；请补上，再次导入时靠它认出已有的留言。"), self._get_title("number"))
        if len(number) > 60:
            raise CellFault(_("编号超过 60 个字；请检查是不是错位了。"), self._get_title("number"))
        return number

    def _read_moment(self, field: str, row: Row) -> Moment | None:
        cell = self._layout.get(field, row)
        if not format_cell(cell):
            return None
        try:
            return self._dates.read(cell)
        except CellFault as fault:
            raise CellFault(fault.reason, self._get_title(field)) from fault

    def _read_due(self, field: str, row: Row, reported_at: datetime) -> datetime | None:
        """Return a deadline: a date lasts until its end, and "5个工作日" counts from the report."""
        cell = self._layout.get(field, row)
        text = format_cell(cell)
        if not text:
            return None
        if match := _LIMIT.fullmatch(fold_width(text).strip()):
            return self._add_limit(int(match[1]), match[2].lower().removesuffix("s"), reported_at, field)
        try:
            moment = self._dates.read_any(cell)
        except CellFault as fault:
            reason = _("%(reason)s时限写成日期，或“5个工作日”这样。") % {"reason": fault.reason}
            raise CellFault(reason, self._get_title(field)) from fault
        due_at = moment.at + timedelta(days=1, minutes=-1) if moment.whole_day else moment.at
        if due_at < reported_at:
            raise CellFault(_("时限早于留言时间；请检查两个时间。"), self._get_title(field))
        return due_at

    def _add_limit(self, amount: int, unit: str, start: datetime, field: str) -> datetime:
        suffix = _LIMIT_UNITS.get(unit)
        hours = amount if suffix else 24 * amount  # days of the calendar are counted in hours
        try:
            return get_town_calendar().add(start, Limit.parse(f"{hours}{suffix or 'h'}")).at
        except ValueError as fault:
            raise CellFault(_("时限太短或太长；请检查这一格。"), self._get_title(field)) from fault

    def _read_wish(self, field: str, row: Row) -> bool | None:
        """Return whether something is expected; a cell that is neither yes nor no is a fault."""
        text = self._read_text(field, row)
        word = fold_key(text).lower()
        if not word:
            return None
        if word in _YES:
            return True
        if word in _NO:
            return False
        reason = _("“%(text)s”看不出是还是否；请写“是”或“否”。") % {"text": text[:40]}
        raise CellFault(reason, self._get_title(field))

    def _read_end(self, field: str, row: Row, reported_at: datetime) -> datetime | None:
        """Return the time of a reply or closing; a date alone is its first moment, but not before the report."""
        moment = self._read_moment(field, row)
        if moment is None:
            return None
        if moment.at >= reported_at:
            return moment.at
        if moment.whole_day and reported_at < moment.at + timedelta(days=1):
            return reported_at
        raise CellFault(_("这个时间早于留言时间；请检查两个时间。"), self._get_title(field))

    def _read_ending(self, row: Row, reported_at: datetime) -> tuple[str, datetime | None, datetime | None]:
        """Return the reply, its time and the time of the end; all are empty while the matter is open."""
        closed = self._read_closed(row)
        if closed is False:
            return "", None, None
        reply = self._read_text("reply", row)
        replied_at = self._read_end("replied_at", row, reported_at)
        closed_at = self._read_end("closed_at", row, reported_at)
        end = closed_at or replied_at
        if end is None:
            self._check_no_end_needed(reply, closed=bool(closed))
            return "", None, None
        if closed_at is None and not reply and "reply" in self._layout.getters:
            raise CellFault(_("有答复时间，却没有答复；请补上答复。"), self._get_title("reply"))
        answered = replied_at or (end if reply else None)
        # A matter does not end before its reporter has been answered.
        return reply, answered, max(end, answered or end)

    def _check_no_end_needed(self, reply: str, *, closed: bool) -> None:
        """Raise CellFault when a matter without a time of its end has a reply or a closed status."""
        if reply:
            fault = _("有答复，却没有答复时间；请补上答复时间，或删去答复。")
            raise CellFault(fault, self._get_title("replied_at"))
        if closed:
            raise CellFault(_("状态是已结，却没有结案时间；请补上结案时间。"), self._get_title("status"))

    def _read_closed(self, row: Row) -> bool | None:
        """Return True for a closed and False for an open status, None when the file has none."""
        status = self._read_text("status", row)
        word = fold_key(status).lower()
        if word == "closed" or word in CLOSED_WORDS:
            return True
        if word == "open" or word in OPEN_WORDS:
            return False
        if status:
            raise CellFault(
                _("不认识状态“%(status)s”；请在对照文件的 [values.status] 里写明它是 OPEN 还是 CLOSED。")
                % {"status": status[:40]},
                self._get_title("status"),
            )
        return None

    def _read_point(self, row: Row) -> tuple[float | None, float | None, tuple[str, ...]]:
        """Return the point and the notes about it: what is no point is left out, the message is not."""
        try:
            point = read_point(self._layout.get("lon", row), self._layout.get("lat", row))
        except ValueFault as fault:
            note = _("%(reason)s：没有采用坐标，地点按原文保留。") % {"reason": fault.reason}
            return None, None, (note,)
        return (*point, ()) if point else (None, None, ())

    def _read_count(self, field: str, row: Row) -> int:
        cell = self._layout.get(field, row)
        try:
            value = read_whole_number(cell) if format_cell(cell) else 0
        except ValueFault:
            value = -1
        if not 0 <= value < 10**9:
            raise CellFault(
                _("“%(text)s”不是次数；请写成 0、1、2 这样。") % {"text": format_cell(cell)[:40]},
                self._get_title(field),
            )
        return value
