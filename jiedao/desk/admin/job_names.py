"""What the background jobs are called on the operator's page; the code of a job is for the log."""

from typing import Any

from django.utils.translation import gettext_lazy as _

# By room and job with a dot between them, whichever sign the code of the job has.
JOB_NAMES: dict[str, Any] = {
    "api.sweep": _("清理接口存下的回答"),
    "audit.seal": _("封存审计日志"),
    "cases.erase_reporters": _("抹去到期的反映人信息"),
    "cases.group_hot_matters": _("归并热点"),
    "cases.place_closed": _("按现行区划归置已结案件"),
    "cases.read_stored_phones": _("整理反映人电话的摘要"),
    "cases.review_suspended": _("提醒复查挂账案件"),
    "cases.settle_provisional": _("核定暂定时限"),
    "cases.update_counts": _("更新案件计数"),
    "cases.watch_clocks": _("检查案件时限"),
    "cases.watch_source_limits": _("检查来件方的时限"),
    "cases.notify_follower": _("通知关注的人"),
    "cases.send_invitation": _("发出邮箱确认邮件"),
    "cases.send_proof": _("发出验证码"),
    "delivery.send": _("发送消息"),
    "delivery.send_now": _("立即发送消息"),
    "delivery.sweep": _("清理旧消息"),
    "district.read": _("读取各街道公布的指标"),
    "district.read_office": _("读取一个街道公布的指标"),
    "files.erase_unsent": _("删除没有提交的附件"),
    "district.serve_office": _("向一个街道下达案件、取回答复"),
    "district.serve_offices": _("下达案件、取回答复"),
    "exchange.erase_sheets": _("清理导入的表格"),
    "exchange.erase_events": _("清理旧的对接事件"),
    "exchange.serve_endpoint": _("与一个对接系统收发"),
    "exchange.serve_endpoints": _("与对接系统收发"),
    "fieldwork.erase_items": _("清理手机工作台的回执"),
    "kernel.sweep": _("清理完成的后台任务"),
    "notices.send": _("发送通知"),
    "projects.watch_pledges": _("检查责任事项的期限"),
    "projects.watch_supervisions": _("检查督办答复的期限"),
    "publishing.erase_consultation_texts": _("删除到期的文字意见"),
    "publishing.notify_reviewers": _("提醒公开审核"),
    "registers.miss_visits": _("记下漏检"),
    "registers.plan_rounds": _("安排例行检查"),
    "registers.regrade": _("重新定级"),
    "reports.remind_forms": _("提醒要报的表"),
    "tasks.run": _("执行长任务"),
    "tasks.sweep": _("清理长任务的结果"),
}


def name_job(code: str) -> str:
    """Return the name of a job in the reader's language; of one without a name, its code."""
    return str(JOB_NAMES.get(code.replace(":", "."), code))
