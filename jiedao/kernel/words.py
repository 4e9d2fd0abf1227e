"""Times and durations in the words of a page."""

from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

HOUR = 3600
DAY = 24 * HOUR


def duration(span: timedelta) -> str:
    """Say a span in its largest sensible unit: minutes under an hour, hours under two days, else days.

    The sign is ignored; a span is rounded down, so that "还剩 3 小时" never promises more than there is.
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


def until(due_at: datetime | None, now: datetime) -> str:
    """Say how far a deadline is: "还剩 3 小时" or "已超期 2 天"; "无期限" for None."""
    if due_at is None:
        return _("无期限")
    span = due_at - now
    if span < timedelta(0):
        return _("已超期 %(span)s") % {"span": duration(span)}
    return _("还剩 %(span)s") % {"span": duration(span)}


def when(at: datetime, now: datetime) -> str:
    """Say a moment as a colleague would: relative today and yesterday, else the date; local time."""
    span = (now - at).total_seconds()
    if 0 <= span < 60:
        return _("刚刚")
    if 0 <= span < HOUR:
        return _("%(span)s前") % {"span": duration(now - at)}
    there, here = timezone.localtime(at), timezone.localtime(now)
    days = (here.date() - there.date()).days
    if days == 0:
        return _("今天 %(time)s") % {"time": f"{there:%H:%M}"}
    if days == 1:
        return _("昨天 %(time)s") % {"time": f"{there:%H:%M}"}
    if days == -1:
        return _("明天 %(time)s") % {"time": f"{there:%H:%M}"}
    return f"{there:%m-%d %H:%M}" if there.year == here.year else f"{there:%Y-%m-%d %H:%M}"


def due_words(
    due_at: datetime | None,
    now: datetime,
    *,
    warn_at: datetime | None = None,
    done_at: datetime | None = None,
    paused: bool = False,
) -> tuple[str, str]:
    """Return (words, tone) of a deadline.

    Args:
        warn_at: from when it counts as near; without it, the last four hours.
        done_at: when the work was finished; then the words say whether it was on time.
        paused: the clock does not run.
    """
    if due_at is None:
        return _("无期限"), "neutral"
    if done_at is not None:
        late = done_at > due_at
        return (_("超期完成"), "bad") if late else (_("按期完成"), "good")
    if paused:
        return _("计时已暂停"), "hold"
    words = until(due_at, now)
    if due_at < now:
        return words, "bad"
    near = now >= (warn_at if warn_at is not None else due_at - timedelta(hours=4))
    return words, "warn" if near else "neutral"
