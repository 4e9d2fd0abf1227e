"""The policies that the loop of a case reads, each with its bounds and its value until a pack sets it."""

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from jiedao.cases.pack.tables import DUTIES
from jiedao.cases.scripts import read_visit_scripts
from jiedao.kernel.packs.tables import Kind
from jiedao.kernel.policies import PolicySpec

if TYPE_CHECKING:
    from jiedao.kernel.packs.pack import Pack

DEFAULT_LIMITS = {
    "ACCEPT": "2wh",
    "VERIFY": "4wh",
    "DISPATCH": "2wh",
    "HANDLE": "3wd",
    "HELP": "2wd",
    "CHECK": "1wd",
    "FINISH": "1wd",
    "VISIT": "3wd",
    "CONFIRM": "1wd",
    "CLOSE": "10wd",
}
# What is written where a reporter gave no name, number or user.
DEFAULT_PLACEHOLDERS = [
    *(
        "匿名",
        "匿名用户",
        "匿名网友",
        "匿名市民",
        "不愿透露",
        "不便透露",
        "不愿透露姓名",
        "保密",
        "未留",
        "不留",
    ),
    *(
        "无",
        "没有",
        "暂无",
        "无名",
        "无名氏",
        "空",
        "空号",
        "不详",
        "不明",
        "未知",
        "未填",
        "未填写",
        "未提供",
    ),
    *("拒绝提供", "市民", "热心市民", "群众", "网友", "某市民", "某群众", "某网友"),
    *("anonymous", "unknown", "none", "null", "nil", "n/a", "na", "nan"),
]


def read_limits(pack: "Pack") -> dict[str, str]:
    """Return the limits by stage that [limits] of the duty list sets for every category."""
    return {stage.upper(): text for stage, text in pack.single(DUTIES, "limits").items()}


POLICIES = (
    PolicySpec("limits", DEFAULT_LIMITS, read=read_limits),
    PolicySpec(
        "warn_share",
        0.75,
        Kind.NUMBER,
        least=0.05,
        most=0.95,
        label=_("时限用去多少时预警"),
        hint=_("0.75 即用去四分之三时预警。"),
    ),
    PolicySpec("escalate_every", "1wd", Kind.LIMIT, label=_("超期后每隔多久向上一级报告")),
    PolicySpec("escalate_rungs", 3, Kind.INT, least=0, most=10, label=_("超期最多向上报告几级")),
    PolicySpec("max_returns", 3, Kind.INT, least=0, most=20, label=_("一件案件最多退回几次")),
    PolicySpec("max_extensions", 2, Kind.INT, least=0, most=20, label=_("一件案件最多延期几次")),
    PolicySpec("visit_attempts", 3, Kind.INT, least=1, most=20, label=_("回访打不通时最多拨打几次")),
    PolicySpec(
        "unsatisfied_score",
        2,
        Kind.INT,
        least=0,
        most=4,
        label=_("满意度几分及以下算不满意"),
        hint=_("满分 5 分。"),
    ),
    PolicySpec("phone_area_code", ""),
    PolicySpec("visit_scripts", {}, read=read_visit_scripts),
    PolicySpec("reopen_days", 30, Kind.INT, least=0, most=365, label=_("办结后几天内可以重新办理")),
    PolicySpec("wrong_reasons", ["NOT_OURS"], Kind.TEXTS, names="reason"),
    PolicySpec(
        "retention_days",
        730,
        Kind.INT,
        least=180,
        most=3650,
        label=_("反映人信息保存几天"),
        hint=_("到期后永久删除，不能恢复。"),
    ),
    PolicySpec(
        "hot_matter_days",
        90,
        Kind.INT,
        least=7,
        most=366,
        label=_("热点看最近几天的来件"),
    ),
    PolicySpec(
        "repeat_least",
        3,
        Kind.INT,
        least=2,
        most=20,
        label=_("同一地点或同一反映人几件起算重复"),
    ),
    PolicySpec("placeholders", DEFAULT_PLACEHOLDERS, Kind.TEXTS),
)
