"""Forms of the accounts room."""

from django.contrib.auth.forms import AuthenticationForm
from django.utils.translation import gettext_lazy as _


class SignInForm(AuthenticationForm):
    """Account and password; the message never tells which of the two was wrong."""

    error_messages = {
        "invalid_login": _("账号或密码不正确。请检查大小写后再试。"),
        "inactive": _("该账号已停用，请联系系统管理员。"),
    }
