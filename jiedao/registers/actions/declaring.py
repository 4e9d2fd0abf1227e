"""Declaring a register, changing how it is declared, and retiring it."""

from collections.abc import Mapping

from django.db import transaction
from django.utils.translation import gettext as _

from jiedao.audit.actions import record_entry
from jiedao.kernel.errors import UserError
from jiedao.orgs.actor import Actor
from jiedao.registers.catalogue import REGISTERS
from jiedao.registers.definition import Definition, MergedDefinition, merge_definition
from jiedao.registers.grading import build_grader
from jiedao.registers.models import REGISTER_IDS_BY_UNIT, Register

RIGHT = "packs.pack:apply"


@transaction.atomic
def declare_register(
    *,
    actor: Actor,
    definition: Definition,
    renamed: Mapping[str, str] | None = None,
    position: int = 0,
    merged: MergedDefinition | None = None,
) -> MergedDefinition:
    """Create the register or bring it to the definition; doing it again changes nothing.

    Args:
        renamed: new key of a field -> the key it had.
        merged: the definition merged with the stored one, if the caller has merged them in this transaction already.

    Raises:
        NotAllowed: without the right. UserError: the change would lose data, or a rule cannot be used.
    """
    actor.require(RIGHT)
    row = Register.objects.select_for_update().filter(key=definition.key).first()
    if merged is None:
        stored = Definition.from_json(row.definition) if row is not None else None
        merged = merge_definition(definition, stored, renamed or {})
    if merged.blocked:
        raise UserError(
            _("台账“%(name)s”的改动会丢失数据，没有做任何改动。") % {"name": definition.name},
            hint="; ".join(merged.blocked),
        )
    build_grader(merged.definition)
    after = merged.definition.as_json()
    if row is None:
        row = Register(key=definition.key, definition={})
    before = {"definition": row.definition, "position": row.position, "active": row.active}
    if before == {"definition": after, "position": position, "active": True}:
        return merged
    row.name, row.name_en = definition.name, definition.name_en
    row.definition, row.position, row.active = after, position, True
    row.save()
    record_entry(
        actor=actor,
        action="registers.register:declare",
        obj_type="registers.register",
        obj_id=row.pk,
        before=before["definition"] or None,
        after=after,
    )
    _forget_registers()
    return merged


@transaction.atomic
def retire_register(*, actor: Actor, key: str) -> None:
    """Take a register out of the directory; its records stay. Raises NotAllowed without the right."""
    actor.require(RIGHT)
    row = Register.objects.select_for_update().filter(key=key, active=True).first()
    if row is None:
        return
    row.active = False
    row.save(update_fields=["active"])
    record_entry(
        actor=actor,
        action="registers.register:retire",
        obj_type="registers.register",
        obj_id=row.pk,
        before={"active": True},
        after={"active": False},
    )
    _forget_registers()


def _forget_registers() -> None:
    """Forget the registers of this process, for the rest of the transaction and once it is committed."""
    for memo in (REGISTERS, REGISTER_IDS_BY_UNIT):
        transaction.on_commit(memo.forget)
        memo.forget()
