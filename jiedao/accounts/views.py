"""Pages for signing in and out and for changing the password."""

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.views import LoginView, LogoutView, PasswordChangeView, RedirectURLMixin
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render, resolve_url
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.generic import FormView

from jiedao.accounts import actions, second_factor, sessions, throttle
from jiedao.accounts.actions import SESSION
from jiedao.accounts.forms import (
    ChangePasswordForm,
    CodeForm,
    RecoveryForm,
    SignInForm,
    clean_username,
    get_signed_in_user,
)
from jiedao.accounts.models import User
from jiedao.accounts.oidc.faults import NO_PASSWORD, describe_fault
from jiedao.accounts.oidc.passwords import may_use_password
from jiedao.accounts.visitor import make_visitor
from jiedao.kernel.requests import get_client_address, get_limit_address

DEMO_PASSWORD = "jiedao-demo"  # noqa: S105 (shown on the demonstration's sign-in page)


def list_demo_accounts() -> list[dict[str, str]]:
    """Return the named demonstration accounts for the sign-in page; a real office has none."""
    english = (get_language() or "").startswith("en")
    users = User.objects.filter(is_demo=True, is_active=True, about__gt="").order_by("id")[:13]
    return [
        {
            "username": user.username,
            "label": user.full_name,
            "password": DEMO_PASSWORD,
            "about": user.about_en if user.about_en and english else user.about,
        }
        for user in users
    ]


class SignIn(LoginView):
    """The sign-in page. A user with a second factor enters the code on the next page."""

    template_name = "accounts/sign_in.html"
    form_class = SignInForm
    redirect_authenticated_user = True

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Refuse the attempt, without trying the password, while the account or the address is paused."""
        throttle.forget_attempts_ahead()
        minutes = throttle.find_sign_in_pause(request, read_username(request))
        return render_locked(request, minutes) if minutes else super().post(request, *args, **kwargs)

    def form_valid(self, form: Any) -> HttpResponse:
        """Begin the session, or go on to the page of the code."""
        user: User = form.get_user()
        if not may_use_password(user):
            return self._refuse_password(user)
        if not second_factor.is_on(user):
            sessions.begin_session(self.request, user, how="PASSWORD")
            response = HttpResponseRedirect(self.get_success_url())
            throttle.remember_device(self.request, response, user)
            return response
        sessions.wait_for_code(self.request, user)
        goal = self.get_redirect_url()
        return redirect(reverse("accounts:code") + (f"?{urlencode({'next': goal})}" if goal else ""))

    def _refuse_password(self, user: User) -> HttpResponse:
        """Record that a right password is not accepted, and show the button of the office's account."""
        after = {"why": NO_PASSWORD}
        actor = make_visitor(self.request, user)
        actions.record_account_event(actor=actor, action=f"{SESSION}:fail", user_id=user.pk, after=after)
        context = self.get_context_data(form=SignInForm(self.request))
        context["office_fault"] = describe_fault({"code": NO_PASSWORD})
        return self.render_to_response(context, status=403)

    def form_invalid(self, form: Any) -> HttpResponse:
        """Record the failure if a password was tried."""
        if form.non_field_errors():
            record_wrong_password(self.request, form.cleaned_data["username"])
        return super().form_invalid(form)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the demonstration accounts and the reason why the last session ended."""
        ended = self.request.session.get(sessions.ENDED, "")
        context = {"ended": ended, "idle_minutes": settings.JIEDAO_IDLE_MINUTES}
        context["office_fault"] = describe_fault(self.request.session.pop("office_fault", None))
        context["left_provider"] = bool(self.request.session.get(sessions.LEFT_PROVIDER))
        return super().get_context_data(
            demo_accounts=list_demo_accounts(), **build_office_context(), **context, **kwargs
        )


def build_office_context() -> dict[str, Any]:
    """Return what the sign-in page shows of the office's provider; nothing where there is none."""
    config = settings.JIEDAO_OIDC
    if config is None:
        return {}
    return {
        "office_label": config.label or _("用单位账号登录"),
        "office_first": config.passwords_for_administrators_only,
        "office_sign_out": config.sign_out,
    }


def record_wrong_password(request: HttpRequest, username: str, user: User | None = None) -> None:
    """Record a wrong password, with the count that django-axes has stored on the request."""
    actions.record_failure(
        actor=make_visitor(request, user),
        username=username,
        address=get_client_address(request),
        device_key=throttle.find_device_key(request, username),
        failures=getattr(request, "axes_failures_since_start", None),
        locked=bool(getattr(request, "axes_locked_out", False)),
    )


