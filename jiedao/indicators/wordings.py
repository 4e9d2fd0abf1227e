"""Why a figure has no value: codes that a score can store, and their words; in which field a rank was published."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from jiedao.kernel.wordings import declare_wordings

NOT_ENTERED = "figure.not_entered"
MONTHS_MISSING = "figure.months_missing"
SOURCE_FAULT = "figure.source_fault"
NOT_BY_AREA = "figure.not_by_area"
NOT_BY_UNIT = "figure.not_by_unit"
NOT_BY_CATEGORY = "figure.not_by_category"
NOT_BY_CHANNEL = "figure.not_by_channel"
TOWN_ONLY = "figure.town_only"
NOT_RECORDED = "figure.not_recorded"  # only in scores that were stored before the two below
NO_RECORDS_YET = "figure.no_records_yet"
RECORDED_SINCE = "figure.recorded_since"
NO_CASES = "figure.no_cases"
NO_DENOMINATOR = "figure.no_denominator"
CIRCULAR = "figure.circular"
TERMS_MISSING = "figure.terms_missing"
DIVISOR_ZERO = "figure.divisor_zero"
FORMULA_FAULT = "figure.formula_fault"
NO_VALUE_STATED = "figure.no_value_stated"

declare_wordings(
    {
        NOT_ENTERED: _("没有数据：尚未填报，或尚未确认"),
        MONTHS_MISSING: _("没有数据：有的月份尚未填报"),
        SOURCE_FAULT: _("数据来源已不可用：%(why)s"),
        NOT_BY_AREA: _("本指标不按社区统计"),
        NOT_BY_UNIT: _("本指标不按单位统计"),
        NOT_BY_CATEGORY: _("本指标不按类别统计"),
        NOT_BY_CHANNEL: _("本指标不按渠道统计"),
        TOWN_ONLY: _("本指标只有本街道的数"),
        NOT_RECORDED: _("没有数据：那时还没有开始记录"),
        NO_RECORDS_YET: _("没有数据：还没有任何记录"),
        RECORDED_SINCE: _("没有数据：%(day)s 起才有记录"),
        NO_CASES: _("没有数据：期内没有这样的案件"),
        NO_DENOMINATOR: _("%(name)s为 0，没有比率"),
        CIRCULAR: _("公式互相引用：%(keys)s"),
        TERMS_MISSING: _("缺少 %(names)s"),
        DIVISOR_ZERO: _("除数为 0，没有结果"),
        FORMULA_FAULT: _("公式无法计算：%(why)s"),
        NO_VALUE_STATED: _("只公布了增速或位次，没有数值"),
    }
)

PEERS = "同级单位"
# Ranks are published in one of these fields; the field of an entry is a text, because a source may name another.
RANK_FIELDS = {
    "全国": pgettext_lazy("rank in", "全国"),
    "全省": pgettext_lazy("rank in", "全省"),
    "全市": pgettext_lazy("rank in", "全市"),
    "全区": pgettext_lazy("rank in", "全区"),
    "全县": pgettext_lazy("rank in", "全县"),
    "全街道": pgettext_lazy("rank in", "全街道"),
    PEERS: pgettext_lazy("rank in", "同级单位"),
}


def label_rank_field(field: str) -> str:
    """Return the field of a published rank in the reader's language; the text itself where it is not a usual one."""
    return str(RANK_FIELDS.get(field.strip(), field))
