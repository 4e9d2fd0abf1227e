"""The only way from a request to a case."""

from django.utils.translation import gettext as _

from jiedao.cases.models import Case, get_sight
from jiedao.kernel.errors import NotFoundError
from jiedao.kernel.prepared import SOME_TEXT, PreparedQuery
from jiedao.orgs.actor import Actor

CASE_WITH_PARTS = PreparedQuery(
    lambda number, *, context: (
        Case.objects.visible_to(context).filter(number=number).select_related("reporter", "origin")[:1]
    ),
    SOME_TEXT,
)


def _make_not_found_error(name: str) -> NotFoundError:
    return NotFoundError(
        _("没有找到案件 %(name)s。") % {"name": name}, hint=_("请核对编号；它也可能不在您的管辖范围内。")
    )


def can_see_case(actor: Actor, case_id: int) -> bool:
    """Return whether the actor may see the case."""
    return bool(Case.objects.visible_to(actor).filter(pk=case_id).exists())


def can_see_primary_case(actor: Actor, case_id: int) -> bool:
    """Return whether the actor may see the case into which the case is merged: its photos belong to that one too."""
    primary_id = Case.objects.filter(pk=case_id).values_list("merged_into_id", flat=True).first()
    return primary_id is not None and can_see_case(actor, primary_id)


def get_case(actor: Actor, case_id: int, *, for_change: bool = False) -> Case:
    """Return a case that the actor may see; raise NotFoundError when it does not exist or is out of scope.

    With `for_change` the row is locked until the transaction ends: a second user waits, and then reads the case as the
    first left it. SQLite admits one writer at a time anyhow. The lock does not stop rows that only refer to the case,
    such as a timeline entry of the worker: the worker holds a clock when it writes one, and the move needs that clock
    next.
    """
    visible = Case.objects.visible_to(actor).filter(pk=case_id)
    case = (visible.select_for_update(no_key=True) if for_change else visible).first()
    if case is None:
        raise _make_not_found_error(str(case_id))
    return case


def get_case_by_number(actor: Actor, number: str, *, with_parts: bool = False) -> Case:
    """Return a case by its public number; see `get_case`.

    With `with_parts` the rows of which a case has one, its reporter and its origin, are read in the same statement.
    """
    cleaned = number.replace("\x00", "�").strip()[:20]  # PostgreSQL refuses NUL in a value
    case: Case | None
    if with_parts:
        case = CASE_WITH_PARTS.fetch_first(cleaned, shape=get_sight(actor), context=actor)
    else:
        case = Case.objects.visible_to(actor).filter(number=cleaned).first()
    if case is None:
        raise _make_not_found_error(cleaned)
    return case
