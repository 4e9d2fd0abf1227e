from datetime import UTC, datetime, timedelta

import pytest
from django.utils import translation

from jiedao.kernel import clock, words
from jiedao.kernel.worktime import WorkCalendar

NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)  # 14:00 in the town


@pytest.mark.parametrize(
    ("span", "text"),
    [
        (timedelta(seconds=5), "1 分钟"),
        (timedelta(minutes=59, seconds=59), "59 分钟"),
        (timedelta(hours=3, minutes=59), "3 小时"),
        (timedelta(hours=47), "47 小时"),
        (timedelta(hours=48), "2 天"),
        (timedelta(days=-9, hours=-23), "9 天"),
    ],
)
def test_a_duration_is_rounded_down_to_its_largest_sensible_unit(span, text):
    with translation.override("zh-hans"):
        assert words.format_duration(span) == text


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """Return a moment of November or December 2026 in the town; the 23rd and the 30th of November are Mondays."""
    return datetime(2026, 11, 1, hour, minute, tzinfo=clock.TOWN_TZ) + timedelta(days=day - 1)


@pytest.mark.parametrize(
    ("now", "due", "text"),
    [
        (at(23, 14), at(23, 17, 5), "还剩 3 个工作时"),
        (at(23, 11), at(23, 16), "还剩 3 个工作时"),  # without the lunch break
        (at(27, 16), at(30, 10, 30), "还剩 3 个工作时"),  # over a weekend
        (at(29, 12), at(30, 10, 30), "还剩 1 个工作时"),  # Monday's first hours, read on Sunday
        (at(29, 12), at(30, 9), "上班即到期"),
        (at(23, 9), at(26, 9), "还剩 3 个工作日"),
        (at(23, 9), at(23, 9, 40), "还剩 40 分钟"),
        (at(23, 15), at(23, 11), "已超 2 个工作时"),
        (at(30, 11), at(27, 18), "已超 2 个工作时"),
        (at(28, 11), at(27, 18), "已超期"),  # the office has been closed ever since
        (at(30, 9), at(25, 9), "已超 3 个工作日"),
        (at(28, 20), at(29, 10), "还剩 14 小时"),  # a limit in natural hours ends when no office is open
        (at(29, 12), at(29, 10), "已超 2 小时"),
        (at(23, 9), None, "无期限"),
    ],
)
def test_time_left_is_counted_in_working_time(now, due, text):
    with translation.override("zh-hans"):
        assert words.format_time_left(due, now, WorkCalendar()) == text


@pytest.mark.parametrize(
    ("due", "text"),
    [
        (at(27, 18), "今天 18:00"),
        (at(28, 10), "明天 10:00"),
        (at(30, 10, 30), "周一 10:30"),
        (at(27 + 6, 9), "周四 09:00"),
        (at(27 + 7, 9), "12-04 09:00"),
    ],
)
def test_the_end_of_a_deadline_is_named_by_the_day_of_the_week(due, text):
    with translation.override("zh-hans"):
        assert words.format_due_moment(due, at(27, 16)) == text


def test_what_was_done_names_the_time_and_the_limit():
    with translation.override("zh-hans"):
        text = words.describe_done(at(30, 11), at(29, 16, 20), at(29, 17))
    assert text == "11-29 16:20 完成，期限 11-30 11:00"


@pytest.mark.parametrize(
    ("at", "text"),
    [
        (NOW - timedelta(seconds=20), "刚刚"),
        (NOW - timedelta(minutes=12), "12 分钟前"),
        (NOW - timedelta(hours=5), "今天 09:00"),
        (NOW - timedelta(hours=20), "昨天 18:00"),
        (NOW + timedelta(hours=12), "明天 02:00"),
        (NOW - timedelta(days=3), "11-20 14:00"),
        (NOW - timedelta(days=400), "2025-10-19 14:00"),
    ],
)
def test_a_moment_is_shown_in_local_time_relative_to_now(at, text):
    with translation.override("zh-hans"):
        assert words.format_moment(at, NOW) == text


def test_the_tone_of_a_deadline_follows_its_state():
    calendar = WorkCalendar()
    soon, later = NOW + timedelta(hours=2), NOW + timedelta(days=5)
    tones = [
        words.describe_deadline(later, NOW, calendar=calendar)[1],
        words.describe_deadline(soon, NOW, calendar=calendar)[1],
        words.describe_deadline(later, NOW, warn_at=NOW, calendar=calendar)[1],
        words.describe_deadline(NOW - timedelta(hours=1), NOW, calendar=calendar)[1],
        words.describe_deadline(later, NOW, paused=True, calendar=calendar)[1],
        words.describe_deadline(later, NOW, done_at=NOW, calendar=calendar)[1],
        words.describe_deadline(NOW, NOW, done_at=later, calendar=calendar)[1],
        words.describe_deadline(None, NOW, calendar=calendar)[1],
    ]
    assert tones == ["neutral", "warn", "warn", "bad", "hold", "good", "bad", "neutral"]
