"""The addresses of the sign-in at the provider: begin, return, and sign out there as well."""

import logging
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, resolve_url
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from jiedao.accounts import second_factor, sessions, throttle
from jiedao.accounts.actions import SESSION, record_account_event
from jiedao.accounts.models import User
from jiedao.accounts.oidc import faults, links
from jiedao.accounts.oidc.config import get_settings
from jiedao.accounts.oidc.faults import SignInFault
from jiedao.accounts.views import render_locked
from jiedao.accounts.visitor import make_visitor
from jiedao.kernel.requests import get_limit_address

if TYPE_CHECKING:
    from jiedao.accounts.oidc.flow import Identity

log = logging.getLogger("jiedao.accounts.oidc")
FAULT = "office_fault"  # a key of the session, shown once by the sign-in page
CONFIRMED_PAGE = "accounts:second_factor"
FROM_PROVIDER = {
    faults.TOKEN,
    faults.CLOCK,
    faults.NOT_FRESH,
    faults.OTHER_ACCOUNT,
}  # it has sent them itself
BEGUN_FOR_A_FAILURE = 20  # so many sign-ins may be begun for each failure that an address may have
NOT_COUNTED = {faults.AWAY, faults.SETUP, faults.DENIED, faults.PAUSED}


def _require_provider() -> None:
    if settings.JIEDAO_OIDC is None:
        raise Http404("no provider is configured")


def _read_goal(request: HttpRequest) -> str:
    """Return the page to show afterwards, "" unless it is a page of this site."""
    goal = request.GET.get("next", "")
    hosts = {request.get_host()}
    is_own = url_has_allowed_host_and_scheme(goal, allowed_hosts=hosts, require_https=request.is_secure())
    return goal if is_own else ""


def _make_address_key(request: HttpRequest) -> str:
    return f"office:{get_limit_address(request)}"


def _check_pause(request: HttpRequest) -> None:
    """Raise SignInFault at an address with too many failures; a browser in which a user has signed in is exempt."""
    minutes = throttle.find_pause([_make_address_key(request)])
    if minutes and not throttle.read_device(request)[0]:
        raise SignInFault(faults.PAUSED, "too many failures at this address", minutes)


def _count_begun(request: HttpRequest) -> None:
    """Raise SignInFault at an address that begins far more sign-ins than people do: each is a stored session."""
    if throttle.read_device(request)[0]:
        return
    key = f"begun:{_make_address_key(request)}"
    if minutes := throttle.find_pause([key]):
        raise SignInFault(faults.PAUSED, "too many sign-ins begun at this address", minutes)
    throttle.count_failure(key, BEGUN_FOR_A_FAILURE * settings.JIEDAO_ADDRESS_FAILURES)


def _refuse(request: HttpRequest, fault: SignInFault, goal: str = "") -> HttpResponse:
    """Log the fault, count it, and redirect to the page that shows it: that of the sign-in, or of the change."""
    log.warning("sign-in at the provider refused: %s", fault)
    if fault.code == faults.PAUSED:
        return render_locked(request, fault.number)  # without a session, which a machine could multiply
    if fault.code not in NOT_COUNTED:
        throttle.count_failure(_make_address_key(request), settings.JIEDAO_ADDRESS_FAILURES)
    user = request.user if isinstance(request.user, User) else None
    if fault.code in FROM_PROVIDER:
        after = {"provider": get_settings().issuer, "why": fault.code}
        visitor, user_id = make_visitor(request, user), user.pk if user is not None else None
        record_account_event(actor=visitor, action=f"{SESSION}:fail", user_id=user_id, after=after)
    if user is not None:
        words = faults.describe_fault({"code": fault.code, "number": fault.number}) or {}
        messages.error(request, "：".join(words.values()))
        return redirect(goal or CONFIRMED_PAGE)
    request.session[FAULT] = {"code": fault.code, "number": fault.number}
    return redirect(reverse("accounts:sign_in") + (f"?{urlencode({'next': goal})}" if goal else ""))


