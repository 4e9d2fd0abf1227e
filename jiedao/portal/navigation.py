"""The pages of the public's site: the list at the top of every page, and the parts of the start page.

A subject of the site adds a line to `PAGES` for its first page, and one to `HOME_PARTS` for what it shows on the start
page.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from jiedao.portal.info.views import read_home_part, read_notices_part
from jiedao.portal.open_data.views import has_open_data


@dataclass(frozen=True)
class PortalPage:
    """A page in the navigation.

    Attributes:
        name: its url name.
        line: one sentence for the tile on the start page; "" for a page without a tile.
        is_open: a function that states whether this town has the page; None for always.
    """

    name: str
    label: str | Promise
    icon: str
    line: str | Promise = ""
    is_open: Callable[[], bool] | None = None


@dataclass(frozen=True)
class HomePart:
    """A part of the start page: a template, and the function that reads its context; None from it hides the part."""

    template: str
    read: Callable[[HttpRequest], dict[str, Any] | None]


PAGES: list[PortalPage] = [
    PortalPage("portal:home", _("首页"), "home"),
    PortalPage("portal:report", _("我要反映"), "message-report"),
    PortalPage("portal:follow", _("查进度"), "search"),
    PortalPage("portal:mine", _("我的反映"), "phone", _("用手机号验证后，查看自己反映过的事")),
    PortalPage("portal:company", _("企业"), "building", _("提出企业诉求，看就要到来的检查")),
    PortalPage("portal:map", _("身边的事"), "map-2", _("看附近反映的问题和办理结果")),
    PortalPage("portal:consultations", _("征求意见"), "messages", _("对街道要办的事提意见")),
    PortalPage("portal:info", _("信息公开"), "file-text", _("工作报告、规划计划、通知和政策。")),
    PortalPage(
        "portal:response", _("办理公示"), "chart-bar", _("每月收到多少，按期办了多少，群众满意不满意。")
    ),
    PortalPage(
        "portal:data", _("开放数据"), "database", _("可以下载和再利用的数据。"), is_open=has_open_data
    ),
]
HOME_PARTS: list[HomePart] = [
    HomePart("portal/info/notices.html", read_notices_part),
    HomePart("portal/info/home.html", read_home_part),
]
