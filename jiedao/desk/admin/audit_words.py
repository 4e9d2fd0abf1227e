"""The words of the audit log: each action as people say it, each kind of object, and the names of values.

A discipline officer reads who did what to what, from what to what, and why. So every action that the product records
has its words here; `tests/structure/test_audit_words.py` fails for an action without them.
"""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

# group -> its name, in the order of the filter
GROUPS: dict[str, Any] = {
    "failed": _("登录失败"),
    "reveal": _("查看身份"),
    "sign_in": _("登录和密码"),
    "people": _("账号、岗位和单位"),
    "rules": _("规则、类别和日历"),
    "files": _("导入和导出"),
    "cases": _("办理案件"),
    "registers": _("台账和检查"),
    "promises": _("项目和目标任务"),
    "pack": _("数据包"),
    "attachments": _("附件"),
}


@dataclass(frozen=True)
class Words:
    """An action in words; `create` and `remove` replace `change` where there was nothing before, or is nothing after."""

    group: str
    change: Any
    create: Any = ""
    remove: Any = ""

    def choose(self, before: Any, after: Any) -> str:
        """Return the words for an entry with these values."""
        if before is None and self.create:
            return str(self.create)
        return str(self.remove if after is None and self.remove else self.change)


# Words that depend on the type of the object come first: (action, type of object).
TYPED_ACTIONS: dict[tuple[str, str], Words] = {
    ("orgs.user:manage", "accounts.user"): Words("people", _("更改了账号"), create=_("新建了账号")),
    ("orgs.user:manage", "orgs.holding"): Words(
        "people", _("更改了任职"), create=_("安排了岗位"), remove=_("收回了岗位")
    ),
    ("orgs.user:manage", "accounts.apitoken"): Words("people", _("收回了接口令牌"), create=_("发放了接口令牌")),
    ("orgs.post:manage", "orgs.post"): Words("people", _("更改了岗位"), create=_("新建了岗位")),
    ("orgs.post:manage", "orgs.unit"): Words("people", _("更改了单位"), create=_("新建了单位")),
}

