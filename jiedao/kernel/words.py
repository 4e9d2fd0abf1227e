"""Moments, durations and deadlines as text for a page."""

from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from jiedao.kernel.calendar import get_town_calendar
from jiedao.kernel.clock import TOWN_TZ
from jiedao.kernel.worktime import WorkCalendar

HOUR = 3600
DAY = 24 * HOUR
NEAR = 4 * HOUR  # of working time: a deadline that is nearer is a warning


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


def format_working_time(seconds: float, day_length: float) -> str:
    """Return working time in its largest sensible unit: minutes, working hours, from two days on working days.

    It is rounded down, so that "还剩 3 个工作时" never promises more time than there is.
    """
    seconds = int(seconds)
    if seconds < HOUR:
        count = max(seconds // 60, 1)
        return ngettext("%(count)d 分钟", "%(count)d 分钟", count) % {"count": count}
    if seconds < 2 * day_length:
        count = seconds // HOUR
        return ngettext("%(count)d 个工作时", "%(count)d 个工作时", count) % {"count": count}
    count = int(seconds // day_length)
    return ngettext("%(count)d 个工作日", "%(count)d 个工作日", count) % {"count": count}


def format_time_left(due_at: datetime | None, now: datetime, calendar: WorkCalendar | None = None) -> str:
    """Return the working time left until a deadline, "还剩 4 个工作时" or "已超 2 个工作时"; "无期限" for None.

    A deadline outside office hours belongs to a limit in natural hours, and is counted in those. `calendar` is by
    default that of the town.
    """
    if due_at is None:
        return _("无期限")
    calendar = calendar or get_town_calendar()
    late = due_at < now
    seconds = abs(calendar.between(now, due_at))
    if not calendar.is_office_time(due_at):
        span = format_duration(due_at - now)
    elif seconds < 60 <= abs((due_at - now).total_seconds()):
        # The office has been closed all the time between.
        return _("已超期") if late else _("上班即到期")
    else:
        span = format_working_time(seconds, calendar.day_length)
    return _("已超 %(span)s") % {"span": span} if late else _("还剩 %(span)s") % {"span": span}


def format_due_moment(due_at: datetime, now: datetime) -> str:
    """Return when a deadline ends, for the next six days by the day of the week: "周一 10:30"."""
    local_at, local_now = due_at.astimezone(TOWN_TZ), now.astimezone(TOWN_TZ)
    days = (local_at.date() - local_now.date()).days
    if not 2 <= days <= 6:
        return format_moment(due_at, now) if abs(days) <= 1 else format_date_and_time(due_at, now)
    weekdays = [_("周一"), _("周二"), _("周三"), _("周四"), _("周五"), _("周六"), _("周日")]
    return f"{weekdays[local_at.weekday()]} {local_at:%H:%M}"


def format_date_and_time(at: datetime, now: datetime) -> str:
    """Return day and time in local time, with the year unless it is the present one."""
    local_at, local_now = at.astimezone(TOWN_TZ), now.astimezone(TOWN_TZ)
    return f"{local_at:%m-%d %H:%M}" if local_at.year == local_now.year else f"{local_at:%Y-%m-%d %H:%M}"


def describe_done(due_at: datetime | None, done_at: datetime, now: datetime) -> str:
    """Return when something was done and what its limit was, such as "11-29 16:20 完成，期限 11-30 11:00"."""
    done = format_date_and_time(done_at, now)
    if due_at is None:
        return _("%(done)s 完成") % {"done": done}
    return _("%(done)s 完成，期限 %(due)s") % {"done": done, "due": format_date_and_time(due_at, now)}


def format_moment(at: datetime, now: datetime) -> str:
    """Return a moment in local time: relative within an hour, by "今天" or "昨天", else with the date."""
    span = (now - at).total_seconds()
    if 0 <= span < 60:
        return _("刚刚")
    if 0 <= span < HOUR:
        return _("%(span)s前") % {"span": format_duration(now - at)}
    local_at, local_now = at.astimezone(TOWN_TZ), now.astimezone(TOWN_TZ)
    days = (local_now.date() - local_at.date()).days
    if days == 0:
        return _("今天 %(time)s") % {"time": f"{local_at:%H:%M}"}
    if days == 1:
        return _("昨天 %(time)s") % {"time": f"{local_at:%H:%M}"}
    if days == -1:
        return _("明天 %(time)s") % {"time": f"{local_at:%H:%M}"}
    return format_date_and_time(at, now)


def describe_deadline(
    due_at: datetime | None,
    now: datetime,
    *,
    warn_at: datetime | None = None,
    done_at: datetime | None = None,
    paused: bool = False,
    calendar: WorkCalendar | None = None,
) -> tuple[str, str]:
    """Return the text and the tone of a deadline.

    Args:
        warn_at: the moment from which the deadline is near; by default four working hours before it.
        done_at: the moment at which the work was finished; the text then states whether it was on time.
        paused: whether the clock is paused.
        calendar: by default that of the town.
    """
    if due_at is None:
        return _("无期限"), "neutral"
    if done_at is not None:
        late = done_at > due_at
        return (_("超期完成"), "bad") if late else (_("按期完成"), "good")
    if paused:
        return _("计时已暂停"), "hold"
    calendar = calendar or get_town_calendar()
    words = format_time_left(due_at, now, calendar)
    if due_at < now:
        return words, "bad"
    near = now >= warn_at if warn_at is not None else _is_near(due_at, now, calendar)
    return words, "warn" if near else "neutral"


def _is_near(due_at: datetime, now: datetime, calendar: WorkCalendar) -> bool:
    if not calendar.is_office_time(due_at):
        return due_at - now <= timedelta(seconds=NEAR)
    return calendar.between(now, due_at) <= NEAR