@method_decorator(never_cache, name="dispatch")
class Code(RedirectURLMixin, FormView):  # type: ignore[type-arg]
    """The second step of signing in: the one-time code, or a recovery code with `?recovery=1`."""

    template_name = "accounts/code.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Redirect to the sign-in page unless the password was entered in the last ten minutes."""
        if request.user.is_authenticated:
            return redirect(self.get_success_url())
        user = sessions.find_waiting_user(request)
        if user is None:
            return redirect("accounts:sign_in")
        self.person = user
        return super().dispatch(request, *args, **kwargs)

    def get_default_redirect_url(self) -> str:
        """Return the first page after signing in."""
        return resolve_url(settings.LOGIN_REDIRECT_URL)

    @property
    def recovery(self) -> bool:
        """Return whether the page asks for a recovery code."""
        return self.request.GET.get("recovery") == "1"

    def get_form_class(self) -> type[Form]:
        """Return the form for the kind of code that the page asks for."""
        return RecoveryForm if self.recovery else CodeForm

    def form_valid(self, form: Form) -> HttpResponse:
        """Begin the session, or show what was wrong with the code."""
        actor = make_visitor(self.request, self.person)
        check = actions.check_code(actor=actor, user=self.person, code=form.cleaned_data["code"])
        if not check.how:
            form.add_error("code", describe_wrong_code(check))
            return self.render_to_response(
                self.get_context_data(form=form), status=429 if check.locked_minutes else 422
            )
        provider = sessions.get_waiting_provider(self.request)
        sessions.begin_session(self.request, self.person, how=check.how, provider=provider)
        if check.how == "RECOVERY":
            counts = {"n": check.codes_left}
            messages.warning(
                self.request, _("用掉了一个恢复码，还剩 %(n)d 个。手机丢了请尽快重新开启两步验证。") % counts
            )
        response = HttpResponseRedirect(self.get_success_url())
        throttle.remember_device(self.request, response, self.person)
        return response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the address of the page to show afterwards."""
        goal = self.get_redirect_url()
        query = urlencode({"next": goal}) if goal else ""
        return super().get_context_data(next=goal, query=query, recovery=self.recovery, **kwargs)


def describe_wrong_code(check: actions.CodeCheck) -> str:
    """Return the message for a refused code, which states what to do."""
    if check.locked_minutes:
        return _("连续多次不对，暂时锁定。请等 %(n)d 分钟再试，或请管理员处理。") % {
            "n": check.locked_minutes
        }
    return _("验证码不对，或已经用过。请等应用里出现下一个数字再输；手机时间要设为自动。")


class SignOut(LogoutView):
    """Sign out by POST, then redirect to the sign-in page."""

    next_page = "accounts:sign_in"

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """End the session."""
        sessions.end_session(request)
        return HttpResponseRedirect(self.get_success_url())


class ChangePassword(PasswordChangeView):
    """The page on which users change their own password."""

    template_name = "accounts/change_password.html"
    form_class = ChangePasswordForm

    def get_form_kwargs(self) -> dict[str, Any]:
        """Pass the request to the form, which counts wrong passwords."""
        return {**super().get_form_kwargs(), "request": self.request}

    def form_valid(self, form: Any) -> HttpResponse:
        """Store the new password and keep this session; the user's other sessions end."""
        user = get_signed_in_user(self.request)
        password = form.cleaned_data["new_password1"]
        actions.change_password(actor=make_visitor(self.request, user), user=user, password=password)
        update_session_auth_hash(self.request, user)
        messages.success(self.request, _("密码已修改，其他地方的登录都已退出。"))
        return HttpResponseRedirect(self.get_success_url())

    def form_invalid(self, form: Any) -> HttpResponse:
        """Record a wrong present password."""
        if form.has_error("old_password", "password_incorrect"):
            user = get_signed_in_user(self.request)
            record_wrong_password(self.request, user.username, user)
        return self.render_to_response(self.get_context_data(form=form), status=422)

    def get_success_url(self) -> str:
        """Return the first page after signing in."""
        return resolve_url(settings.LOGIN_REDIRECT_URL)


def locked_out(request: HttpRequest, *args: Any, **_kwargs: Any) -> HttpResponse:
    """Answer a sign-in while the account is locked after too many failures."""
    credentials = next((argument for argument in args if isinstance(argument, dict)), None) or {}
    username = str(credentials.get("username") or read_username(request))
    return render_locked(request, actions.count_locked_minutes(username, get_limit_address(request)) or 1)


def read_username(request: HttpRequest) -> str:
    """Return the account that was typed, as the form reads it."""
    return clean_username(request.POST.get("username", ""))


def render_locked(request: HttpRequest, minutes: int) -> HttpResponse:
    """Return the sign-in page with the number of minutes for which no password is tried."""
    context = {"locked_minutes": minutes, "form": SignInForm(request), "demo_accounts": list_demo_accounts()}
    context |= build_office_context()
    return render(request, "accounts/sign_in.html", context, status=429)