ACTIONS: dict[str, Words] = {
    "accounts.session:fail": Words("failed", _("登录失败")),
    "accounts.session:lock": Words("failed", _("登录失败次数太多，锁定了账号")),
    "accounts.second_factor:fail": Words("failed", _("验证码错误")),
    "accounts.second_factor:lock": Words("failed", _("验证码错误次数太多，锁定了账号")),
    "cases.case:reveal": Words("reveal", _("查看了反映人身份")),
    "cases.caller:look_up": Words("reveal", _("按电话查了来电人以前的事项")),
    "registers.record:reveal": Words("reveal", _("查看了台账中的个人信息")),
    "cases.reporter:erase": Words("reveal", _("到期删除了反映人信息")),
    "accounts.session:sign_in": Words("sign_in", _("登录")),
    "accounts.session:sign_out": Words("sign_in", _("退出")),
    "accounts.password:change": Words("sign_in", _("改了密码")),
    "accounts.second_factor:switch_on": Words("sign_in", _("开启了两步验证")),
    "accounts.second_factor:switch_off": Words("sign_in", _("关闭了两步验证")),
    "accounts.second_factor:reset": Words("sign_in", _("重置了两步验证")),
    "accounts.second_factor:renew_codes": Words("sign_in", _("换了备用码")),
    "orgs.user:manage": Words("people", _("更改了账号或任职")),
    "orgs.post:manage": Words("people", _("更改了岗位或单位")),
    "orgs.holding:create": Words("people", _("安排了岗位")),
    "packs.own:set": Words("rules", _("更改了")),
    "packs.own:return": Words("rules", _("恢复为数据包的值")),
    "packs.own:keep": Words("rules", _("确认留用本街道的值")),
    "packs.own:end": Words("rules", _("数据包已有相同的值，结束了本街道的改动")),
    "cases.category:manage": Words("rules", _("更改了类别")),
    "kernel.calendar:manage": Words("rules", _("更改了日历"), remove=_("恢复了全国日历")),
    "exchange.messages:import": Words("files", _("导入了来件")),
    "cases.case:export": Words("files", _("导出了案件")),
    "cases.case:import": Words("files", _("导入了历史案件")),
    "registers.record:import": Words("files", _("导入了台账")),
    "registers.record:export": Words("files", _("导出了台账")),
    "audit.entry:export": Words("files", _("导出了审计日志")),
    "cases.case:report": Words("cases", _("上报了案件")),
    "cases.case:accept": Words("cases", _("受理立案")),
    "cases.case:reject": Words("cases", _("不予受理")),
    "cases.case:verify": Words("cases", _("核实属实")),
    "cases.case:self_handle": Words("cases", _("当场自行处置")),
    "cases.case:dispatch": Words("cases", _("派遣了案件")),
    "cases.case:redispatch": Words("cases", _("改派了案件")),
    "cases.case:return": Words("cases", _("退回了案件")),
    "cases.case:take": Words("cases", _("接单")),
    "cases.case:handle": Words("cases", _("处置完成")),
    "cases.case:call_help": Words("cases", _("增加了协办单位")),
    "cases.case:release_help": Words("cases", _("撤回了协办")),
    "cases.case:helped": Words("cases", _("协办完成")),
    "cases.case:check_pass": Words("cases", _("核查通过")),
    "cases.case:rework": Words("cases", _("核查不通过，要求返工")),
    "cases.case:close": Words("cases", _("结案")),
    "cases.case:reply": Words("cases", _("答复了反映人")),
    "cases.case:visit": Words("cases", _("记录了回访")),
    "cases.case:end_visit": Words("cases", _("联系不上，结束了回访")),
    "cases.case:confirm_keep": Words("cases", _("同意不再办理")),
    "cases.case:refuse_keep": Words("cases", _("不同意不再办理，要求重办")),
    "cases.case:reopen": Words("cases", _("重新办理")),
    "cases.case:ask_extension": Words("cases", _("申请延期")),
    "cases.case:grant_extension": Words("cases", _("同意延期")),
    "cases.case:refuse_extension": Words("cases", _("不同意延期")),
    "cases.case:suspend": Words("cases", _("挂账")),
    "cases.case:resume": Words("cases", _("恢复办理")),
    "cases.case:merge": Words("cases", _("并入另一案件")),
    "cases.case:unmerge": Words("cases", _("撤销了并案")),
    "cases.case:split": Words("cases", _("拆分了案件")),
    "cases.case:supervise": Words("cases", _("督办")),
    "cases.case:remind": Words("cases", _("催办")),
    "cases.case:answer": Words("cases", _("答复了督办或催办")),
    "cases.case:comment": Words("cases", _("写了备注")),
    "cases.case:correct": Words("cases", _("更正了案件")),
    "cases.case:void": Words("cases", _("作废了案件")),
    "cases.case:warned": Words("cases", _("临近期限，发了预警")),
    "cases.case:overdue": Words("cases", _("记下超期")),
    "cases.case:escalated": Words("cases", _("向上一级报告了超期")),
    "registers.register:declare": Words("registers", _("设立或更改了台账")),
    "registers.register:retire": Words("registers", _("停用了台账")),
    "registers.record:add": Words("registers", _("登记了台账记录")),
    "registers.record:change": Words("registers", _("更改了台账记录")),
    "registers.record:grade": Words("registers", _("人工定级")),
    "registers.record:regrade": Words("registers", _("重新定级")),
    "registers.visit:make": Words("registers", _("检查了")),
    "registers.visit:plan": Words("registers", _("安排了检查")),
    "registers.visit:drop": Words("registers", _("取消了检查")),
    "registers.visit:miss": Words("registers", _("记下漏检")),
    "registers.visit:plan_rounds": Words("registers", _("排定了检查计划")),
    "registers.visit:take_over": Words("registers", _("录入了以前的检查")),
    "registers.finding:open": Words("registers", _("重新列为整改中")),
    "registers.finding:right": Words("registers", _("整改完成")),
    "registers.finding:refused": Words("registers", _("整改案件未受理")),
    "registers.finding:waived": Words("registers", _("不再整改")),
    "projects.project:declare": Words("promises", _("按数据包设立或更改了项目")),
    "projects.project:retire": Words("promises", _("停用了项目")),
    "projects.project:progress": Words("promises", _("填报了项目进度")),
    "projects.project:money": Words("promises", _("填报了项目资金")),
    "projects.project:permit": Words("promises", _("填报了项目报批")),
    "projects.project:obstacle": Words("promises", _("上报了项目障碍")),
    "projects.campaign:split": Words("promises", _("分解了专项行动指标")),
    "projects.campaign:enter": Words("promises", _("登记了专项行动进度")),
    "projects.commitment:add": Words("promises", _("登记了帮扶承诺")),
    "projects.payment:add": Words("promises", _("登记了帮扶拨款")),
    "projects.payment:void": Words("promises", _("作废了帮扶拨款")),
    "projects.pledge:add": Words("promises", _("登记了责任事项")),
    "projects.pledge:report": Words("promises", _("报告办结")),
    "projects.pledge:confirm": Words("promises", _("确认办结")),
    "projects.pledge:back": Words("promises", _("退回重办")),
    "projects.pledge:extend": Words("promises", _("延期")),
    "projects.pledge:withdraw": Words("promises", _("撤销")),
    "projects.pledge:demand": Words("promises", _("督办")),
    "projects.pledge:answer": Words("promises", _("答复督办")),
    "projects.pledge:note": Words("promises", _("写了备注")),
    "projects.pledge:warned": Words("promises", _("临近期限，发了预警")),
    "projects.pledge:late": Words("promises", _("记下逾期")),
    "projects.pledge:escalated": Words("promises", _("向上一级报告了逾期")),
    "packs.pack:apply": Words("pack", _("更新了数据包")),
    "packs.pack:create": Words("pack", _("按数据包新增了")),
    "packs.pack:change": Words("pack", _("按数据包更改了")),
    "packs.pack:retire": Words("pack", _("按数据包停用了")),
    "files.attachment:store": Words("attachments", _("上传了附件")),
    "files.attachment:attach": Words("attachments", _("附上了附件")),
    "files.attachment:remove": Words("attachments", _("移除了附件")),
}

