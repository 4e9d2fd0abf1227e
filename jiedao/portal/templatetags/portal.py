"""What the frame of every public page shows: the words of the site, its navigation, and the other language."""

from typing import Any

from django import template
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import get_language

from jiedao.cases.flow import State
from jiedao.cases.following_public.reading import STATE_WORDS
from jiedao.portal.navigation import PAGES
from jiedao.portal.site import Site, find_site

register = template.Library()


@register.simple_tag
def get_site() -> Site | None:
    """Return the site as the pack describes it."""
    return find_site()


@register.simple_tag
def list_portal_pages(path: str) -> list[dict[str, Any]]:
    """Return the pages of the navigation; the one that contains the path is active."""
    pages = [
        {
            "label": page.label,
            "url": reverse(page.name),
            "icon": page.icon,
            "line": page.line,
            "active": False,
        }
        for page in PAGES
        if page.is_open is None or page.is_open()
    ]
    holders = [page for page in pages if path.startswith(str(page["url"]))]
    if holders:
        nearest = max(holders, key=lambda page: len(str(page["url"])))
        nearest["active"] = nearest["url"] != reverse("portal:home") or path == nearest["url"]
    return pages


@register.simple_tag
def make_language_url(request: HttpRequest) -> str:
    """Return the address that shows this page in the other language; the start page where a form was refused."""
    other = "zh-hans" if (get_language() or "").startswith("en") else "en"
    target = request.get_full_path() if request.method == "GET" else request.path
    return f"{reverse('portal:language', args=[other])}?{urlencode({'next': target})}"


@register.filter
def state_words(state: str) -> str:
    """Return the state of a case in the words of a resident."""
    return str(STATE_WORDS[State(state)])


@register.filter
def thousands(number: int) -> str:
    """Return a count with a comma between thousands, as all pages of the site write it."""
    return f"{number:,}"
