"""Correcting a case, and voiding one that should not exist."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiedao.cases import notices
from jiedao.cases.flow import OPEN, Stage, State
from jiedao.cases.models import Case, ReasonKind
from jiedao.cases.moves.assignments import end_lead
from jiedao.cases.moves.columns import require_small_class, set_area
from jiedao.cases.moves.fields import EXPLANATION, FieldKind, MoveField
from jiedao.cases.moves.following import notify_units
from jiedao.cases.moves.step import Move, Step
from jiedao.cases.moves.wording import format_reason
from jiedao.cases.search_rows import refresh_search
from jiedao.kernel.errors import UserError

MAX_LINE = 200


def correct(step: Step) -> None:
    """Correct what was written down; the timeline and the audit store the old values."""
    for name in ("subject", "place_text"):
        if step.data.get(name):
            step.changes[name] = _clean_line(name, step.data[name])
    if step.data.get("category"):
        step.changes["category_id"] = require_small_class(step.data["category"]).id
    set_area(step)
    if not step.changes:
        raise UserError(_("没有要更正的内容。"), hint=_("请至少改一项。"))
    step.facts["changed"] = {
        name: [str(getattr(step.case, name)), str(value)]
        for name, value in step.changes.items()
        if name != "relocated"
    }
    step.after.append(lambda: refresh_search(step.case.pk))


def _clean_line(name: str, text: str) -> str:
    if len(text) > MAX_LINE:
        raise UserError(
            _("文字过长：%(n)d 字，最多 %(most)d 字。") % {"n": len(text), "most": MAX_LINE},
            hint=_("请保留要点，其余写在备注里。"),
            field=name,
        )
    return " ".join(text.split())


def void(step: Step) -> None:
    """Void a case that should not exist; refused while other cases are merged into it."""
    merged = Case.objects.filter(merged_into=step.case).order_by("id").values_list("number", flat=True)
    if merged:
        raise UserError(
            _("还有案件并入本案：%(numbers)s。") % {"numbers": "、".join(merged[:5])},
            hint=_("请先撤销并案，让它们各自办理，再作废本案。"),
        )
    step.text = f"{format_reason(step)}：{step.data['note']}"
    step.changes.update(ended_at=step.now, due_at=None, review_date=None)
    notify_units(step, notices.VOIDED)
    end_lead(step, "WITHDRAWN")


MOVES = (
    Move(
        code="CORRECT",
        label=gettext_lazy("更正"),
        sources=OPEN,
        target=None,
        permission="cases.case:correct",
        fields=(
            MoveField("subject", FieldKind.TEXT, gettext_lazy("标题"), required=False),
            MoveField("category", FieldKind.CATEGORY, gettext_lazy("类别"), required=False),
            MoveField("area", FieldKind.AREA, gettext_lazy("所属网格"), required=False),
            MoveField("premise", FieldKind.PREMISE, gettext_lazy("小区、楼栋"), required=False),
            MoveField("place_text", FieldKind.TEXT, gettext_lazy("地点"), required=False),
            EXPLANATION,
        ),
        icon="edit",
        aside=True,
        effect=correct,
    ),
    Move(
        code="VOID",
        label=gettext_lazy("作废"),
        sources=OPEN,
        target=State.VOIDED,
        permission="cases.case:void",
        fields=(MoveField("reason", FieldKind.REASON, gettext_lazy("作废原因")), EXPLANATION),
        stops=(
            Stage.ACCEPT,
            Stage.VERIFY,
            Stage.DISPATCH,
            Stage.HANDLE,
            Stage.CHECK,
            Stage.FINISH,
            Stage.CLOSE,
        ),
        reason_kind=ReasonKind.VOID,
        icon="trash",
        tone="danger",
        entry_tone="bad",
        aside=True,
        effect=void,
    ),
)
