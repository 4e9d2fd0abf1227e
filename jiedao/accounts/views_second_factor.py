"""Switching one's own second factor on and off, and its recovery codes."""

from collections.abc import Callable

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from jiedao.accounts import actions, second_factor
from jiedao.accounts.forms import LeaveForm, ProofForm, person_of
from jiedao.accounts.models import SecondFactor, User
from jiedao.accounts.views import count_failure, wrong_code
from jiedao.accounts.visitor import visitor
from jiedao.kernel.errors import UserError

NEW = "second_factor_new"
PAGE = "accounts:second_factor"


@sensitive_post_parameters()
@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def second_factor_page(request: HttpRequest) -> HttpResponse:
    """Show whether the second factor is on; switch it on when a code proves that the person has it."""
    user = person_of(request)
    factor = second_factor.of(user)
    if factor is not None:
        return _show_on(request, factor, LeaveForm(request=request), 200)
    form = ProofForm(request.POST if request.method == "POST" else None, request=request)
    if request.method == "POST":
        if form.is_valid():
            try:
                given = {"secret": _new_secret(request), "code": form.cleaned_data["code"]}
                codes = actions.switch_on(actor=visitor(request, user), user=user, **given)
            except UserError as fault:
                form.add_error("code", str(fault))
            else:
                del request.session[NEW]
                return _show_codes(request, user, codes)
        _count(request, user, form)
    return _show_off(request, user, form, 422 if form.errors else 200)


def _new_secret(request: HttpRequest) -> str:
    """Return the secret that this session is setting up, the same until it is used: a reload keeps the picture."""
    if NEW not in request.session:
        request.session[NEW] = second_factor.seal(second_factor.new_secret())
    return second_factor.unseal(request.session[NEW])


def _show_off(request: HttpRequest, user: User, form: ProofForm, status: int) -> HttpResponse:
    secret = _new_secret(request)
    address = second_factor.address_of(secret, user, f"jiedao {request.get_host().partition(':')[0]}")
    context = {
        "form": form,
        "address": address,
        "picture": second_factor.picture_of(address),
        "secret": second_factor.in_groups(secret),
        "required": request.GET.get("required") == "1",
    }
    return render(request, "accounts/second_factor_off.html", context, status=status)


def _show_on(request: HttpRequest, factor: SecondFactor, form: LeaveForm, status: int) -> HttpResponse:
    left = factor.recovery_codes.filter(used_at__isnull=True).count()
    context = {"factor": factor, "codes_left": left, "form": form}
    return render(request, "accounts/second_factor_on.html", context, status=status)


def _show_codes(request: HttpRequest, user: User, codes: list[str]) -> HttpResponse:
    """Show the recovery codes once; the session in which they are shown goes on, every other one has ended."""
    update_session_auth_hash(request, user)
    return render(request, "accounts/recovery_codes.html", {"codes": codes, "person": user})


def _count(request: HttpRequest, user: User, form: ProofForm) -> None:
    if form.has_error("password", "password_incorrect"):
        count_failure(request, user.username, user)


def _proved(request: HttpRequest, then: Callable[[User], HttpResponse]) -> HttpResponse:
    """Do it for somebody who gives password and code; else show the page with what was wrong.

    A GET is somebody who reloads that page, or reads it in another language.
    """
    user = person_of(request)
    factor = second_factor.of(user)
    if factor is None or request.method != "POST":
        return redirect(PAGE)
    form = LeaveForm(request.POST, request=request)
    if form.is_valid():
        checked = actions.check_code(actor=visitor(request, user), user=user, code=form.cleaned_data["code"])
        if checked.how:
            return then(user)
        form.add_error("code", wrong_code(checked))
    _count(request, user, form)
    return _show_on(request, factor, form, 422)


@sensitive_post_parameters()
@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def second_factor_off(request: HttpRequest) -> HttpResponse:
    """Switch the second factor off; this session goes on."""

    def leave(user: User) -> HttpResponse:
        actions.switch_off(actor=visitor(request, user), user=user)
        update_session_auth_hash(request, user)
        messages.success(request, _("两步验证已关闭。"))
        return redirect(PAGE)

    return _proved(request, leave)


@sensitive_post_parameters()
@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def recovery_codes(request: HttpRequest) -> HttpResponse:
    """Make ten new recovery codes and show them once."""

    def renew(user: User) -> HttpResponse:
        return _show_codes(
            request, user, actions.renew_recovery_codes(actor=visitor(request, user), user=user)
        )

    return _proved(request, renew)
