"""The name of each right in the user interface."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from jiedao.orgs.rights import PERMISSIONS

RIGHT_NAMES: dict[str, Any] = {
    "cases.case:report": _("上报案件"),
    "cases.case:view": _("查看案件"),
    "cases.case:accept": _("受理立案"),
    "cases.case:reject": _("不予受理"),
    "cases.case:verify": _("现场核实"),
    "cases.case:dispatch": _("派遣"),
    "cases.case:return": _("退回"),
    "cases.case:redispatch": _("改派"),
    "cases.case:take": _("接单"),
    "cases.case:handle": _("处置"),
    "cases.case:self_handle": _("当场自行处置"),
    "cases.case:help": _("增加和撤回协办"),
    "cases.case:check": _("核查"),
    "cases.case:close": _("结案"),
    "cases.case:reply": _("答复反映人"),
    "cases.case:visit": _("回访"),
    "cases.case:confirm_visit": _("确认回访结论"),
    "cases.case:reopen": _("重新办理"),
    "cases.case:ask_extension": _("申请延期"),
    "cases.case:decide_extension": _("审批延期"),
    "cases.case:suspend": _("挂账"),
    "cases.case:resume": _("恢复办理"),
    "cases.case:merge": _("并案"),
    "cases.case:split": _("拆分"),
    "cases.case:supervise": _("督办"),
    "cases.case:remind": _("催办"),
    "cases.case:void": _("作废"),
    "cases.case:comment": _("备注"),
    "cases.case:correct": _("更正"),
    "cases.case:export": _("导出"),
    "cases.case:reveal": _("查看反映人身份"),
    "cases.caller:look_up": _("按电话查以前的来件"),
    "cases.board:view": _("查看考核看板"),
    "registers.record:view": _("查看台账"),
    "registers.record:edit": _("登记和更改台账"),
    "registers.record:reveal": _("查看台账中的个人信息"),
    "registers.visit:make": _("检查台账对象"),
    "registers.visit:plan": _("安排和取消检查"),
    "projects.project:view": _("查看项目"),
    "projects.project:edit": _("填报项目进展"),
    "projects.project:add": _("设立数据包以外的项目"),
    "registers.record:grade": _("重新定级和人工定级"),
    "projects.promise:view": _("查看任务"),
    "projects.promise:edit": _("登记和办理任务"),
    "projects.promise:confirm": _("确认、延期和撤销任务"),
    "reports.form:view": _("查看要表台账和填好的表"),
    "reports.form:edit": _("登记上级要的表、绑定单元格"),
    "reports.form:fill": _("填表"),
    "reports.form:confirm": _("确认填好的表"),
    "indicators.figure:view": _("查看指标"),
    "indicators.figure:enter": _("填报指标"),
    "indicators.figure:confirm": _("确认和锁定指标"),
    "indicators.figure:view_published": _("只看公布的指标"),
    "evaluation.score:view": _("查看考评"),
    "evaluation.score:view_own": _("查看本单位的考评"),
    "evaluation.score:publish": _("公布考评和人工评分"),
    "evaluation.appeal:make": _("提出考评申诉"),
    "evaluation.appeal:decide": _("裁定考评申诉"),
    "reports.report:view": _("查看报告"),
    "reports.report:edit": _("起草和修改报告"),
    "reports.report:sign": _("签发报告"),
    "publishing.case:review": _("审核公开的案件"),
    "publishing.consultation:manage": _("办理征求意见"),
    "publishing.publication:edit": _("起草公开信息"),
    "publishing.publication:review": _("审核公开信息"),
    "publishing.publication:publish": _("公布、撤下和开放数据"),
    "cases.category:manage": _("管理类别"),
    "cases.duty:manage": _("调整时限、主办单位和用语"),
    "kernel.policy:manage": _("调整办理规则"),
    "orgs.user:manage": _("管理账号与任职"),
    "orgs.post:manage": _("管理岗位与单位"),
    "kernel.calendar:manage": _("管理日历"),
    "packs.pack:apply": _("更新数据包"),
    "audit.entry:view": _("查看审计日志"),
    "exchange.messages:import": _("导入来件"),
    "exchange.endpoint:manage": _("管理与其他系统的对接"),
    "district.figure:view": _("查看各街道的指标和排名"),
    "district.office:manage": _("管理下辖街道"),
}


def get_right_name(right: str) -> str:
    """Return the name of a right, or its code if it has no name."""
    return str(RIGHT_NAMES.get(right, right))


def list_rights() -> list[str]:
    """Return every right in the order in which cases are handled, rights without a name last."""
    return [
        *(right for right in RIGHT_NAMES if right in PERMISSIONS),
        *sorted(PERMISSIONS - set(RIGHT_NAMES)),
    ]
