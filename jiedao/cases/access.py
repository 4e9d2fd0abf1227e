"""The only door from a request to a case."""

from django.utils.translation import gettext as _

from jiedao.cases.models import Case
from jiedao.kernel.errors import NotFoundError
from jiedao.orgs.actor import Actor


def _missing(name: str) -> NotFoundError:
    return NotFoundError(
        _("没有找到案件 %(name)s。") % {"name": name}, hint=_("请核对编号；它也可能不在您的管辖范围内。")
    )


def sees_case(actor: Actor, case_id: int) -> bool:
    """Tell whether the actor may see the case."""
    return bool(Case.objects.visible_to(actor).filter(pk=case_id).exists())


def get_case(actor: Actor, case_id: int, *, for_change: bool = False) -> Case:
    """Return a case the actor may see; raise NotFoundError when it does not exist or is out of scope.

    With `for_change` the row is locked until the transaction ends: who comes second waits and then sees the case as
    the first left it. SQLite lets one writer in at a time anyhow. Rows that only refer to the case (a file, a line of
    the timeline that the worker writes) are let through: the worker holds a clock when it writes one, and the move
    wants that clock next.
    """
    visible = Case.objects.visible_to(actor).filter(pk=case_id)
    case = (visible.select_for_update(no_key=True) if for_change else visible).first()
    if case is None:
        raise _missing(str(case_id))
    return case


def get_case_by_number(actor: Actor, number: str) -> Case:
    """Return a case by its public number; see `get_case`."""
    shown = number.replace("\x00", "�").strip()[:20]  # PostgreSQL refuses NUL in a value
    case = Case.objects.visible_to(actor).filter(number=shown).first()
    if case is None:
        raise _missing(shown)
    return case
