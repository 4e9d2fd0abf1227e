"""Moments, durations and deadlines as text for a page."""

from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

HOUR = 3600
DAY = 24 * HOUR


def format_duration(span: timedelta) -> str:
    """Return a span in its largest sensible unit: minutes under an hour, hours under two days, else days.

    The sign is ignored. The span is rounded down, so that "还剩 3 小时" never promises more time than there is.
    """
    seconds = int(abs(span.total_seconds()))
    if seconds < HOUR:
        count = max(seconds // 60, 1)
        return ngettext("%(count)d 分钟", "%(count)d 分钟", count) % {"count": count}
    if seconds < 2 * DAY:
        count = seconds // HOUR
        return ngettext("%(count)d 小时", "%(count)d 小时", count) % {"count": count}
    count = seconds // DAY
    return ngettext("%(count)d 天", "%(count)d 天", count) % {"count": count}


def format_time_left(due_at: datetime | None, now: datetime) -> str:
    """Return the time left until a deadline, "还剩 3 小时" or "已超期 2 天"; "无期限" for None."""
    if due_at is None:
        return _("无期限")
    span = due_at - now
    if span < timedelta(0):
        return _("已超期 %(span)s") % {"span": format_duration(span)}
    return _("还剩 %(span)s") % {"span": format_duration(span)}


def format_moment(at: datetime, now: datetime) -> str:
    """Return a moment in local time: relative within an hour, by "今天" or "昨天", else with the date."""
    span = (now - at).total_seconds()
    if 0 <= span < 60:
        return _("刚刚")
    if 0 <= span < HOUR:
        return _("%(span)s前") % {"span": format_duration(now - at)}
    local_at, local_now = timezone.localtime(at), timezone.localtime(now)
    days = (local_now.date() - local_at.date()).days
    if days == 0:
        return _("今天 %(time)s") % {"time": f"{local_at:%H:%M}"}
    if days == 1:
        return _("昨天 %(time)s") % {"time": f"{local_at:%H:%M}"}
    if days == -1:
        return _("明天 %(time)s") % {"time": f"{local_at:%H:%M}"}
    return f"{local_at:%m-%d %H:%M}" if local_at.year == local_now.year else f"{local_at:%Y-%m-%d %H:%M}"


def describe_deadline(
    due_at: datetime | None,
    now: datetime,
    *,
    warn_at: datetime | None = None,
    done_at: datetime | None = None,
    paused: bool = False,
) -> tuple[str, str]:
    """Return the text and the tone of a deadline.

    Args:
        warn_at: the moment from which the deadline is near; by default four hours before it.
        done_at: the moment at which the work was finished; the text then states whether it was on time.
        paused: whether the clock is paused.
    """
    if due_at is None:
        return _("无期限"), "neutral"
    if done_at is not None:
        late = done_at > due_at
        return (_("超期完成"), "bad") if late else (_("按期完成"), "good")
    if paused:
        return _("计时已暂停"), "hold"
    words = format_time_left(due_at, now)
    if due_at < now:
        return words, "bad"
    near = now >= (warn_at if warn_at is not None else due_at - timedelta(hours=4))
    return words, "warn" if near else "neutral"
