"""The words of verdicts and kinds for readers, on pages and in the command."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from jiedao.reports.checker.findings import Kind, Verdict

VERDICT_LABELS: dict[Verdict, Promise] = {
    Verdict.WRONG: _("有误"),
    Verdict.UNTESTABLE: _("无法核对"),
    Verdict.OTHER_BASE: _("另有口径"),
    Verdict.HOLDS: _("相符"),
}
VERDICT_TONES = {
    Verdict.WRONG: "bad",
    Verdict.UNTESTABLE: "warn",
    Verdict.OTHER_BASE: "info",
    Verdict.HOLDS: "good",
}
KIND_LABELS: dict[Kind, Promise] = {
    Kind.RATIO: _("比率"),
    Kind.SUM: _("合计"),
    Kind.PART_WHOLE: _("部分与全部"),
    Kind.GROWTH: _("增减"),
    Kind.IMPLIED: _("推算"),
    Kind.CONFLICT: _("前后不一"),
    Kind.PERIOD: _("期间"),
    Kind.PERCENT: _("百分数"),
    Kind.RANK: _("名次"),
    Kind.SHARE: _("占比"),
    Kind.BALANCE: _("收支平衡"),
    Kind.UNBOUND: _("没有出处"),
}
