from datetime import UTC, datetime, timedelta

import pytest
from django.utils import translation

from jiedao.kernel import words

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


def test_a_deadline_is_shown_as_time_left_or_overdue():
    with translation.override("zh-hans"):
        assert words.format_time_left(NOW + timedelta(hours=3, minutes=5), NOW) == "还剩 3 小时"
        assert words.format_time_left(NOW - timedelta(days=2), NOW) == "已超期 2 天"
        assert words.format_time_left(None, NOW) == "无期限"


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
    soon, later = NOW + timedelta(hours=2), NOW + timedelta(days=5)
    tones = [
        words.describe_deadline(later, NOW)[1],
        words.describe_deadline(soon, NOW)[1],
        words.describe_deadline(later, NOW, warn_at=NOW)[1],
        words.describe_deadline(NOW - timedelta(hours=1), NOW)[1],
        words.describe_deadline(later, NOW, paused=True)[1],
        words.describe_deadline(later, NOW, done_at=NOW)[1],
        words.describe_deadline(NOW, NOW, done_at=later)[1],
        words.describe_deadline(None, NOW)[1],
    ]
    assert tones == ["neutral", "warn", "warn", "bad", "hold", "good", "bad", "neutral"]
