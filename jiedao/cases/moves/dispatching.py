"""Which unit handles a case: dispatching it, giving it to another unit, and a unit that returns it."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiedao.cases import notices
from jiedao.cases.flow import WITH_UNIT, Stage, State, states
from jiedao.cases.models import ReasonKind
from jiedao.cases.moves.assignments import HANDLE_RIGHT, end_lead, give_to_unit
from jiedao.cases.moves.fields import EXPLANATION, NOTE, FieldKind, MoveField
from jiedao.cases.moves.step import Move, Party, Step
from jiedao.cases.moves.wording import format_reason
from jiedao.cases.remote_units import is_remote_unit
from jiedao.kernel.errors import UserError
from jiedao.kernel.policies import get_policy
from jiedao.orgs.people import find_holders, find_holders_in_units
from jiedao.orgs.units import unit_info

SURE = MoveField("sure", FieldKind.BOOL, gettext_lazy("单位现在没有人，仍然派给它"), required=False)


def has_staff(unit_id: int) -> bool:
    """Return whether a user holds a post of the unit today that may handle its cases, or its own system takes them."""
    return is_remote_unit(unit_id) or bool(find_holders_in_units([unit_id], HANDLE_RIGHT))


def _warn_of_empty_unit(step: Step) -> None:
    """Refuse a unit in which nobody would receive the case, unless the dispatcher confirms that it is meant."""
    unit = unit_info(step.data["unit"])
    if unit is not None and not step.data.get("sure") and not has_staff(unit.id):
        raise UserError(
            _("“%(unit)s”现在没有人在岗，派过去没有人收到。") % {"unit": unit.label},
            hint=_("请另选单位，或先请管理员安排人员；确要派给它的，勾选确认后再提交。"),
            field="sure",
        )


def dispatch(step: Step) -> None:
    """Give the case to its first lead unit."""
    _warn_of_empty_unit(step)
    give_to_unit(step)


def redispatch(step: Step) -> None:
    """Give the case to another lead unit."""
    if step.data["unit"] == step.case.lead_unit_id:
        raise UserError(_("已经由该单位主办。"), hint=_("请选择另一个单位。"), field="unit")
    _warn_of_empty_unit(step)
    give_to_unit(step, outcome_of_old="REDISPATCHED")


def return_to_dispatcher(step: Step) -> None:
    """Give the case back with a reason; the returns are counted, and the pack limits them."""
    most = int(get_policy("max_returns"))
    if step.case.returns >= most:
        raise UserError(
            _("已退回 %(n)d 次，达到上限。") % {"n": step.case.returns},
            hint=_("请与派遣员协商，由派遣员改派，或申请协办。"),
        )
    step.text = f"{format_reason(step)}：{step.data['note']}"
    step.changes.update(returns=step.case.returns + 1, lead_unit_id=None, handler_id=None, handle_due_at=None)
    dispatchers = find_holders("cases.case:dispatch", step.area_path)
    step.notify(dispatchers, notices.RETURNED)
    end_lead(step, "RETURNED", wrong=step.data["reason"] in get_policy("wrong_reasons"))


MOVES = (
    Move(
        code="DISPATCH",
        label=gettext_lazy("派遣"),
        sources=states(State.FILED),
        target=State.DISPATCHED,
        permission="cases.case:dispatch",
        fields=(
            MoveField("unit", FieldKind.UNIT, gettext_lazy("主办单位")),
            MoveField("helpers", FieldKind.UNITS, gettext_lazy("协办单位"), required=False),
            MoveField(
                "limit",
                FieldKind.LIMIT,
                gettext_lazy("处置时限"),
                required=False,
                help=gettext_lazy("留空按权责清单；如 4wh=4 工作时，2wd=2 工作日，24h=24 小时"),
            ),
            NOTE,
            SURE,
        ),
        stops=(Stage.DISPATCH,),
        starts=Stage.HANDLE,
        icon="send",
        tone="primary",
        key="d",
        effect=dispatch,
    ),
    Move(
        code="REDISPATCH",
        label=gettext_lazy("改派"),
        sources=WITH_UNIT,
        target=State.DISPATCHED,
        permission="cases.case:redispatch",
        fields=(
            MoveField("unit", FieldKind.UNIT, gettext_lazy("新的主办单位")),
            MoveField("limit", FieldKind.LIMIT, gettext_lazy("处置时限"), required=False),
            EXPLANATION,
            SURE,
        ),
        stops=(Stage.HANDLE,),
        starts=Stage.HANDLE,
        icon="switch-horizontal",
        key="m",
        aside=True,
        effect=redispatch,
    ),
    Move(
        code="RETURN",
        label=gettext_lazy("退回"),
        sources=WITH_UNIT,
        target=State.FILED,
        permission="cases.case:return",
        party=Party.LEAD,
        fields=(MoveField("reason", FieldKind.REASON, gettext_lazy("退回原因")), EXPLANATION),
        stops=(Stage.HANDLE,),
        starts=Stage.DISPATCH,
        reason_kind=ReasonKind.RETURN,
        icon="arrow-back-up",
        tone="danger",
        entry_tone="warn",
        key="b",
        effect=return_to_dispatcher,
    ),
)
