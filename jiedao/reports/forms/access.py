"""The only way from a request to forms and their fillings: every function checks the actor's access."""

from collections.abc import Iterable
from datetime import datetime

from django.utils.translation import gettext as _

from jiedao.indicators.models import VIEW as VIEW_FIGURES
from jiedao.kernel.errors import NotAllowed, NotFoundError
from jiedao.orgs.actor import Actor
from jiedao.orgs.deputies import is_same_person
from jiedao.registers.access import may_read
from jiedao.registers.catalogue import register_info
from jiedao.reports.forms.filling import FilledCell
from jiedao.reports.forms.models import EDIT, FILL, VIEW, BindingKind, Form, FormFill


def get_form(actor: Actor, key: str) -> Form:
    """Return a form; raise NotFoundError if there is none or the actor may not see forms."""
    form = Form.objects.filter(key=key.replace("\x00", "")[:40]).first()
    if form is None or not actor.can(VIEW):
        raise NotFoundError(_("没有表“%(key)s”。") % {"key": key[:40]}, hint=_("请回到要表台账再找。"))
    return form


def get_fill(actor: Actor, fill_id: int) -> FormFill:
    """Return a filling with its form and blank; raise NotFoundError if there is none."""
    rows = FormFill.objects.select_related(
        "form", "blank__blob", "blob", "filled_by", "confirmed_by", "area", "unit"
    )
    fill = rows.filter(pk=fill_id).first()
    if fill is None or not actor.can(VIEW):
        raise NotFoundError(_("没有这次填表。"), hint=_("请回到要表台账再找。"))
    return fill


def may_fill(actor: Actor, form: Form) -> bool:
    """Return whether the actor may fill a form: the people of its unit, and those who may change forms."""
    return actor.can(FILL) and (
        actor.can(EDIT) or (form.unit_id is not None and form.unit_id == actor.unit_id)
    )


def require_may_fill(actor: Actor, form: Form) -> None:
    """Raise NotAllowed unless the actor may fill a form."""
    actor.require(FILL)
    if may_fill(actor, form):
        return
    if form.unit is None:
        raise NotAllowed(
            _("这张表没有指定承办单位，您不能填。"), hint=_("请管表的同事在“要表情况”里指定承办单位。")
        )
    raise NotAllowed(
        _("这张表由%(unit)s填，不归您的单位。") % {"unit": form.unit.label},
        hint=_("请联系他们，或请管表的同事改承办单位。"),
    )


def may_see_cells(actor: Actor, fill: FormFill) -> bool:
    """Return whether the actor may see all that a filling holds: its figures and the records that it lists."""
    return may_see_figures(actor, fill) and may_see_lists(actor, fill)


def require_cells(actor: Actor, fill: FormFill) -> None:
    """Raise NotAllowed unless the actor may see everything in the file of a filling."""
    require_figures(actor, fill)
    require_lists(actor, fill)


def may_see_figures(actor: Actor, fill: FormFill) -> bool:
    """Return whether the actor may see the figures of a filling.

    The right to figures covers every place, as on the pages of figures; without it there is none to see.
    """
    return actor.can(VIEW_FIGURES) or all(cell["kind"] != BindingKind.FIGURE for cell in fill.cells)


def require_figures(actor: Actor, fill: FormFill) -> None:
    """Raise NotAllowed unless the actor may see the figures of a filling."""
    if not may_see_figures(actor, fill):
        raise NotAllowed(
            _("这份表里有您无权查看的指标数据。"), hint=_("请向填表人索取，或请能看指标的同事下载。")
        )


def may_see_lists(actor: Actor, fill: FormFill) -> bool:
    """Return whether the actor may see the records that a filling lists.

    A form is filled for the complete town or one place, so beside the right to the register the reader needs the scope
    over the town; who filled the form has seen the records already.
    """
    keys = {
        cell["spec"]["register"]
        for cell in fill.cells
        if cell["kind"] == BindingKind.LIST and cell.get("rows")
    }
    if not keys or actor.is_system:
        return True
    infos = [register_info(key) for key in keys]
    if not all(info is not None and may_read(actor, info) for info in infos):
        return False
    return actor.sees_town or (actor.user_id is not None and fill.filled_by_id == actor.user_id)


def require_lists(actor: Actor, fill: FormFill) -> None:
    """Raise NotAllowed unless the actor may see the records in the file of a filling."""
    if not may_see_lists(actor, fill):
        raise NotAllowed(
            _("这份表里有您无权查看的台账记录。"), hint=_("请向填表人索取，或请能看这个台账的同事下载。")
        )


def has_written(actor: Actor, fill: FormFill, cells: Iterable[FilledCell]) -> bool:
    """Return whether the actor filled the form or entered one of its cells, also as a deputy."""
    if is_same_person(actor.own_ids, actor.ties, fill.filled_by_id, fill.filled_at):
        return True
    return any(
        is_same_person(actor.own_ids, actor.ties, cell.by_id, _read_time(cell.entered_at))
        for cell in cells
        if cell.by_id is not None
    )


def _read_time(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
