"""What every page of the staff needs around its content."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from jiedao.desk.navigation import NAV, TAB_OF
from jiedao.kernel.policies import get_policy
from jiedao.kernel.views import theme_of
from jiedao.notices.selectors import count_unread
from jiedao.orgs.actor import Actor
from jiedao.places.models import AreaKind
from jiedao.places.selectors import AREAS


def _navigation(request: HttpRequest, actor: Actor) -> list[dict[str, Any]]:
    """Return the pages the actor's post may open; the one that is open, or stands above it, is active."""
    items = [
        {"name": name, "label": label, "url": reverse(name), "icon": icon, "key": key, "active": False}
        for name, label, icon, key, rights in NAV
        if not rights or any(actor.can(right) for right in rights)
    ]
    names = {item["name"] for item in items}
    above = [item for item in items if request.path.startswith(item["url"])]
    if above:
        open_one = max(above, key=lambda item: len(item["url"]))
        page = TAB_OF.get(open_one["name"])
        shown = next((item for item in items if item["name"] == page), open_one)
        shown["active"] = True
    return [item for item in items if TAB_OF.get(item["name"]) not in names]


def _town() -> dict[str, Any]:
    street = next((area for area in AREAS.get().values() if area.kind == AreaKind.STREET), None)
    return {"name": street.label if street else "", "demo": bool(get_policy("demo"))}


def shell(request: HttpRequest) -> dict[str, Any]:
    """Return town, navigation, actor, links, count of notices and theme for the page shell.

    One statement (the unread notices) for somebody in a post, none for anybody else.
    """
    actor: Actor | None = getattr(request, "actor", None)
    found: dict[str, Any] = {"town": _town(), "theme": theme_of(request), "actor": actor, "links": {}}
    if actor is None:
        return found
    found["nav"] = _navigation(request, actor)
    found["links"] = {
        "home": reverse("desk:home"),
        "search": reverse("desk:cases") if actor.can("cases.case:view") else "",
        "sign_out": reverse("accounts:sign_out"),
        "account": reverse("desk:account"),
        "notices": reverse("desk:notices"),
    }
    found["notice_count"] = count_unread(actor.user_id or 0)
    return found
