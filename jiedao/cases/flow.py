"""States of a case and the table of its moves: data, no database.

The loop is 收集 collect, 受理 register, 派遣 dispatch, 办理 handle, 反馈 report back, 核查 verify, 结案 close,
回访 return visit. Who did what when is kept in `CaseMove`; what each move writes stands in `actions/effects.py`.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _

from jiedao.kernel.flow import FieldKind as K
from jiedao.kernel.flow import Flow, Move, MoveField


class State(models.TextChoices):
    """Where a case stands."""

    REPORTED = "REPORTED", _("待受理")
    TO_VERIFY = "TO_VERIFY", _("待核实")
    FILED = "FILED", _("待派遣")
    DISPATCHED = "DISPATCHED", _("待接单")
    HANDLING = "HANDLING", _("处置中")
    HANDLED = "HANDLED", _("待核查")
    CHECKED = "CHECKED", _("待结案")
    CLOSED = "CLOSED", _("待回访")
    DONE = "DONE", _("已办结")
    SUSPENDED = "SUSPENDED", _("挂账")
    REJECTED = "REJECTED", _("不予受理")
    MERGED = "MERGED", _("已并案")
    VOIDED = "VOIDED", _("已作废")


class Stage(models.TextChoices):
    """Stages with a deadline of their own; CLOSE runs from filing to closing over the whole case."""

    ACCEPT = "ACCEPT", _("受理")
    VERIFY = "VERIFY", _("核实")
    DISPATCH = "DISPATCH", _("派遣")
    HANDLE = "HANDLE", _("处置")
    HELP = "HELP", _("协办")
    CHECK = "CHECK", _("核查")
    FINISH = "FINISH", _("结案审核")
    VISIT = "VISIT", _("回访")
    CLOSE = "CLOSE", _("全程")


S = State
WITH_UNIT = frozenset({S.DISPATCHED.value, S.HANDLING.value})
OPEN = frozenset(
    s.value
    for s in (S.REPORTED, S.TO_VERIFY, S.FILED, S.DISPATCHED, S.HANDLING, S.HANDLED, S.CHECKED, S.SUSPENDED)
)
FINISHED = frozenset({S.CLOSED.value, S.DONE.value, S.REJECTED.value, S.MERGED.value, S.VOIDED.value})
BEFORE_HANDLED = frozenset(s.value for s in (S.REPORTED, S.TO_VERIFY, S.FILED, S.DISPATCHED, S.HANDLING))

NOTE = MoveField("note", K.TEXT, _("说明"), required=False)
WHY = MoveField("note", K.TEXT, _("理由"))


def _on(*states: State) -> frozenset[str]:
    return frozenset(state.value for state in states)


FLOW = Flow.of(
    [
        Move("REPORT", _("上报"), frozenset(), S.REPORTED, "cases.case:report", starts="ACCEPT"),
        Move(
            "ACCEPT", _("受理立案"), _on(S.REPORTED), None, "cases.case:accept",
            stops=("ACCEPT",), tone="primary", key="a",
            fields=(
                MoveField("category", K.CATEGORY, _("类别")),
                MoveField("area", K.AREA, _("所属网格"), required=False),
                NOTE,
            ),
        ),
        Move(
            "REJECT", _("不予受理"), _on(S.REPORTED, S.TO_VERIFY), S.REJECTED, "cases.case:reject",
            stops=("ACCEPT", "VERIFY", "CLOSE"), tone="danger", key="x",
            fields=(MoveField("reason", K.REASON, _("依据")), MoveField("reply", K.TEXT, _("告知反映人的答复"))),
        ),
        Move(
            "VERIFY", _("核实属实"), _on(S.TO_VERIFY), S.FILED, "cases.case:verify",
            stops=("VERIFY",), starts="DISPATCH", tone="primary", key="v",
            fields=(
                MoveField("note", K.TEXT, _("现场情况")),
                MoveField("photos", K.PHOTOS, _("现场照片"), required=False),
            ),
        ),
        Move(
            "SELF_HANDLE", _("当场自行处置"), _on(S.REPORTED), S.HANDLED, "cases.case:self_handle",
            stops=("ACCEPT",), starts="CHECK", key="s",
            fields=(
                MoveField("category", K.CATEGORY, _("类别")),
                MoveField("result", K.TEXT, _("处置结果")),
                MoveField("photos", K.PHOTOS, _("处置后照片"), required=False),
            ),
        ),
        Move(
            "DISPATCH", _("派遣"), _on(S.FILED), S.DISPATCHED, "cases.case:dispatch",
            stops=("DISPATCH",), starts="HANDLE", tone="primary", key="d",
            fields=(
                MoveField("unit", K.UNIT, _("主办单位")),
                MoveField("helpers", K.UNITS, _("协办单位"), required=False),
                MoveField("limit", K.LIMIT, _("处置时限"), required=False,
                          help=_("留空按权责清单；如 4wh=4 工作时，2wd=2 工作日，24h=24 小时")),
                NOTE,
            ),
        ),
        Move(
            "REDISPATCH", _("改派"), WITH_UNIT, S.DISPATCHED, "cases.case:redispatch",
            stops=("HANDLE",), starts="HANDLE", key="m",
            fields=(
                MoveField("unit", K.UNIT, _("新的主办单位")),
                MoveField("limit", K.LIMIT, _("处置时限"), required=False),
                WHY,
            ),
        ),
        Move(
            "RETURN", _("退回"), WITH_UNIT, S.FILED, "cases.case:return", party="LEAD",
            stops=("HANDLE",), starts="DISPATCH", tone="danger", key="b",
            fields=(MoveField("reason", K.REASON, _("退回原因")), WHY),
        ),
        Move(
            "TAKE", _("接单"), _on(S.DISPATCHED), S.HANDLING, "cases.case:take", party="LEAD",
            tone="primary", key="t", fields=(NOTE,),
        ),
        Move(
            "HANDLE", _("处置完成"), WITH_UNIT, S.HANDLED, "cases.case:handle", party="LEAD",
            stops=("HANDLE",), starts="CHECK", tone="primary", key="h",
            fields=(
                MoveField("result", K.TEXT, _("处置结果")),
                MoveField("photos", K.PHOTOS, _("处置后照片"), required=False),
            ),
        ),
        Move(
            "CALL_HELP", _("增加协办（吹哨）"), WITH_UNIT, None, "cases.case:help", party="STEER", key="w",
            fields=(
                MoveField("helpers", K.UNITS, _("协办单位")),
                MoveField("limit", K.LIMIT, _("协办时限"), required=False),
                WHY,
            ),
        ),
        Move(
            "RELEASE_HELP", _("撤回协办"), WITH_UNIT, None, "cases.case:help", party="STEER",
            fields=(MoveField("unit", K.UNIT, _("协办单位")), WHY),
        ),
        Move(
            "HELPED", _("协办完成"), WITH_UNIT, None, "cases.case:handle", party="HELPER", tone="primary",
            fields=(MoveField("result", K.TEXT, _("协办结果")),),
        ),
        Move(
            "CHECK_PASS", _("核查通过"), _on(S.HANDLED), S.CHECKED, "cases.case:check", party="OTHER",
            stops=("CHECK",), starts="FINISH", tone="good", key="p",
            fields=(NOTE, MoveField("photos", K.PHOTOS, _("核查照片"), required=False)),
        ),
        Move(
            "REWORK", _("核查不通过，返工"), _on(S.HANDLED, S.CHECKED), S.HANDLING, "cases.case:check", party="OTHER",
            stops=("CHECK", "FINISH"), starts="HANDLE", tone="danger", key="f",
            fields=(WHY, MoveField("photos", K.PHOTOS, _("核查照片"), required=False)),
        ),
        Move(
            "CLOSE", _("结案"), _on(S.CHECKED), None, "cases.case:close",
            stops=("FINISH", "CLOSE"), tone="primary", key="c",
            fields=(
                MoveField("reply", K.TEXT, _("答复反映人"), required=False,
                          help=_("处置之后还没有答复反映人的，必须填写")),
                NOTE,
            ),
        ),
        Move(
            "REPLY", _("答复反映人"),
            _on(S.TO_VERIFY, S.FILED, S.DISPATCHED, S.HANDLING, S.HANDLED, S.CHECKED, S.SUSPENDED, S.CLOSED),
            None, "cases.case:reply", key="r", fields=(MoveField("reply", K.TEXT, _("答复内容")),),
        ),
        Move(
            "VISIT", _("回访"), _on(S.CLOSED), None, "cases.case:visit", stops=("VISIT",), tone="primary", key="i",
            fields=(
                MoveField("reached", K.BOOL, _("联系上了"), required=False),
                MoveField("solved", K.BOOL, _("反映人认为已解决"), required=False),
                MoveField("satisfaction", K.SCORE, _("满意度（1-5）"), required=False),
                MoveField("note", K.TEXT, _("反映人的话"), required=False),
                MoveField("redo", K.BOOL, _("责任在我，重新办理"), required=False),
            ),
        ),
        Move(
            "REOPEN", _("重新办理"), _on(S.CLOSED, S.DONE), None, "cases.case:reopen",
            stops=("VISIT",), tone="danger", key="o", fields=(WHY,),
        ),
        Move(
            "ASK_EXTENSION", _("申请延期"), WITH_UNIT, None, "cases.case:ask_extension", party="LEAD", key="e",
            fields=(MoveField("limit", K.LIMIT, _("延长")), WHY),
        ),
        Move(
            "GRANT_EXTENSION", _("同意延期"), WITH_UNIT, None, "cases.case:decide_extension", tone="good",
            fields=(MoveField("request", K.REQUEST, _("申请")), NOTE),
        ),
        Move(
            "REFUSE_EXTENSION", _("不同意延期"), WITH_UNIT, None, "cases.case:decide_extension", tone="danger",
            fields=(MoveField("request", K.REQUEST, _("申请")), WHY),
        ),
        Move(
            "SUSPEND", _("挂账"), _on(S.FILED, S.DISPATCHED, S.HANDLING), S.SUSPENDED, "cases.case:suspend",
            fields=(MoveField("reason", K.REASON, _("挂账原因")), MoveField("review_date", K.DATE, _("复核日期")), WHY),
        ),
        Move(
            "RESUME", _("恢复办理"), _on(S.SUSPENDED), None, "cases.case:resume", tone="primary", fields=(NOTE,),
        ),
        Move(
            "MERGE", _("并入另一案件"), BEFORE_HANDLED, S.MERGED, "cases.case:merge", key="u",
            fields=(
                MoveField("into", K.CASE, _("主案件编号")),
                MoveField("reply", K.TEXT, _("答复反映人"), required=False,
                          help=_("主案件已结案的，反映人由此得到答复；留空则用主案件的答复")),
                NOTE,
            ),
        ),
        Move(
            "UNMERGE", _("撤销并案"), _on(S.MERGED), None, "cases.case:merge", fields=(WHY,),
        ),
        Move(
            "SPLIT", _("拆分"), _on(S.REPORTED, S.TO_VERIFY, S.FILED), None, "cases.case:split",
            fields=(MoveField("parts", K.LINES, _("另立的事项，每行一件")), NOTE),
        ),
        Move(
            "SUPERVISE", _("督办"), OPEN - {S.REPORTED.value}, None, "cases.case:supervise", tone="danger",
            fields=(WHY,),
        ),
        Move("REMIND", _("催办"), OPEN - {S.SUSPENDED.value}, None, "cases.case:remind", fields=(NOTE,)),
        Move("COMMENT", _("备注"), frozenset(S.values), None, "cases.case:comment", key="n", fields=(WHY,)),
        Move(
            "CORRECT", _("更正"), OPEN, None, "cases.case:correct",
            fields=(
                MoveField("subject", K.TEXT, _("标题"), required=False),
                MoveField("category", K.CATEGORY, _("类别"), required=False),
                MoveField("area", K.AREA, _("所属网格"), required=False),
                MoveField("place_text", K.TEXT, _("地点"), required=False),
                WHY,
            ),
        ),
        Move(
            "VOID", _("作废"), OPEN, S.VOIDED, "cases.case:void", tone="danger",
            stops=("ACCEPT", "VERIFY", "DISPATCH", "HANDLE", "CHECK", "FINISH", "CLOSE"),
            fields=(MoveField("reason", K.REASON, _("作废原因")), WHY),
        ),
    ]
)  # fmt: skip
