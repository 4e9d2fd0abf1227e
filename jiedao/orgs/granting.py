"""Who may give which right: nobody raises himself, nobody gives what is not his to give.

Rights fall in two kinds. Administrative rights (accounts, posts, calendar, packs, audit) are given only by somebody
who holds them, so that the system, the security and the audit administrator stay three people. Rights of casework
(cases, registers, projects) are given by an administrator who does no casework himself, or by somebody who holds them.
"""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from jiedao.kernel.errors import NotAllowed
from jiedao.orgs.actor import Actor
from jiedao.orgs.rights import PERMISSIONS

CASEWORK = ("cases.case:", "cases.board:", "registers.", "projects.", "exchange.")


def is_casework(right: str) -> bool:
    """Tell whether a right is one of casework and not of administration."""
    return right.startswith(CASEWORK)


def may_give(actor: Actor, right: str) -> bool:
    """Tell whether the actor may give the right to a post, or a post that holds it to a person."""
    if right not in PERMISSIONS:
        return False
    if actor.can(right):
        return True
    return is_casework(right) and not any(is_casework(held) for held in actor.permissions)


def check_give(actor: Actor, rights: Iterable[str]) -> None:
    """Raise NotAllowed naming the rights that the actor may not give."""
    wrong = sorted(right for right in rights if not may_give(actor, right))
    if wrong:
        raise NotAllowed(
            _("您不能授予自己没有的权限：%(names)s。") % {"names": "、".join(wrong)},
            hint=_("请由持有这些权限的管理员办理；三类管理员（系统、安全、审计）互不兼任。"),
        )


def check_not_self(actor: Actor, user_id: int | None) -> None:
    """Raise NotAllowed when the actor would change what they themselves may do."""
    if user_id is not None and user_id == actor.user_id:
        raise NotAllowed(_("不能更改自己的账号、岗位或权限。"), hint=_("请由另一位管理员办理。"))
