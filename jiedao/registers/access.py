"""The only way from a request to registers, records and inspections: every function checks the actor's access."""

from django.utils.translation import gettext as _

from jiedao.kernel.errors import NotAllowed, NotFoundError
from jiedao.orgs.actor import Actor
from jiedao.orgs.units import unit_info
from jiedao.registers.catalogue import RegisterInfo, active_registers, register_by_id, register_info
from jiedao.registers.models import Finding, Inspection, InspectionQuerySet, Record, RecordQuerySet


def _is_member(actor: Actor, codes: tuple[str, ...]) -> bool:
    """Return whether the actor belongs to one of these units or kinds of units; an empty tuple means everybody."""
    if not codes or actor.is_system:
        return True
    units = (unit_info(pk) for pk in actor.unit_ids)
    return any(unit is not None and (unit.code in codes or unit.kind in codes) for unit in units)


def may_read(actor: Actor, info: RegisterInfo) -> bool:
    """Return whether the actor may open the register at all."""
    return actor.can("registers.record:view") and _is_member(actor, info.definition.read)


def may_write(actor: Actor, info: RegisterInfo) -> bool:
    """Return whether the actor may add records to the register and change those that they see."""
    return (
        may_read(actor, info)
        and actor.can("registers.record:edit")
        and _is_member(actor, info.definition.write)
    )


def need_write(actor: Actor, info: RegisterInfo) -> None:
    """Raise NotAllowed unless the actor may change the register."""
    actor.require("registers.record:edit")
    if not may_write(actor, info):
        raise NotAllowed(
            _("“%(name)s”不由您的单位登记。") % {"name": info.label}, hint=_("请联系主管单位，由他们来改。")
        )


def readable_registers(actor: Actor) -> list[RegisterInfo]:
    """Return the registers the actor may open, in the order of the pack."""
    return [info for info in active_registers() if may_read(actor, info)]


def get_register(actor: Actor, key: str) -> RegisterInfo:
    """Return a register; raise NotFoundError if there is none the actor may open."""
    info = register_info(key)
    if info is None or not info.active or not may_read(actor, info):
        raise NotFoundError(
            _("没有名为“%(key)s”的台账，或它不归您看。") % {"key": key[:40]}, hint=_("请回到台账目录。")
        )
    return info


def visible_records(actor: Actor, info: RegisterInfo) -> RecordQuerySet:
    """Return the records of a register that the actor may see, ended ones too."""
    records: RecordQuerySet = Record.objects.visible_to(actor).filter(register_id=info.id)
    return records


def get_record(actor: Actor, record_id: int, *, for_change: bool = False) -> tuple[RegisterInfo, Record]:
    """Return a record with its register; raise NotFoundError if there is none in scope.

    Args:
        for_change: lock the row until the transaction ends.
    """
    rows = Record.objects.visible_to(actor).filter(pk=record_id)
    record = (rows.select_for_update(no_key=True) if for_change else rows).first()
    info = register_by_id(record.register_id) if record is not None else None
    if record is None or info is None or not may_read(actor, info):
        raise NotFoundError(_("没有这条记录，或它不归您看。"), hint=_("请回到台账列表再找。"))
    return info, record


def get_record_by_code(actor: Actor, info: RegisterInfo, code: str) -> Record:
    """Return a record by its code; raise NotFoundError if there is none in scope."""
    clean_code = code.replace("\x00", "�").strip()[:60]
    record = visible_records(actor, info).filter(code=clean_code).first()
    if record is None:
        raise NotFoundError(
            _("“%(register)s”里没有编码 %(code)s，或它不归您看。")
            % {"register": info.label, "code": clean_code},
            hint=_("请回到台账列表再找。"),
        )
    return record


def sees_record(actor: Actor, record_id: int) -> bool:
    """Return whether the actor may see the record, for its attachments."""
    try:
        get_record(actor, record_id)
    except NotFoundError:
        return False
    return True


def visible_inspections(actor: Actor) -> InspectionQuerySet:
    """Return the inspections the actor may see, of all registers they may open."""
    return _in_readable_registers(actor, Inspection.objects.visible_to(actor))


def visible_findings(actor: Actor) -> InspectionQuerySet:
    """Return the findings the actor may see, of all registers they may open."""
    return _in_readable_registers(actor, Finding.objects.visible_to(actor))


def _in_readable_registers(actor: Actor, rows: InspectionQuerySet) -> InspectionQuerySet:
    return (
        rows
        if actor.is_system
        else rows.filter(register_id__in=[info.id for info in readable_registers(actor)])
    )


def get_inspection(
    actor: Actor, inspection_id: int, *, for_change: bool = False
) -> tuple[RegisterInfo, Inspection]:
    """Return an inspection with its register; raise NotFoundError if there is none in scope.

    Args:
        for_change: lock the row until the transaction ends.
    """
    rows = Inspection.objects.visible_to(actor).filter(pk=inspection_id)
    inspection = (rows.select_for_update(no_key=True) if for_change else rows).first()
    info = register_by_id(inspection.register_id) if inspection is not None else None
    if inspection is None or info is None or not may_read(actor, info):
        raise NotFoundError(_("没有这项检查，或它不归您看。"), hint=_("请回到检查列表再找。"))
    return info, inspection


def sees_inspection(actor: Actor, inspection_id: int) -> bool:
    """Return whether the actor may see the inspection, for its attachments."""
    try:
        get_inspection(actor, inspection_id)
    except NotFoundError:
        return False
    return True
