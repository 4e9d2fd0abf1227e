from datetime import UTC, datetime, timedelta

import pytest
from django.utils import translation

from jiedao.kernel import words

NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)  # 14:00 in the town


@pytest.mark.parametrize(
    ("span", "said"),
    [
        (timedelta(seconds=5), "1 分钟"),
        (timedelta(minutes=59, seconds=59), "59 分钟"),
        (timedelta(hours=3, minutes=59), "3 小时"),
        (timedelta(hours=47), "47 小时"),
        (timedelta(hours=48), "2 天"),
        (timedelta(days=-9, hours=-23), "9 天"),
    ],
)
def test_a_duration_is_rounded_down_to_its_largest_sensible_unit(span, said):
    with translation.override("zh-hans"):
        assert words.duration(span) == said


def test_a_deadline_is_said_as_left_or_overdue():
    with translation.override("zh-hans"):
        assert words.until(NOW + timedelta(hours=3, minutes=5), NOW) == "还剩 3 小时"
        assert words.until(NOW - timedelta(days=2), NOW) == "已超期 2 天"
        assert words.until(None, NOW) == "无期限"


@pytest.mark.parametrize(
    ("at", "said"),
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
def test_a_moment_is_said_in_local_time_as_a_colleague_would(at, said):
    with translation.override("zh-hans"):
        assert words.when(at, NOW) == said


def test_the_tone_of_a_deadline_follows_its_state():
    soon, later = NOW + timedelta(hours=2), NOW + timedelta(days=5)
    tones = [
        words.due_words(later, NOW)[1],
        words.due_words(soon, NOW)[1],
        words.due_words(later, NOW, warn_at=NOW)[1],
        words.due_words(NOW - timedelta(hours=1), NOW)[1],
        words.due_words(later, NOW, paused=True)[1],
        words.due_words(later, NOW, done_at=NOW)[1],
        words.due_words(NOW, NOW, done_at=later)[1],
        words.due_words(None, NOW)[1],
    ]
    assert tones == ["neutral", "warn", "warn", "bad", "hold", "good", "bad", "neutral"]
