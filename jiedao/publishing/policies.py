"""The policies of the room, each with its bounds and its value until a pack sets it."""

from django.utils.translation import gettext_lazy as _

from jiedao.kernel.packs.tables import Kind
from jiedao.kernel.policies import PolicySpec

POLICIES = (
    PolicySpec(
        "review_days",
        90,
        Kind.INT,
        least=1,
        most=3650,
        label=_("上报多少天内的案件进入公开审核"),
        hint=_("更早的案件不排队，按编号仍可打开审核。"),
    ),
    PolicySpec(
        "consultation_text_days",
        365,
        Kind.INT,
        least=30,
        most=3650,
        label=_("征求意见截止多少天后删除文字意见"),
        hint=_("选择题的统计和公布的结果保留。"),
    ),
)