# type of object -> its name; in the order of the filter
TYPES: dict[str, Any] = {
    "cases.case": _("案件"),
    "accounts.user": _("账号"),
    "orgs.holding": _("任职"),
    "accounts.apitoken": _("接口令牌"),
    "orgs.post": _("岗位"),
    "orgs.unit": _("单位"),
    "cases.category": _("类别"),
    "cases.duty": _("权责清单"),
    "cases.reason": _("理由"),
    "kernel.policy": _("办理规则"),
    "kernel.calendar": _("日历"),
    "packs.pack": _("数据包"),
    "exchange.file": _("来件文件"),
    "registers.register": _("台账"),
    "registers.record": _("台账记录"),
    "registers.visit": _("检查"),
    "registers.finding": _("检查发现的问题"),
    "projects.project": _("项目"),
    "projects.campaign": _("专项行动"),
    "projects.quota": _("专项行动指标"),
    "projects.pledge": _("责任事项"),
    "projects.obstacle": _("项目障碍"),
    "projects.commitment": _("帮扶承诺"),
    "projects.payment": _("帮扶拨款"),
    "projects.partner": _("帮扶对象"),
    "projects.projectkind": _("项目类型"),
    "projects.projectmeasure": _("项目规模指标"),
    "places.area": _("区域"),
    "places.premise": _("小区、楼栋"),
    "files.attachment": _("附件"),
    "audit.entry": _("审计日志"),
}

# Values whose key is the reason of an action: they have a column of their own.
REASON_KEYS = ("reason", "why", "purpose", "note", "words")
# Values that only the program needs.
HIDDEN_KEYS = frozenset({"due_provisional", "previous_state", "created_ids", "blob", "version", "sha256", "register_id"})

