"""Further units in a case: calling helpers, releasing them, and a helper that has finished."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiedao.cases import notices
from jiedao.cases.flow import WITH_UNIT
from jiedao.cases.models import Assignment, Case, Role
from jiedao.cases.moves.assignments import (
    HANDLE_RIGHT,
    add_helpers,
    end_help,
    find_helping_unit,
    find_new_helpers,
)
from jiedao.cases.moves.fields import EXPLANATION, FieldKind, MoveField
from jiedao.cases.moves.step import Move, Party, Step
from jiedao.kernel.errors import UserError
from jiedao.kernel.prepared import SOME_ID, PreparedQuery
from jiedao.orgs.people import find_holders_in_units

OPEN_HELP = PreparedQuery(
    lambda case: Assignment.objects.filter(case_id=case, role=Role.HELPER, ended_at=None).values_list("pk"),
    SOME_ID,
)


def has_open_help(case: Case) -> bool:
    """Return whether a helper has not finished."""
    return bool(OPEN_HELP.fetch(case.pk))


def call_help(step: Step) -> None:
    """Call further units 吹哨; each gets a clock of its own."""
    step.facts["helpers"] = step.data["helpers"]
    units = find_new_helpers(step, step.data["helpers"])
    if not units:
        raise UserError(_("这些单位已在主办或协办。"), hint=_("请选择还没有参加的单位。"), field="helpers")
    add_helpers(step, units, step.data.get("limit") or "")


def release_help(step: Step) -> None:
    """Release a helper and notify it."""
    unit_id = step.data["unit"]
    step.facts["unit"] = unit_id
    end_help(step, [unit_id], "WITHDRAWN")
    step.notify(find_holders_in_units([unit_id], HANDLE_RIGHT), notices.HELP_RELEASED)


def finish_help(step: Step) -> None:
    """Report the part of a helper as done."""
    step.text = step.data["result"]
    end_help(step, find_helping_unit(step), "DONE", step.text)
    if step.case.lead_unit_id is not None:
        handlers = find_holders_in_units([step.case.lead_unit_id], HANDLE_RIGHT)
        step.notify(handlers, notices.HELP_FINISHED)


MOVES = (
    Move(
        code="CALL_HELP",
        label=gettext_lazy("增加协办（吹哨）"),
        sources=WITH_UNIT,
        target=None,
        permission="cases.case:help",
        party=Party.STEER,
        fields=(
            MoveField("helpers", FieldKind.UNITS, gettext_lazy("协办单位")),
            MoveField("limit", FieldKind.LIMIT, gettext_lazy("协办时限"), required=False),
            EXPLANATION,
        ),
        icon="volume",
        key="w",
        aside=True,
        effect=call_help,
    ),
    Move(
        code="RELEASE_HELP",
        label=gettext_lazy("撤回协办"),
        sources=WITH_UNIT,
        target=None,
        permission="cases.case:help",
        party=Party.STEER,
        fields=(MoveField("unit", FieldKind.UNIT, gettext_lazy("协办单位")), EXPLANATION),
        icon="user-off",
        aside=True,
        possible=has_open_help,
        effect=release_help,
    ),
    Move(
        code="HELPED",
        label=gettext_lazy("协办完成"),
        sources=WITH_UNIT,
        target=None,
        permission="cases.case:handle",
        party=Party.HELPER,
        fields=(MoveField("result", FieldKind.TEXT, gettext_lazy("协办结果")),),
        handles=True,
        icon="heart-handshake",
        tone="primary",
        entry_tone="good",
        effect=finish_help,
    ),
)
