"""Forms of the accounts room."""

import unicodedata
from typing import Any

from django import forms
from django.contrib.auth import authenticate
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from jiedao.accounts import sessions
from jiedao.accounts.models import User

MAX_NAME_LENGTH = 40  # Django's form limits the length only in the page
PASSWORD_RULES = _(
    "至少 10 个字符；不能全是数字，不能是常见的密码，不能和账号、姓名相近，也不能和现在的密码相同。"
)


def clean_username(text: str) -> str:
    """Return a typed account as it is stored: half-width and in lower case, as phones begin with a capital.

    The limits of failed sign-ins use it too: an account must be the same one for them in whatever letters it is typed.
    """
    return unicodedata.normalize("NFKC", text).strip().lower()


class SignInForm(AuthenticationForm):
    """Account and password; the message does not reveal which of the two was wrong."""

    error_messages = {
        "invalid_login": _("账号或密码不正确。请检查大小写后再试。"),
        "inactive": _("该账号已停用，请联系系统管理员。"),
    }

    def clean_username(self) -> str:
        """Return the account; refuse a name longer than any."""
        name = clean_username(str(self.cleaned_data["username"]))
        if len(name) > MAX_NAME_LENGTH:
            raise ValidationError(self.error_messages["invalid_login"], code="invalid_login")
        return name


def check_own_password(request: HttpRequest, password: str) -> str:
    """Return the password if it is the signed-in user's; else count a failed sign-in and raise ValidationError."""
    if authenticate(request, username=request.user.get_username(), password=password) is None:
        raise ValidationError(_("现在的密码不对，请重新输入。"), code="password_incorrect")
    return password


class ChangePasswordForm(PasswordChangeForm):
    """A new password for the signed-in user; the page shows the rules above the field."""

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request
        self.fields["old_password"].label = _("现在的密码")
        self.fields["new_password1"].label = _("新密码")
        self.fields["new_password2"].label = _("再输一遍新密码")
        self.fields["new_password1"].help_text = PASSWORD_RULES
        self.fields["new_password2"].help_text = ""

    def clean_old_password(self) -> str:
        """Check the present password; failures count as failed sign-ins."""
        return check_own_password(self.request, self.cleaned_data["old_password"])

    def clean_new_password1(self) -> str:
        """Refuse the present password, which another user may have set and would then still know."""
        password = str(self.cleaned_data["new_password1"])
        if self.user.check_password(password):
            raise ValidationError(_("新密码和现在的一样，请换一个。"), code="password_unchanged")
        return password

    def validate_password_for_user(self, user: Any, password_field_name: str = "") -> None:
        """Show the error at the field where the new password was typed first."""
        super().validate_password_for_user(user, "new_password1")


def build_code_field(label: Any, **attributes: str) -> forms.CharField:
    """Return the field of a one-time code, which a phone can fill in by itself."""
    widget_attributes = {
        "autocomplete": "one-time-code",
        "autocapitalize": "none",
        "spellcheck": "false",
        **attributes,
    }
    return forms.CharField(label=label, max_length=40, widget=forms.TextInput(widget_attributes))


class CodeForm(forms.Form):
    """The one-time code that is typed after the password."""

    code = build_code_field(_("6 位验证码"), inputmode="numeric", autofocus="autofocus")


class RecoveryForm(forms.Form):
    """A recovery code that is typed after the password."""

    code = build_code_field(_("恢复码"), autocomplete="off", autofocus="autofocus")


class ProofForm(forms.Form):
    """Password and one-time code of the signed-in user, to confirm a change of the second factor.

    The password is not asked of a user who has just signed in at the provider again.
    """

    password = forms.CharField(
        label=_("现在的密码"),
        strip=False,
        max_length=200,
        widget=forms.PasswordInput({"autocomplete": "current-password"}),
    )
    code = build_code_field(_("6 位验证码"), inputmode="numeric")

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request
        if sessions.is_confirmed(request):
            del self.fields["password"]

    def clean_password(self) -> str:
        """Check the password; failures count as failed sign-ins."""
        return check_own_password(self.request, self.cleaned_data["password"])


class ProofOrRecoveryForm(ProofForm):
    """Password of the signed-in user, and a one-time or a recovery code."""

    code = build_code_field(_("6 位验证码，或一个恢复码"))


def get_signed_in_user(request: HttpRequest) -> User:
    """Return the signed-in user as a `User` of this room."""
    return User.objects.get(pk=request.user.pk or 0)
