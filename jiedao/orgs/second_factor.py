"""Which posts require a second factor; every face that acts for a person asks here, by way of `actor_of`.

The town names rights in its pack (`second_factor_rights`). A person in a post with one of them does nothing until the
second factor is set up: the desk leads to the page that does it, the API answers 403. An API token is no second factor
and replaces none: its owner sets one up on the desk once, and then the token works as any other.
"""

from django.utils.translation import gettext as _

from jiedao.accounts.models import SecondFactor, User
from jiedao.kernel.errors import NotAllowed
from jiedao.kernel.policies import get_policy


class SecondFactorRequired(NotAllowed):
    """The person's post requires a second factor that the person has not set up."""


def require_second_factor(user: User, permissions: frozenset[str]) -> None:
    """Raise SecondFactorRequired where one of the rights requires a second factor and the person has none."""
    guarded = permissions.intersection(get_policy("second_factor_rights"))
    if guarded and not SecondFactor.objects.filter(user=user).exists():
        raise SecondFactorRequired(
            _("您的岗位要求两步验证，您还没有开启。"),
            hint=_("请先登录工作台，在“账号与岗位”中开启两步验证，再重试。"),
        )
