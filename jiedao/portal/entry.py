"""The decorator of every public page: pages need no account, and exist while the pack describes a site."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest
from django.http.response import Http404, HttpResponseBase

from jiedao.portal.site import find_site

LAYOUT = "portal/base.html"
PROBLEM_PAGE = "portal/problem.html"
View = Callable[..., HttpResponseBase]


def public_page(view: View) -> View:
    """Open the view to everybody, with problems shown in the frame of the site; without a site it is not found."""

    @wraps(view)
    def opened(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if find_site() is None:
            raise Http404
        use_public_frame(request)
        return view(request, *args, **kwargs)

    return opened


def use_public_frame(request: HttpRequest) -> None:
    """Let the problems of this request be shown on the page of the public's site."""
    request.problem_layout = LAYOUT  # type: ignore[attr-defined]
    request.problem_template = PROBLEM_PAGE  # type: ignore[attr-defined]
