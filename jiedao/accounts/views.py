"""Signing in and out."""

from typing import Any

from django.conf import settings
from django.contrib.auth.views import LoginView, LogoutView, PasswordChangeView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render, resolve_url
from django.utils.translation import get_language

from jiedao.accounts.forms import SignInForm
from jiedao.accounts.models import User

DEMO_PASSWORD = "jiedao-demo"  # noqa: S105 (shown on the demonstration's sign-in page)


def demo_accounts() -> list[dict[str, str]]:
    """Return the demonstration accounts to show on the sign-in page; none in a real office."""
    english = (get_language() or "").startswith("en")
    rows = User.objects.filter(is_demo=True, is_active=True).order_by("id")[:12]
    return [
        {
            "username": row.username,
            "label": row.full_name,
            "password": DEMO_PASSWORD,
            "about": row.about_en if row.about_en and english else row.about,
        }
        for row in rows
    ]


class SignIn(LoginView):
    """The sign-in page."""

    template_name = "accounts/sign_in.html"
    form_class = SignInForm
    redirect_authenticated_user = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the demonstration accounts."""
        return super().get_context_data(demo_accounts=demo_accounts(), **kwargs)


class SignOut(LogoutView):
    """Sign out by POST, then back to the sign-in page."""

    next_page = "accounts:sign_in"


class ChangePassword(PasswordChangeView):
    """Change one's own password."""

    template_name = "accounts/change_password.html"

    def form_valid(self, form: Any) -> HttpResponse:
        """Keep the new password and let the person in."""
        response = super().form_valid(form)
        User.objects.filter(username=self.request.user.get_username()).update(must_change_password=False)
        return response

    def get_success_url(self) -> str:
        """Go to the page one lands on after signing in."""
        return resolve_url(settings.LOGIN_REDIRECT_URL)


def locked_out(request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
    """Answer a sign-in that came after too many failures."""
    context = {"locked_out": True, "form": SignInForm(request), "demo_accounts": demo_accounts()}
    return render(request, "accounts/sign_in.html", context, status=429)
