"""From the report to the filing: accepting, refusing, verifying on site, and handling on the spot."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiedao.cases import notices
from jiedao.cases.flow import Stage, State, states
from jiedao.cases.models import PUBLIC_CHANNELS, Choice, ReasonKind
from jiedao.cases.moves.assignments import record_handled_on_the_spot
from jiedao.cases.moves.columns import require_small_class, set_area
from jiedao.cases.moves.fields import NOTE, FieldKind, MoveField
from jiedao.cases.moves.proof import asks_photo_after
from jiedao.cases.moves.replying import give_reply
from jiedao.cases.moves.step import Move, Step
from jiedao.cases.moves.wording import format_reason
from jiedao.kernel.errors import UserError
from jiedao.orgs.people import find_holders


def accept(step: Step) -> None:
    """Accept the case under a category, which decides whether it is verified on site before it is filed."""
    category = require_small_class(step.data["category"])
    step.changes.update(category_id=category.id, accepted_at=step.now)
    set_area(step)
    record_choice(step)
    if category.verify_first and step.case.channel in PUBLIC_CHANNELS:
        step.to_state, step.starts = State.TO_VERIFY.value, Stage.VERIFY.value
        step.notify(find_holders("cases.case:verify", step.area_path), notices.TO_VERIFY)
        return
    file_now(step)


def file_now(step: Step) -> None:
    """File the case: it waits for dispatch, and the clock from filing to closing starts."""
    step.to_state, step.starts, step.starts_whole = State.FILED.value, Stage.DISPATCH.value, True
    step.changes["filed_at"] = step.now
    step.notify(find_holders("cases.case:dispatch", step.area_path), notices.TO_DISPATCH)


def record_choice(step: Step) -> None:
    """Record which categories were suggested and which one was chosen: the suggestion learns from it."""
    chosen, suggested = step.data["category"], step.case.suggestions
    ranks = {suggestion.get("category"): rank for rank, suggestion in enumerate(suggested, start=1)}
    step.after.append(
        lambda: Choice.objects.create(
            case=step.case, at=step.now, suggested=suggested, category_id=chosen, rank=ranks.get(chosen)
        )
    )


def find_untrue(step: Step) -> None:
    """Give the case back to those who accept: what was seen on site does not confirm it; they refuse or accept it."""
    step.notify(find_holders("cases.case:accept", step.area_path), notices.UNTRUE)


def reject(step: Step) -> None:
    """End the case with the legal reason and the answer to the reporter."""
    give_reply(step, f"{format_reason(step)} {step.data['reply']}")
    step.changes["ended_at"] = step.now


def handle_on_the_spot(step: Step) -> None:
    """File, dispatch and handle the case in one move; another user still checks the result."""
    if step.actor.unit_id is None:
        raise UserError(_("自行处置要有处置单位。"), hint=_("请以岗位身份登录。"))
    category = require_small_class(step.data["category"])
    if asks_photo_after(step.case, category.id) and not step.data["photos"]:
        raise UserError(
            _("请附上“%(name)s”。") % {"name": _("处置后照片")},
            hint=_("“%(name)s”要有照片证明已处置。") % {"name": category.label},
            field="photos",
        )
    times = dict.fromkeys(
        ("accepted_at", "filed_at", "dispatched_at", "handled_at", "handle_due_at"), step.now
    )
    step.changes.update(
        times,
        category_id=category.id,
        lead_unit_id=step.actor.unit_id,
        handler_id=step.actor.user_id,
        handled_on_time=True,
        self_handled=True,
    )
    step.text, step.starts_whole = step.data["result"], True
    record_choice(step)
    record_handled_on_the_spot(step)
    step.notify(find_holders("cases.case:check", step.area_path), notices.TO_CHECK)


MOVES = (
    Move(
        code="REPORT",
        label=gettext_lazy("上报"),
        sources=frozenset(),
        target=State.REPORTED,
        permission="cases.case:report",
        starts=Stage.ACCEPT,
        icon="flag",
        effect=None,
    ),
    Move(
        code="ACCEPT",
        label=gettext_lazy("受理立案"),
        sources=states(State.REPORTED),
        target=None,
        permission="cases.case:accept",
        fields=(
            MoveField("category", FieldKind.CATEGORY, gettext_lazy("类别")),
            MoveField("area", FieldKind.AREA, gettext_lazy("所属网格"), required=False),
            MoveField("premise", FieldKind.PREMISE, gettext_lazy("小区、楼栋"), required=False),
            NOTE,
        ),
        stops=(Stage.ACCEPT,),
        icon="inbox",
        tone="primary",
        key="a",
        effect=accept,
    ),
    Move(
        code="REJECT",
        label=gettext_lazy("不予受理"),
        sources=states(State.REPORTED, State.TO_VERIFY),
        target=State.REJECTED,
        permission="cases.case:reject",
        fields=(
            MoveField("reason", FieldKind.REASON, gettext_lazy("依据")),
            MoveField("reply", FieldKind.TEXT, gettext_lazy("告知反映人的答复")),
        ),
        stops=(Stage.ACCEPT, Stage.VERIFY, Stage.CLOSE),
        reason_kind=ReasonKind.REJECT,
        icon="ban",
        tone="danger",
        entry_tone="bad",
        key="x",
        effect=reject,
    ),
    Move(
        code="VERIFY",
        label=gettext_lazy("核实属实"),
        sources=states(State.TO_VERIFY),
        target=State.FILED,
        permission="cases.case:verify",
        fields=(
            MoveField("note", FieldKind.TEXT, gettext_lazy("现场情况")),
            MoveField("photos", FieldKind.PHOTOS, gettext_lazy("现场照片"), required=False),
        ),
        stops=(Stage.VERIFY,),
        starts=Stage.DISPATCH,
        icon="map-pin",
        tone="primary",
        key="v",
        effect=file_now,
    ),
    Move(
        code="UNTRUE",
        label=gettext_lazy("核实不属实"),
        sources=states(State.TO_VERIFY),
        target=State.REPORTED,
        permission="cases.case:verify",
        fields=(
            MoveField(
                "note",
                FieldKind.TEXT,
                gettext_lazy("不属实的理由"),
                help=gettext_lazy("写明何时到了哪里、看到了什么、问了谁。"),
            ),
            MoveField("photos", FieldKind.PHOTOS, gettext_lazy("现场照片"), required=False),
        ),
        stops=(Stage.VERIFY,),
        starts=Stage.ACCEPT,
        icon="map-pin-off",
        tone="danger",
        entry_tone="warn",
        effect=find_untrue,
    ),
    Move(
        code="SELF_HANDLE",
        label=gettext_lazy("当场自行处置"),
        sources=states(State.REPORTED),
        target=State.HANDLED,
        permission="cases.case:self_handle",
        fields=(
            MoveField("category", FieldKind.CATEGORY, gettext_lazy("类别")),
            MoveField("result", FieldKind.TEXT, gettext_lazy("处置结果")),
            MoveField(
                "photos",
                FieldKind.PHOTOS,
                gettext_lazy("处置后照片"),
                depends=gettext_lazy("街面上的事须有照片"),
            ),
        ),
        stops=(Stage.ACCEPT,),
        starts=Stage.CHECK,
        handles=True,
        icon="tools",
        entry_tone="good",
        key="s",
        effect=handle_on_the_spot,
    ),
)
