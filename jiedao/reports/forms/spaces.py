"""The room that a text of a blank leaves for a period or a day, such as 统计表（2020年  月）."""

import re
from dataclasses import dataclass
from datetime import date

_SPACE = r"[\s_＿]"
_ROOM = re.compile(
    rf"(?<![\d\s_＿])(?P<year>\d{{4}}|20\d?{_SPACE}+|{_SPACE}*)年"
    rf"(?:(?P<month>{_SPACE}*)月(?:(?P<day>{_SPACE}*)日)?"
    rf"|{_SPACE}*第?(?P<quarter>{_SPACE}*)季度|(?P<half>{_SPACE}+)半年)?"
    rf"|(?<![\d\s_＿年])(?P<lone_month>{_SPACE}{{2,}})月(?:(?P<lone_day>{_SPACE}+)日)?"
)
_RANGE = re.compile(r"\s*[至到~～—–-]+\s*")
_QUARTERS = "一二三四"


@dataclass(frozen=True)
class Days:
    """The days that a text is to name: those of a period, or one day."""

    first: date
    last: date


def find_room(text: str) -> str:
    """Return what a text leaves room for, "day", "period", or "" for nothing."""
    matches = [match for match in _ROOM.finditer(text) if _is_room(match)]
    if any(match["day"] is not None or match["lone_day"] is not None for match in matches):
        return "day"
    return "period" if matches else ""


def fill_room(text: str, days: Days, day: date) -> str:
    """Return a text with the period in the room that it leaves; with `day` where it leaves room for a day.

    Two places with 至 between them get the first and the last day of the period.
    """
    matches = [match for match in _ROOM.finditer(text) if _is_room(match)]
    if len(matches) == 2 and _RANGE.fullmatch(text[matches[0].end() : matches[1].start()]):
        parts = [(Days(own, own), own) for own in (days.first, days.last)]
    else:
        parts = [(days, day)] * len(matches)
    filled, end = "", 0
    for match, (own_days, own_day) in zip(matches, parts, strict=True):
        filled += text[end : match.start()] + _write(match, own_days, own_day)
        end = match.end()
    return filled + text[end:]


def _is_room(match: re.Match[str]) -> bool:
    """Return whether a match is room and not a word such as 每年, or a date that is complete."""
    if match["lone_month"] is not None:
        return True
    year = match["year"]
    is_open = len(year.strip("_＿ \u3000\t\n\xa0")) < 4
    is_wide = year.isdecimal() or len(year) > 1
    if match["month"] is not None:
        return is_wide or bool(year and match["month"])
    if match["quarter"] is not None or match["half"] is not None:
        return is_wide
    return is_open and is_wide


def _write(match: re.Match[str], days: Days, day: date) -> str:
    if match["lone_month"] is not None:
        return f"{day.month}月{day.day}日" if match["lone_day"] is not None else f"{_write_months(days)}月"
    if match["day"] is not None:
        return f"{day.year}年{day.month}月{day.day}日"
    year = f"{days.last.year}年"
    if match["month"] is not None:
        return f"{year}{_write_months(days)}月"
    if match["quarter"] is not None:
        first, last = (_QUARTERS[(month_day.month - 1) // 3] for month_day in (days.first, days.last))
        return f"{year}第{first}季度" if first == last else f"{year}{first}至{last}季度"
    if match["half"] is not None:
        halves = "上" if days.last.month <= 6 else "下" if days.first.month > 6 else "上下"
        return f"{year}{halves}半年"
    return year


def _write_months(days: Days) -> str:
    same = (days.first.year, days.first.month) == (days.last.year, days.last.month)
    return str(days.last.month) if same else f"{days.first.month}-{days.last.month}"
