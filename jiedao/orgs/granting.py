"""Who may give which right; nobody can extend their own rights.

There are two kinds of rights. Administrative rights (accounts, posts, calendar, packs, audit) can be given only by an
actor who holds them, so that the system, the security and the audit administrator stay three people. Casework rights
(cases, registers, projects, figures, scores, reports, publications) can be given by an administrator who does no
casework, or by an actor who holds them.
"""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from jiedao.kernel.errors import NotAllowed
from jiedao.orgs.actor import Actor
from jiedao.orgs.rights import PERMISSIONS

CASEWORK = (
    *("cases.case:", "cases.caller:", "cases.board:", "registers.", "projects.", "exchange.messages:"),
    *("indicators.", "evaluation.", "reports.", "publishing.", "district.figure:"),
)


def is_casework(right: str) -> bool:
    """Return whether a right is a casework right, not an administrative one."""
    return right.startswith(CASEWORK)


def may_give_right(actor: Actor, right: str) -> bool:
    """Return whether the actor may give the right to a post, or give a post with this right to a user."""
    if right not in PERMISSIONS:
        return False
    if actor.can(right):
        return True
    return is_casework(right) and not any(is_casework(own_right) for own_right in actor.permissions)


def check_give(actor: Actor, rights: Iterable[str]) -> None:
    """Raise NotAllowed, which names the rights, if the actor may not give all of them."""
    forbidden = sorted(right for right in rights if not may_give_right(actor, right))
    if forbidden:
        raise NotAllowed(
            _("您不能授予自己没有的权限：%(names)s。") % {"names": "、".join(forbidden)},
            hint=_("请由持有这些权限的管理员办理；三类管理员（系统、安全、审计）互不兼任。"),
        )


def check_not_self(actor: Actor, user_id: int | None) -> None:
    """Raise NotAllowed when the actor would change their own account or rights."""
    if user_id is not None and user_id == actor.user_id:
        raise NotAllowed(_("不能更改自己的账号、岗位或权限。"), hint=_("请由另一位管理员办理。"))
