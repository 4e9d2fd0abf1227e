"""What an API token is good for: scopes, each a part of the rights of the post in which its owner acts.

A token never gives a right that the post lacks. The API checks the scope of each endpoint, and the actor of a token has
only the rights of its scopes, so that an action cannot be reached by another way.
"""

from collections.abc import Iterable
from dataclasses import replace

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiedao.kernel.errors import NotAllowed, UserError
from jiedao.orgs.actor import Actor

SCOPES: dict[str, frozenset[str]] = {
    "cases:read": frozenset({"cases.case:view"}),
    "cases:report": frozenset({"cases.case:report"}),
    # What the system that sent a case asks of those who work on it; to ask for its withdrawal is part of reporting.
    "cases:follow": frozenset(
        {"cases.case:view", "cases.case:report", "cases.case:remind", "cases.case:supervise"}
    ),
    # Every move of a case, comments and files; moves that a post may not make stay closed to it.
    "cases:work": frozenset(
        f"cases.case:{verb}"
        for verb in (
            *(
                "view",
                "accept",
                "reject",
                "verify",
                "self_handle",
                "dispatch",
                "redispatch",
                "return",
                "take",
            ),
            *(
                "handle",
                "help",
                "check",
                "close",
                "reply",
                "visit",
                "confirm_visit",
                "reopen",
                "ask_extension",
            ),
            *("decide_extension", "suspend", "resume", "merge", "split", "void", "remind", "supervise"),
            *("comment", "correct"),
        )
    ),
    "registers:read": frozenset({"registers.record:view"}),
    "registers:write": frozenset({"registers.record:view", "registers.record:edit"}),
    # A failed item of an inspection opens a case.
    "inspections:write": frozenset(
        {"registers.record:view", "registers.visit:make", "registers.visit:plan", "cases.case:report"}
    ),
    "projects:read": frozenset({"projects.project:view", "projects.promise:view"}),
    # Projects, campaigns and pledges; an obstacle of a project opens a case.
    "projects:write": frozenset(
        {
            *("projects.project:view", "projects.project:edit", "projects.promise:view"),
            *("projects.promise:edit", "projects.promise:confirm", "cases.case:report"),
        }
    ),
    "figures:read": frozenset({"indicators.figure:view"}),
    "reports:read": frozenset({"reports.report:view"}),
    "webhooks:manage": frozenset({"exchange.endpoint:manage"}),
    "published:read": frozenset({"indicators.figure:view_published"}),
}
SCOPE_LABELS = {
    "cases:read": gettext_lazy("查询案件"),
    "cases:report": gettext_lazy("上报案件"),
    "cases:follow": gettext_lazy("催办、督办和请求撤回案件"),
    "cases:work": gettext_lazy("办理案件"),
    "registers:read": gettext_lazy("查询台账和检查"),
    "registers:write": gettext_lazy("登记和更改台账"),
    "inspections:write": gettext_lazy("安排和填报检查"),
    "projects:read": gettext_lazy("查询项目和任务"),
    "projects:write": gettext_lazy("填报项目和任务"),
    "figures:read": gettext_lazy("查询指标"),
    "reports:read": gettext_lazy("查询报告"),
    "webhooks:manage": gettext_lazy("管理事件订阅"),
    "published:read": gettext_lazy("查询公布的指标"),
}


def check_scopes(scopes: Iterable[str]) -> list[str]:
    """Return the scopes in the order of SCOPES; raise UserError for none and for an unknown one."""
    wanted = set(scopes)
    unknown = sorted(wanted - set(SCOPES))
    if unknown or not wanted:
        raise UserError(
            _("没有用途范围“%(name)s”。") % {"name": unknown[0][:40]} if unknown else _("没有选择用途范围。"),
            hint=_("可用的范围：%(names)s。") % {"names": "、".join(SCOPES)},
            field="scopes",
        )
    return [scope for scope in SCOPES if scope in wanted]


def describe_scopes(scopes: list[str] | None) -> list[str]:
    """Return the labels of a token's scopes in the reader's language; one label for a token without a limit."""
    if scopes is None:
        return [_("岗位的全部权限")]
    return [str(SCOPE_LABELS.get(scope, scope)) for scope in scopes]


def limit_to_scopes(actor: Actor, scopes: list[str] | None) -> Actor:
    """Return the actor with only the rights of the scopes; unchanged for None, a token without a limit."""
    if scopes is None:
        return actor
    rights: frozenset[str] = frozenset().union(*(SCOPES.get(scope, frozenset()) for scope in scopes))
    return replace(actor, permissions=actor.permissions & rights)


def require_scope(scopes: list[str] | None, *accepted: str) -> None:
    """Raise NotAllowed unless the token has one of the accepted scopes; the refusal names the first."""
    if scopes is not None and not set(accepted).intersection(scopes):
        scope = accepted[0]
        raise NotAllowed(
            _("这个令牌没有“%(label)s”（%(scope)s）的范围。")
            % {"label": SCOPE_LABELS[scope], "scope": scope},
            hint=_("请系统管理员发放带有这个范围的令牌（管理 → 接口令牌，或 jiedao token issue --scope）。"),
        )
