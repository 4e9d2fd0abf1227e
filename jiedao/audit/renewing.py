"""What the audit writes when another key was accepted: up to which entry the authentication codes cannot be checked."""

from dataclasses import dataclass

from jiedao.audit.actions import record_entry
from jiedao.audit.macs import BEGIN, BOUNDARY_TYPE, NEW_KEY
from jiedao.audit.models import Entry
from jiedao.kernel.keymark import register_renewal


@dataclass(frozen=True)
class SystemActor:
    """The system, for entries of this room."""

    user_id: None = None
    post_id: None = None
    label: str = "系统"
    request_id: str = ""


@register_renewal
def begin_codes_of_new_key() -> None:
    """Write the entry from which on the codes are those of the new key; what is sealed stays bound by its seals."""
    newest = Entry.objects.order_by("-id").values_list("id", flat=True).first()
    if newest is not None:
        record_entry(
            actor=SystemActor(),
            action=BEGIN,
            obj_type=BOUNDARY_TYPE,
            obj_id=newest,
            after={"why": NEW_KEY},
        )
