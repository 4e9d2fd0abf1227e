"""Which posts require a second factor. The desk and the API both check it, because `actor.find_actor` does.

The town lists rights in its pack (policy `second_factor_rights`). A user whose post holds one of them can do nothing
until the second factor is set up: the desk redirects to the page on which to set it up, and the API answers 403. An API
token does not replace the second factor: its owner must set one up on the desk before the token works. Accounts of a
demonstration are free of it: everybody knows their password and shares them, and they exist in no office's database.
"""

from django.utils.translation import gettext as _

from jiedao.accounts.models import SecondFactor, User
from jiedao.kernel.errors import NotAllowed
from jiedao.kernel.policies import get_policy


class SecondFactorRequired(NotAllowed):
    """The user's post requires a second factor that the user has not set up."""


def require_second_factor(user: User, permissions: frozenset[str]) -> None:
    """Raise SecondFactorRequired where one of the rights requires a second factor and the user has none."""
    guarded = permissions.intersection(get_policy("second_factor_rights"))
    if guarded and not user.is_demo and not SecondFactor.objects.filter(user=user).exists():
        raise SecondFactorRequired(
            _("您的岗位要求两步验证，您还没有开启。"),
            hint=_("请先登录工作台，在“账号与岗位”中开启两步验证，再重试。"),
        )
