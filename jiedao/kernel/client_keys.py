"""Keys that a client makes for input that it may send twice (`client_uuid`)."""

import uuid
from typing import TypeVar

from django.db.models import Model
from django.utils.translation import gettext as _

from jiedao.kernel.errors import Stale, UserError

NIL = uuid.UUID(int=0)
Row = TypeVar("Row", bound=Model)


def refuse_nil_uuid(value: uuid.UUID | None) -> None:
    """Raise UserError for the UUID of zeros: clients send it when they have made none, so it names many inputs."""
    if value == NIL:
        raise UserError(
            _("client_uuid 全是零，不能区分不同的事。"),
            hint=_("请为每件事生成一个新的 UUID，或不写这一项。"),
            field="client_uuid",
        )


def make_taken_error() -> Stale:
    """Return the refusal of input whose client_uuid belongs to another input; it reveals nothing about that one."""
    return Stale(
        _("这个 client_uuid 已经用于另一件事，这次没有保存。"),
        hint=_("重发同一件事请原样发送；另一件事请用新的 UUID。"),
        field="client_uuid",
    )


def find_sent_before(model: type[Row], client_uuid: uuid.UUID | None, **owner: int) -> Row | None:
    """Return the row that an earlier call with this client_uuid has stored; None for the first call.

    Args:
        owner: the column and id of the object to which the input belongs, such as `project_id=7`.

    Raises:
        UserError: the UUID of zeros. Stale: the row belongs to another object.
    """
    refuse_nil_uuid(client_uuid)
    if client_uuid is None:
        return None
    row: Row | None = model._default_manager.filter(client_uuid=client_uuid).first()
    if row is not None and any(getattr(row, column) != pk for column, pk in owner.items()):
        raise make_taken_error()
    return row
