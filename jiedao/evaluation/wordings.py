"""Notes and reasons of scores: codes that are stored, and their words in the reader's language."""

from django.utils.translation import gettext_lazy as _

from jiedao.kernel.wordings import declare_wordings

TOO_FEW = "score.too_few"
TOO_FEW_HOLDERS = "score.too_few_holders"
ITEM_FAULT = "score.item_fault"
PERIODS_LEFT_OUT = "score.periods_left_out"
NOT_GIVEN = "score.not_given"
NO_ITEM_HAS_DATA = "score.no_item_has_data"
SCALED = "score.scaled"
NO_SCORE = "score.no_score"
NO_TARGET = "score.no_target"
NO_GROWTH = "score.no_growth"
NO_DATA = "score.no_data"
NOTHING_TO_COMPARE = "score.nothing_to_compare"
FULL_POINTS = "score.full_points"
POINTS_GIVEN = "score.points_given"
CASES_STRUCK = "score.cases_struck"

declare_wordings(
    {
        TOO_FEW: _("%(name)s %(value)s，不足 %(minimum)s，不参加考评"),
        TOO_FEW_HOLDERS: _("在岗 %(n)d 人，不足 %(minimum)d 人：不对个人评分"),
        ITEM_FAULT: _("规则无法读取：%(why)s"),
        PERIODS_LEFT_OUT: _("%(n)d 个时段没有得分，不计入平均"),
        NOT_GIVEN: _("没有人工评分"),
        NO_ITEM_HAS_DATA: _("各项都没有数据"),
        SCALED: _("%(n)d 项没有数据，按其余各项折算"),
        NO_SCORE: _("期内没有已公布的得分"),
        NO_TARGET: _("没有设定目标"),
        NO_GROWTH: _("没有增速"),
        NO_DATA: _("没有数据"),
        NOTHING_TO_COMPARE: _("没有可比的单位或社区"),
        FULL_POINTS: _("%(why)s，给满分"),
        POINTS_GIVEN: _("人工评分：%(reason)s"),
        CASES_STRUCK: _("申诉成立，剔除案件 %(number)s"),
    }
)
