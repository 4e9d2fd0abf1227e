"""Timeline entries that are no move on the case itself: what the worker writes, and what happened on another case."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class TimelineEvent:
    """How an entry of this code reads and looks."""

    label: Any
    icon: str
    entry_tone: str = "neutral"


EVENTS = {
    "WARNED": TimelineEvent(_("即将到期，已提醒"), "hourglass", "warn"),
    "OVERDUE": TimelineEvent(_("已超期，已提醒"), "clock-exclamation", "bad"),
    "ESCALATED": TimelineEvent(_("超期未办，已逐级提醒"), "trending-up", "bad"),
    "SETTLED": TimelineEvent(_("暂定的期限已按节假日安排确定"), "calendar-event"),
    "RELOCATED": TimelineEvent(_("所属地点已随辖区调整变更"), "map-pin"),
    "SUCCEEDED": TimelineEvent(_("承办单位已随机构调整变更"), "switch-horizontal"),
    "ORDER_SENT": TimelineEvent(_("已下达，街道系统已收到"), "building-community"),
    "ORDER_NEWS": TimelineEvent(_("街道系统的进展"), "building-community"),
    "MERGED_HERE": TimelineEvent(_("另一案件并入本案"), "arrows-join"),
    "UNMERGED_HERE": TimelineEvent(_("并入的案件已撤出"), "arrows-split"),
}
