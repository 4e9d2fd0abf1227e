"""The start page, the privacy notice and the choice of the language."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import Http404
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_safe

from jiedao.portal.entry import public_page, use_public_frame
from jiedao.portal.navigation import HOME_PARTS
from jiedao.portal.site import find_site

YEAR = 365 * 24 * 3600


@require_safe
def show_home(request: HttpRequest) -> HttpResponse:
    """Show the start page, or the desk while the pack describes no site."""
    if find_site() is None:
        return redirect(settings.LOGIN_REDIRECT_URL)
    use_public_frame(request)
    parts = []
    for part in HOME_PARTS:
        context = part.read(request)
        if context is not None:
            parts.append(render_to_string(part.template, context, request))
    return render(request, "portal/home.html", {"parts": parts})


@public_page
@require_safe
def show_privacy(request: HttpRequest) -> HttpResponse:
    """Show what the office does with personal data."""
    return render(request, "portal/privacy.html")


@require_safe
def choose_language(request: HttpRequest, code: str) -> HttpResponse:
    """Store the language in a cookie and redirect back.

    It is a link, because a form would give every visitor a cookie with Django's CSRF token before they choose anything.
    """
    if code not in dict(settings.LANGUAGES):
        raise Http404
    target = request.GET.get("next") or "/"
    if not url_has_allowed_host_and_scheme(target, {request.get_host()}, request.is_secure()):
        target = "/"
    response = HttpResponseRedirect(target)
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME, code, max_age=YEAR, samesite="Lax", secure=request.is_secure()
    )
    return response