# key of a value -> its name, where the field of the model has none or another
FIELD_WORDS: dict[str, Any] = {
    "active": _("启用"),
    "accepted_at": _("受理时间"),
    "actual_finish": _("实际完成"),
    "actual_start": _("实际开始"),
    "amount": _("数量"),
    "area": _("区域"),
    "area_id": _("区域"),
    "area_path": _("社区、网格"),
    "areas": _("负责的区域"),
    "attachment": _("附件"),
    "attachments": _("附件"),
    "blocked": _("不能做"),
    "budget": _("计划资金"),
    "case": _("案件"),
    "cases": _("案件数"),
    "category_id": _("类别"),
    "cause": _("不满意的原因"),
    "change": _("更改"),
    "changed": _("更改"),
    "checked_at": _("核查通过时间"),
    "checklist": _("检查表"),
    "close_due_at": _("全程时限"),
    "closed_at": _("结案时间"),
    "closed_on_time": _("按期结案"),
    "code": _("编码"),
    "create": _("新增"),
    "created": _("新增"),
    "date": _("日期"),
    "deadline": _("期限"),
    "dispatched_at": _("派遣时间"),
    "document": _("文件"),
    "due_at": _("时限"),
    "due_date": _("应查日期"),
    "ended_at": _("办结时间"),
    "entries": _("条数"),
    "entry": _("登记"),
    "erased": _("已删除"),
    "existing": _("已有"),
    "expires_at": _("有效期"),
    "failed": _("不合格项"),
    "failures": _("失败次数"),
    "faults": _("问题"),
    "field": _("内容"),
    "filed_at": _("立案时间"),
    "filters": _("筛选条件"),
    "finding": _("发现的问题"),
    "findings": _("发现的问题"),
    "format": _("格式"),
    "found": _("查到"),
    "from": _("起"),
    "granted_date": _("批复日期"),
    "handle_due_at": _("处置时限"),
    "handled_at": _("处置时间"),
    "handled_on_time": _("按期处置"),
    "handler_id": _("处置人"),
    "hours": _("办公时间"),
    "how": _("方式"),
    "is_workday": _("上班"),
    "keep": _("不再办理的理由"),
    "key": _("代码"),
    "kind": _("种类"),
    "lead_unit_id": _("主办单位"),
    "made": _("条数"),
    "merged_into_id": _("并入案件"),
    "month": _("月份"),
    "name": _("名称"),
    "name_en": _("英文名称"),
    "on": _("日期"),
    "paid": _("已支付"),
    "parent": _("上级"),
    "parent_id": _("上级"),
    "percent": _("完成比例"),
    "permissions": _("权限"),
    "permit": _("报批"),
    "planned": _("安排数"),
    "post": _("岗位"),
    "reached": _("联系上"),
    "read": _("读到"),
    "record_id": _("台账记录"),
    "refused": _("未收"),
    "register": _("台账"),
    "replied_at": _("答复时间"),
    "retire": _("停用"),
    "revoked": _("已收回"),
    "rows": _("行数"),
    "rung": _("报告级数"),
    "stage": _("阶段"),
    "submitted_date": _("报送日期"),
    "superior": _("上级岗位"),
    "superior_id": _("上级岗位"),
    "task": _("任务"),
    "texts": _("改动的文字数"),
    "to": _("止"),
    "unit": _("单位"),
    "unit_id": _("单位"),
    "unknown_names_in_this_hour": _("一小时内不存在的账号次数"),
    "until": _("延至"),
    "user": _("人员"),
    "username": _("账号"),
    "value": _("值"),
    "visited_at": _("回访时间"),
    "wrong_number": _("号码不对"),
}

# key of a value -> stored code -> its name, for codes that are no choices of a field
CODE_WORDS: dict[str, dict[str, Any]] = {
    "how": {"PASSWORD": _("密码"), "CODE": _("验证码"), "RECOVERY": _("备用码")},
    "why": {"IDLE": _("长时间未操作"), "AGE": _("登录时间太长")},
}


def find_words(action: str, object_type: str) -> Words | None:
    """Return the words of an action on a type of object, None for an action without words."""
    return TYPED_ACTIONS.get((action, object_type)) or ACTIONS.get(action)


def list_group_actions(group: str) -> list[str]:
    """Return the codes of a group."""
    return [action for action, words in ACTIONS.items() if words.group == group]
