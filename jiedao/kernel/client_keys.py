"""Keys that a client makes for input that it may send twice (`client_uuid`)."""

import uuid

from django.utils.translation import gettext as _

from jiedao.kernel.errors import Stale, UserError

NIL = uuid.UUID(int=0)


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
