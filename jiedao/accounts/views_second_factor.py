"""Pages on which users switch their second factor on and off, and renew its recovery codes."""

from collections.abc import Callable

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from jiedao.accounts import actions, second_factor, sessions
from jiedao.accounts.forms import ProofForm, ProofOrRecoveryForm, get_signed_in_user
from jiedao.accounts.models import SecondFactor, User
from jiedao.accounts.oidc.passwords import may_use_password
from jiedao.accounts.views import describe_wrong_code, record_wrong_password
from jiedao.accounts.visitor import make_visitor
from jiedao.kernel.errors import UserError

NEW_SECRET = "second_factor_new"  # noqa: S105 (a key of the session)
PAGE = "accounts:second_factor"


@sensitive_post_parameters()
@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def second_factor_page(request: HttpRequest) -> HttpResponse:
    """Show whether the second factor is on; switch it on if a code proves that the user has it."""
    user = get_signed_in_user(request)
    factor = second_factor.find_second_factor(user)
    if factor is not None:
        return _render_on(request, factor, ProofOrRecoveryForm(request=request), 200)
    form = ProofForm(request.POST if request.method == "POST" else None, request=request)
    if request.method == "POST":
        if form.is_valid():
            try:
                proof = {"secret": _get_new_secret(request), "code": form.cleaned_data["code"]}
                codes = actions.switch_on_second_factor(actor=make_visitor(request, user), user=user, **proof)
            except UserError as fault:
                form.add_error("code", str(fault))
            else:
                del request.session[NEW_SECRET]
                sessions.use_confirmation(request)
                return _render_codes(request, user, codes)
        _record_if_wrong_password(request, user, form)
    return _render_off(request, user, form, 422 if form.errors else 200)


def _get_new_secret(request: HttpRequest) -> str:
    """Return the secret that this session is setting up; it stays the same when the page is reloaded."""
    if NEW_SECRET not in request.session:
        request.session[NEW_SECRET] = second_factor.encrypt_secret(second_factor.make_secret())
    return second_factor.decrypt_secret(request.session[NEW_SECRET])


def _render_off(request: HttpRequest, user: User, form: ProofForm, status: int) -> HttpResponse:
    secret = _get_new_secret(request)
    address = second_factor.build_otpauth_uri(secret, user, f"jiedao {request.get_host().partition(':')[0]}")
    context = {
        "form": form,
        "address": address,
        "picture": second_factor.draw_qr_code(address),
        "secret": second_factor.group_letters(secret),
        "required": request.GET.get("required") == "1",
        **_describe_confirmation(request, user),
    }
    return render(request, "accounts/second_factor_off.html", context, status=status)


def _describe_confirmation(request: HttpRequest, user: User) -> dict[str, bool]:
    """Return whether the user confirms by a new sign-in at the provider, has done so, and may use a password too."""
    from_provider = settings.JIEDAO_OIDC is not None and sessions.is_from_provider(request)
    return {
        "confirms_at_provider": from_provider and not sessions.is_confirmed(request),
        "is_confirmed": sessions.is_confirmed(request),
        "may_use_password": user.has_usable_password() and may_use_password(user),
    }


def _render_on(
    request: HttpRequest, factor: SecondFactor, form: ProofOrRecoveryForm, status: int
) -> HttpResponse:
    codes_left = factor.recovery_codes.filter(used_at__isnull=True).count()
    user = get_signed_in_user(request)
    context = {
        "factor": factor,
        "codes_left": codes_left,
        "form": form,
        **_describe_confirmation(request, user),
    }
    return render(request, "accounts/second_factor_on.html", context, status=status)


def _render_codes(request: HttpRequest, user: User, codes: list[str]) -> HttpResponse:
    """Show the recovery codes once; this session continues, all others have ended."""
    update_session_auth_hash(request, user)
    return render(request, "accounts/recovery_codes.html", {"codes": codes, "person": user})


def _record_if_wrong_password(request: HttpRequest, user: User, form: ProofForm) -> None:
    if form.has_error("password", "password_incorrect"):
        record_wrong_password(request, user.username, user)


def _run_with_proof(request: HttpRequest, action: Callable[[User], HttpResponse]) -> HttpResponse:
    """Run the action if the form holds the right password and code; else show the page with the errors.

    A GET, from reloading the page or changing its language, redirects to the page of the second factor.
    """
    user = get_signed_in_user(request)
    factor = second_factor.find_second_factor(user)
    if factor is None or request.method != "POST":
        return redirect(PAGE)
    form = ProofOrRecoveryForm(request.POST, request=request)
    if form.is_valid():
        check = actions.check_code(
            actor=make_visitor(request, user), user=user, code=form.cleaned_data["code"]
        )
        if check.how:
            sessions.use_confirmation(request)
            return action(user)
        form.add_error("code", describe_wrong_code(check))
    _record_if_wrong_password(request, user, form)
    return _render_on(request, factor, form, 422)


@sensitive_post_parameters()
@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def second_factor_off(request: HttpRequest) -> HttpResponse:
    """Switch the second factor off; this session continues."""

    def switch_off(user: User) -> HttpResponse:
        actions.switch_off_second_factor(actor=make_visitor(request, user), user=user)
        update_session_auth_hash(request, user)
        messages.success(request, _("两步验证已关闭。"))
        return redirect(PAGE)

    return _run_with_proof(request, switch_off)


@sensitive_post_parameters()
@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def recovery_codes(request: HttpRequest) -> HttpResponse:
    """Make ten new recovery codes and show them once."""

    def renew(user: User) -> HttpResponse:
        return _render_codes(
            request, user, actions.renew_recovery_codes(actor=make_visitor(request, user), user=user)
        )

    return _run_with_proof(request, renew)
