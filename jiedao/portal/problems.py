"""The handlers of refusals and faults outside a view: an address of the public's site gets the page of the site.

The desk and the other faces keep their own page, and so does a user of the desk who opens an unknown address.
"""

import logging

from django.http import HttpRequest, HttpResponse
from django.urls import URLResolver, get_resolver

from jiedao.kernel import views
from jiedao.portal.entry import use_public_frame
from jiedao.portal.site import find_site

log = logging.getLogger("jiedao.pages")


def _is_public_address(request: HttpRequest) -> bool:
    """Return whether an address is below no other face, also one that leads to no page."""
    routes = (str(entry.pattern) for entry in get_resolver().url_patterns if isinstance(entry, URLResolver))
    first_parts = {route.split("/")[0] for route in routes if route}
    return request.path_info.lstrip("/").split("/")[0] not in first_parts


def _choose_frame(request: HttpRequest) -> None:
    """Let the page of the site show the problem, where the town has a site."""
    try:
        if _is_public_address(request) and find_site() is not None:
            use_public_frame(request)
    except Exception:  # the usual page needs neither the database nor the site
        log.exception("the page of the public's site cannot be shown")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 400: Django's handler400."""
    _choose_frame(request)
    return views.bad_request(request, exception)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 403: Django's handler403."""
    _choose_frame(request)
    return views.forbidden(request, exception)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 404: Django's handler404."""
    _choose_frame(request)
    return views.not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer 500: Django's handler500."""
    _choose_frame(request)
    return views.server_error(request)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form whose CSRF token did not match."""
    _choose_frame(request)
    return views.csrf_failure(request, reason)