@never_cache
@require_GET
def begin(request: HttpRequest) -> HttpResponse:
    """Redirect to the provider's page; with `confirm`, a user who has signed in there confirms a change so.

    It is a link, not a form: browsers apply the form-action of the Content-Security-Policy to redirects as well.
    """
    _require_provider()
    from jiedao.accounts.oidc import flow  # noqa: PLC0415 (signatures and HTTP take 30 ms to load)

    goal = _read_goal(request)
    user = request.user if isinstance(request.user, User) else None
    if user is not None and not ("confirm" in request.GET and sessions.is_from_provider(request)):
        return redirect(goal or resolve_url(settings.LOGIN_REDIRECT_URL))
    try:
        _check_pause(request)
        _count_begun(request)
        return HttpResponseRedirect(flow.begin_sign_in(request, goal, confirms=user))
    except SignInFault as fault:
        return _refuse(request, fault, goal)


@never_cache
@require_GET
def finish(request: HttpRequest) -> HttpResponse:
    """Check the provider's answer and begin the session, go on to the page of the code, or confirm a change."""
    _require_provider()
    from jiedao.accounts.oidc import flow  # noqa: PLC0415 (signatures and HTTP take 30 ms to load)

    user = request.user if isinstance(request.user, User) else None
    if user is not None and not flow.is_confirmation(request):
        return redirect(resolve_url(settings.LOGIN_REDIRECT_URL))
    goal = ""
    try:
        _check_pause(request)
        started = flow.take_started(request)
        goal = started["goal"]
        identity = flow.finish_sign_in(request, started)
        if user is not None:
            return _confirm(request, identity, user)
        return _enter(request, identity, _find_user(request, identity))
    except SignInFault as fault:
        return _refuse(request, fault, goal)


def _find_user(request: HttpRequest, identity: "Identity") -> User:
    """Return the active user of the provider's account; raise SignInFault."""
    account = links.find_account(actor=make_visitor(request), claims=identity.claims)
    user = account.user if account is not None else None
    if user is None:
        raise SignInFault(faults.UNKNOWN, "not linked", account.pk if account is not None else 0)
    if not user.is_active:
        after = {"provider": get_settings().issuer, "why": faults.INACTIVE}
        record_account_event(
            actor=make_visitor(request, user), action=f"{SESSION}:fail", user_id=user.pk, after=after
        )
        raise SignInFault(faults.INACTIVE, "the account is switched off")
    return user


def _confirm(request: HttpRequest, identity: "Identity", user: User) -> HttpResponse:
    """Store that the user has signed in again; raise SignInFault for another account of the provider."""
    if not links.is_account_of(user, identity.claims):
        raise SignInFault(faults.OTHER_ACCOUNT, "confirmed with another account")
    sessions.confirm_at_provider(request, user, _describe_sign_in(identity))
    messages.success(request, _("已用单位账号确认，请在十分钟内完成。"))
    return HttpResponseRedirect(identity.goal or resolve_url(CONFIRMED_PAGE))


def _describe_sign_in(identity: "Identity") -> dict[str, Any]:
    """Return what the session stores of a sign-in at the provider."""
    return {
        "issuer": get_settings().issuer,
        "has_factor": identity.has_factor,
        "signed_in_at": identity.signed_in_at,
    }


def _enter(request: HttpRequest, identity: "Identity", user: User) -> HttpResponse:
    """Sign the user in; jiedao's own second factor follows unless the provider's is accepted."""
    provider = _describe_sign_in(identity)
    if second_factor.is_on(user) and not identity.has_factor:
        sessions.wait_for_code(request, user, provider)
        query = f"?{urlencode({'next': identity.goal})}" if identity.goal else ""
        return redirect(reverse("accounts:code") + query)
    sessions.begin_session(request, user, how="PROVIDER", provider=provider)
    response = HttpResponseRedirect(identity.goal or resolve_url(settings.LOGIN_REDIRECT_URL))
    throttle.remember_device(request, response, user)
    return response


@never_cache
@require_GET
def end_at_provider(request: HttpRequest) -> HttpResponse:
    """After the sign-out here, redirect to the provider's page for signing out there."""
    _require_provider()
    from jiedao.accounts.oidc import flow  # noqa: PLC0415 (signatures and HTTP take 30 ms to load)

    if request.user.is_authenticated or not get_settings().sign_out:
        return redirect("accounts:sign_in")
    try:
        return HttpResponseRedirect(flow.build_end_address(request))
    except SignInFault as fault:
        return _refuse(request, fault)
