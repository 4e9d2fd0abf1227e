"""Reads for the page of the user's own account."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from jiedao.accounts.actions import FACTOR, PASSWORD, SESSION
from jiedao.audit.models import Entry

EVENT_LABELS: dict[str, tuple[Any, str]] = {
    f"{SESSION}:sign_in": (_("登录"), "good"),
    f"{SESSION}:fail": (_("密码不对"), "warn"),
    f"{SESSION}:lock": (_("连续失败，锁定"), "bad"),
    f"{SESSION}:sign_out": (_("退出"), "neutral"),
    "accounts.provider:link": (_("关联单位账号"), "info"),
    "accounts.provider:match": (_("首次用单位账号登录，按账号名关联"), "info"),
    "accounts.provider:unlink": (_("取消关联单位账号"), "warn"),
    f"{PASSWORD}:change": (_("修改密码"), "info"),
    f"{FACTOR}:fail": (_("验证码不对"), "warn"),
    f"{FACTOR}:lock": (_("验证码连续不对，锁定"), "bad"),
    f"{FACTOR}:switch_on": (_("开启两步验证"), "info"),
    f"{FACTOR}:switch_off": (_("关闭两步验证"), "info"),
    f"{FACTOR}:reset": (_("两步验证被管理员重置"), "warn"),
    f"{FACTOR}:renew_codes": (_("换了恢复码"), "info"),
}


@dataclass(frozen=True)
class AccountEvent:
    """An event on an account: a sign-in, a failure or a change."""

    at: datetime
    words: Any
    tone: str
    address: str


def list_account_events(user_id: int, limit: int = 10) -> list[AccountEvent]:
    """Return the newest sign-ins, failures and changes of a user's account; one statement."""
    rows = Entry.objects.of_object("accounts.user", user_id).filter(action__in=list(EVENT_LABELS))[:limit]
    return [AccountEvent(row.at, *EVENT_LABELS[row.action], row.address) for row in rows]
