"""The only way from a request to forms and their fillings: every function checks the actor's access."""

from collections.abc import Iterable
from datetime import datetime

from django.utils.translation import gettext as _

from jiedao.kernel.errors import NotAllowed, NotFoundError
from jiedao.orgs.actor import Actor
from jiedao.orgs.deputies import is_same_person
from jiedao.registers.access import may_read
from jiedao.registers.catalogue import register_info
from jiedao.reports.forms.filling import FilledCell
from jiedao.reports.forms.models import VIEW, BindingKind, Form, FormFill


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
