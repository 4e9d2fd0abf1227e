"""Why a sign-in at the provider was refused, and the words in which the sign-in page informs the user."""

from typing import Any

from django.utils.translation import gettext_lazy as _

AWAY, SETUP, DENIED, REFUSED, STALE = "AWAY", "SETUP", "DENIED", "REFUSED", "STALE"
CODE, TOKEN, CLOCK = "CODE", "TOKEN", "CLOCK"
NOT_FRESH, OTHER_ACCOUNT = "NOT_FRESH", "OTHER_ACCOUNT"
UNKNOWN, INACTIVE, PAUSED, NO_PASSWORD = "UNKNOWN", "INACTIVE", "PAUSED", "NO_PASSWORD"

WORDS: dict[str, tuple[Any, Any]] = {
    AWAY: (_("单位账号系统没有回应"), _("请稍后再试；急用时请联系本单位管理员。")),
    SETUP: (_("单位账号登录没有配置好"), _("请联系系统管理员，服务器日志里有原因。")),
    DENIED: (_("单位账号登录已取消"), _("您在单位账号页面取消了登录，或没有被允许使用本系统。")),
    REFUSED: (_("单位账号系统没有让您登录"), _("请再试一次；仍然不行，请联系单位账号的管理员。")),
    STALE: (
        _("这次登录已经过期"),
        _("登录须在十分钟内、在同一个浏览器里完成，每次只能用一回。请重新点登录。"),
    ),
    CODE: (_("单位账号系统没有确认这次登录"), _("登录凭证可能已经用过或过期。请重新点登录。")),
    TOKEN: (
        _("单位账号的登录凭证不可信"),
        _("凭证没有通过检查，没有登录。请再试一次；仍然不行，请联系系统管理员。"),
    ),
    CLOCK: (_("时间对不上"), _("单位账号系统的时间与本系统不一致。请联系系统管理员校准服务器时间。")),
    NOT_FRESH: (
        _("单位账号系统没有重新核对身份"),
        _("没有更改。请再试一次，并在单位账号页面重新登录；仍然不行，请联系系统管理员。"),
    ),
    OTHER_ACCOUNT: (
        _("刚才登录的是另一个单位账号"),
        _("没有更改。请用登录本系统的那个单位账号确认。"),
    ),
    UNKNOWN: (
        _("您的单位账号还没有关联"),
        _("请把登记号 %(number)s 告诉本单位管理员，由管理员关联到您的账号后再登录。"),
    ),
    INACTIVE: (_("该账号已停用"), _("请联系系统管理员。")),
    NO_PASSWORD: (_("请用单位账号登录"), _("本单位只有管理员可以用密码登录。")),
}


class SignInFault(Exception):  # noqa: N818 (the project's word)
    """A refused sign-in: `code` is one of this module's, `detail` is for the log and never holds a token."""

    def __init__(self, code: str, detail: str = "", number: int = 0) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail
        self.number = number


def describe_fault(stored: dict[str, Any] | None) -> dict[str, str] | None:
    """Return title and text of a fault that was stored in the session; None for none."""
    if not stored or stored.get("code") not in WORDS:
        return None
    title, text = WORDS[stored["code"]]
    return {"title": str(title), "text": str(text) % {"number": stored.get("number") or "-"}}
