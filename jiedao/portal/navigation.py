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
    PortalPage("portal:map", _("身边的事"), "map-2", _("看附近反映的问题和办理结果")),
    PortalPage("portal:consultations", _("征求意见"), "messages", _("对街道要办的事提意见")),
]
HOME_PARTS: list[HomePart] = []
