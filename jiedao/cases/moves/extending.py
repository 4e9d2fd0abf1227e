"""More time for handling: the lead unit requests it, another person decides."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiedao.cases import notices
from jiedao.cases.flow import WITH_UNIT, Stage
from jiedao.cases.models import Assignment, Case, ExtensionRequest, Role
from jiedao.cases.moves.clocks import extend_clocks
from jiedao.cases.moves.fields import EXPLANATION, NOTE, FieldKind, MoveField
from jiedao.cases.moves.step import Move, Party, Step
from jiedao.kernel import clock
from jiedao.kernel.errors import NotAllowed, UserError
from jiedao.kernel.policies import get_policy
from jiedao.orgs.deputies import is_same_person
from jiedao.orgs.people import find_holders

REQUEST = MoveField("request", FieldKind.REQUEST, gettext_lazy("申请"))


def has_open_request(case: Case) -> bool:
    """Return whether a request for more time waits for a decision."""
    return ExtensionRequest.objects.filter(case=case, decided_at__isnull=True).exists()


def has_extension_left(case: Case) -> bool:
    """Return whether more time can still be asked for: before the deadline, and as often as the pack allows."""
    is_overdue = case.handle_due_at is not None and clock.now() >= case.handle_due_at
    return not is_overdue and case.extensions < int(get_policy("max_extensions"))


def ask_extension(step: Step) -> None:
    """Request more time: only before the deadline, one request at a time, as often as the pack allows."""
    case, limit = step.case, step.data["limit"]
    if case.handle_due_at is not None and step.now >= case.handle_due_at:
        hint = _("请尽快处置；确有客观原因的，在备注里写明，由值班长决定是否挂账。")
        raise UserError(_("已经超期，不能再申请延期。"), hint=hint)
    if case.extensions >= int(get_policy("max_extensions")):
        raise UserError(
            _("延期次数已到上限。"), hint=_("确有客观原因的，在备注里写明，由值班长决定是否挂账。")
        )
    if has_open_request(case):
        raise UserError(_("已有一项延期申请在等待答复。"), hint=_("请等待答复，或与审批人联系。"))
    part = Assignment.objects.get(case=case, role=Role.LEAD, ended_at__isnull=True)
    step.facts["limit"] = limit
    step.after.append(
        lambda: ExtensionRequest.objects.create(
            case=case,
            assignment=part,
            limit=limit,
            reason=step.text,
            asked_at=step.now,
            asked_by_id=step.actor.principal_id,
        )
    )
    deciders = find_holders("cases.case:decide_extension", step.area_path)
    step.notify(deciders, notices.EXTENSION_ASKED, task=notices.EXTENSION)


def grant_extension(step: Step) -> None:
    """Grant more time; the due times move, counted from the old ones."""
    _refuse_own_request(step)
    extend_clocks(step, step.data["request"].limit)
    step.settles |= {notices.stage_alarm_task(stage) for stage in (Stage.HANDLE, Stage.CLOSE)}
    step.changes["extensions"] = step.case.extensions + 1
    _decide(step, granted=True)


def refuse_extension(step: Step) -> None:
    """Refuse more time; the clock runs on unchanged."""
    _refuse_own_request(step)
    _decide(step, granted=False)


def _refuse_own_request(step: Step) -> None:
    request: ExtensionRequest = step.data["request"]
    actor = step.actor
    if is_same_person(actor.own_ids, actor.ties, request.asked_by_id, request.asked_at):
        raise NotAllowed(_("申请人不能自己批准。"), hint=_("请由另一位有权的同事答复。"))


def _decide(step: Step, *, granted: bool) -> None:
    request: ExtensionRequest = step.data["request"]
    request.granted, request.decided_at, request.decided_by_id = granted, step.now, step.actor.user_id
    step.after.append(request.save)
    step.facts["limit"] = request.limit
    step.settles.add(notices.EXTENSION)
    if request.asked_by_id is not None:
        decision = notices.EXTENSION_GRANTED if granted else notices.EXTENSION_REFUSED
        step.notify([request.asked_by_id], decision)


MOVES = (
    Move(
        code="ASK_EXTENSION",
        label=gettext_lazy("申请延期"),
        sources=WITH_UNIT,
        target=None,
        permission="cases.case:ask_extension",
        party=Party.LEAD,
        fields=(MoveField("limit", FieldKind.LIMIT, gettext_lazy("延长")), EXPLANATION),
        icon="clock-plus",
        key="e",
        aside=True,
        possible=has_extension_left,
        effect=ask_extension,
    ),
    Move(
        code="GRANT_EXTENSION",
        label=gettext_lazy("同意延期"),
        sources=WITH_UNIT,
        target=None,
        permission="cases.case:decide_extension",
        fields=(REQUEST, NOTE),
        icon="check",
        tone="good",
        possible=has_open_request,
        effect=grant_extension,
    ),
    Move(
        code="REFUSE_EXTENSION",
        label=gettext_lazy("不同意延期"),
        sources=WITH_UNIT,
        target=None,
        permission="cases.case:decide_extension",
        fields=(REQUEST, EXPLANATION),
        icon="circle-x",
        tone="danger",
        entry_tone="warn",
        possible=has_open_request,
        effect=refuse_extension,
    ),
)
