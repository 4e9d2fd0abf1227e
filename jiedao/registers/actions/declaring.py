"""Declaring a register, or changing how it is declared."""

from collections.abc import Mapping

from django.db import transaction
from django.utils.translation import gettext as _

from jiedao.audit.actions import record as note
from jiedao.kernel.errors import UserError
from jiedao.orgs.actor import Actor
from jiedao.registers.catalogue import REGISTERS
from jiedao.registers.definition import Definition, Settled, settle
from jiedao.registers.grading import Grader
from jiedao.registers.models import KEEPERS, Register


@transaction.atomic
def declare_register(
    *, actor: Actor, definition: Definition, renamed: Mapping[str, str] | None = None, position: int = 0
) -> Settled:
    """Create the register or bring it to the definition; doing it again changes nothing.

    Args:
        renamed: new key of a field -> the key it had.

    Raises:
        NotAllowed: without the right. UserError: the change would lose data. ExpressionFault: a rule does not compile.
    """
    actor.need("packs.pack:apply")
    row = Register.objects.select_for_update().filter(key=definition.key).first()
    settled = settle(definition, Definition.of(row.definition) if row is not None else None, renamed or {})
    if settled.blocked:
        raise UserError(
            _("台账“%(name)s”的改动会丢失数据，没有做任何改动。") % {"name": definition.name},
            hint="; ".join(settled.blocked),
        )
    Grader(settled.definition)
    after = settled.definition.as_json()
    if row is None:
        row = Register(key=definition.key, definition={})
    before = {"definition": row.definition, "position": row.position, "active": row.active}
    if before == {"definition": after, "position": position, "active": True}:
        return settled
    row.name, row.name_en = definition.name, definition.name_en
    row.definition, row.position, row.active = after, position, True
    row.save()
    note(
        actor=actor, action="registers.register:declare", obj_type="registers.register", obj_id=row.pk,
        before=before["definition"] or None, after=after,
    )  # fmt: skip
    for memo in (REGISTERS, KEEPERS):
        transaction.on_commit(memo.forget)
        memo.forget()
    return settled
