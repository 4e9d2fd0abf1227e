"""The context processor for the frame of every page: town, navigation, links, number of notices."""

from typing import Any

from django.http import HttpRequest
from django.utils import dateformat, timezone
from django.utils.translation import gettext as _

from jiedao.desk.help_pages import get_help_url
from jiedao.desk.navigation import NAVIGATION, ONLY_WHERE, PARENT_PAGES, choose_phone_pages
from jiedao.desk.phrases import list_reasons
from jiedao.desk.sight import describe_scope, find_sight_note, name_administrators
from jiedao.kernel import clock
from jiedao.kernel.addresses import make_address
from jiedao.kernel.policies import get_policy
from jiedao.kernel.views import get_theme
from jiedao.notices.selectors import count_unread
from jiedao.orgs.actor import Actor
from jiedao.pages.doors import list_doors
from jiedao.places.selectors import find_town_area


def _build_navigation(request: HttpRequest, actor: Actor) -> list[dict[str, Any]]:
    """Return the pages that the actor may open; the one that is open, or that contains the open page, is active."""
    items: list[dict[str, Any]] = [
        {
            "name": name,
            "label": str(label),
            "url": make_address(name),
            "icon": icon,
            "key": key,
            "active": False,
        }
        for name, label, icon, key, rights in NAVIGATION
        if (not rights or any(actor.can(right) for right in rights))
        and (name not in ONLY_WHERE or ONLY_WHERE[name]())
    ]
    items += [
        {
            "name": door.name,
            "label": str(door.label),
            "url": make_address(door.name),
            "icon": door.icon,
            "key": "",
            "active": False,
        }
        for door in list_doors(actor)
    ]
    names = {item["name"] for item in items}
    parents = [item for item in items if request.path.startswith(item["url"])]
    if parents:
        open_item = max(parents, key=lambda item: len(item["url"]))
        parent_name = PARENT_PAGES.get(open_item["name"])
        active_item = next((item for item in items if item["name"] == parent_name), open_item)
        active_item["active"] = True
    listed_items = [item for item in items if PARENT_PAGES.get(item["name"]) not in names]
    at_hand = choose_phone_pages(actor, [item["name"] for item in listed_items])
    return [{**item, "phone": item["name"] in at_hand} for item in listed_items]


def _describe_town() -> dict[str, Any]:
    area = find_town_area()
    return {
        "name": area.label if area else "",
        "demo": bool(get_policy("demo")),
        "schematic": bool(get_policy("schematic")),
        "clock": _describe_clock(),
    }


def _describe_clock() -> str:
    """Return a sentence about the clock of a demonstration; "" where the town has the real time."""
    began_at = clock.read_town_time().began_at
    if began_at is None:
        return ""
    began, now = (
        dateformat.format(timezone.localtime(moment), _("Y年n月j日 H:i"))
        for moment in (began_at, clock.now())
    )
    return _("时间从 %(began)s 起走，现在是 %(now)s。") % {"began": began, "now": now}


def add_page_context(request: HttpRequest) -> dict[str, Any]:
    """Return town, navigation, actor, links, number of unread notices and theme for the frame of a page.

    One query (the unread notices) for a user with a post, none for other requests.
    """
    actor: Actor | None = getattr(request, "actor", None)
    context: dict[str, Any] = {
        "town": _describe_town(),
        "theme": get_theme(request),
        "actor": actor,
        "links": {"help": get_help_url(request)},
    }
    if actor is None:
        return context
    context["nav"] = _build_navigation(request, actor)
    context["links"] = {
        **context["links"],
        "home": make_address("desk:home"),
        "search": make_address("desk:search"),
        "cases": make_address("desk:cases") if actor.can("cases.case:view") else "",
        "sign_out": make_address("accounts:sign_out"),
        "account": make_address("desk:account"),
        "notices": make_address("desk:notices"),
        "tasks": make_address("desk:tasks"),
    }
    match = request.resolver_match
    if match is not None and match.namespace == "desk":
        context["frame_note"] = find_sight_note(actor, match.url_name or "")
    context["scope_in_words"] = lambda: describe_scope(actor)  # read by empty lists
    context["administrators"] = name_administrators
    context["reason_phrases"] = lambda: list_reasons(actor)  # read by the pages that offer them
    context["notice_count"] = count_unread(actor.user_id or 0)
    return context
