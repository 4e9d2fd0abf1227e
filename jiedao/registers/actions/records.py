"""Add, change and end records. Every previous state is stored with who changed it, when and why."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from jiedao.audit.actions import record_entry
from jiedao.audit.models import Entry
from jiedao.kernel import clock, crypto
from jiedao.kernel.client_keys import make_taken_error, refuse_nil_uuid
from jiedao.kernel.errors import Stale, UserError
from jiedao.notices.reveals import claim_reveal, clean_reason, make_stopped_error, report_stopped_reveal
from jiedao.orgs.actor import Actor
from jiedao.registers.access import get_record, need_write
from jiedao.registers.bulk import VERSION_COLUMNS
from jiedao.registers.catalogue import RegisterInfo
from jiedao.registers.models import Record, RecordVersion, Register
from jiedao.registers.rows import Fault, RecordInput, RowChecker
from jiedao.registers.search import index_records

REVEAL_RIGHT = "registers.record:reveal"


class RowRefused(UserError):  # noqa: N818 (a refusal, not a fault)
    """Input that cannot be stored; `faults` lists every field at fault."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        first = faults[0]
        more = len(faults) - 1
        hint = _("另有 %(n)d 处，已在表单上标出。") % {"n": more} if more else _("请改正后再提交。")
        super().__init__(first.reason, hint=hint, field=first.field)
        self.faults = list(faults)


def _return_sent_before(actor: Actor, info: RegisterInfo, existing: Record) -> Record:
    """Return the record stored earlier under the same client UUID, but only to the user who added it here."""
    history = Entry.objects.of_object("registers.record", existing.pk)
    added = history.filter(action="registers.record:add").first()
    if existing.register_id != info.id or added is None or added.user_id != actor.user_id:
        raise make_taken_error()
    return existing


def add_record(*, actor: Actor, info: RegisterInfo, data: RecordInput, why: str = "") -> Record:
    """Add a record and return it; a second call of the user with the same client_uuid returns the first record.

    An empty code is filled with the next free number of the register.

    Raises:
        NotAllowed: without the right. RowRefused: the input has faults; nothing is written. Stale: another user took
            the code at the same moment, or the client_uuid belongs to another record.
    """
    need_write(actor, info)
    if data.client_uuid is not None:
        refuse_nil_uuid(data.client_uuid)
        existing: Record | None = Record.objects.filter(client_uuid=data.client_uuid).first()
        if existing is not None:
            return _return_sent_before(actor, info, existing)
    checked = RowChecker(info, actor=actor).check(data)
    faults = checked.faults + _find_taken_values(info, checked.columns, None)
    if faults:
        raise RowRefused(faults)
    with transaction.atomic():
        columns = checked.columns
        if not columns["code"]:
            columns["code"] = _next_free_code(info)
        record = Record(
            register_id=info.id,
            client_uuid=data.client_uuid,
            first_date=columns["since_date"],
            changed_by=actor.label[:120],
            why=why[:300],
            **columns,
        )
        try:
            with transaction.atomic():
                record.save(force_insert=True)
        except IntegrityError as fault:
            raise Stale(
                _("编码 %(code)s 刚刚被别人用了。") % {"code": record.code},
                hint=_("请换一个编码再提交。"),
                field="code",
            ) from fault
        index_records([record])
        _record_change(actor, "add", record, None, audit_values(info, record))
    return record


def change_record(
    *, actor: Actor, record_id: int, data: RecordInput, why: str, version: int | None = None
) -> Record:
    """Change a record from `data.on` on and return it; its previous state is stored as a version.

    If the input changes nothing, nothing is written.

    Raises:
        NotAllowed: without the right. NotFoundError: out of scope. RowRefused: the input has faults, or no reason.
        Stale: the record was changed since `version`.
    """
    with transaction.atomic():
        info, before = get_record(actor, record_id, for_change=True)
        need_write(actor, info)
        need_version(before, version)
        data.code = data.code or before.code
        checked = RowChecker(info, actor=actor).check(data, before)
        faults = checked.faults + _find_taken_values(info, checked.columns, before)
        if not why.strip():
            faults.append(Fault("why", _("没有写明为什么改。")))
        if faults:
            raise RowRefused(faults)
        return write_change(actor, info, before, checked.columns, why)


def end_record(
    *, actor: Actor, record_id: int, on: date | None, why: str, version: int | None = None
) -> Record:
    """End a record from a day on: it is no longer counted, but stays readable."""
    return _set_active(actor, record_id, on, why, version, active=False)


def restore_record(
    *, actor: Actor, record_id: int, on: date | None, why: str, version: int | None = None
) -> Record:
    """Make an ended record active again from a day on."""
    return _set_active(actor, record_id, on, why, version, active=True)


def _set_active(
    actor: Actor, record_id: int, on: date | None, why: str, version: int | None, *, active: bool
) -> Record:
    with transaction.atomic():
        info, before = get_record(actor, record_id, for_change=True)
        need_write(actor, info)
        need_version(before, version)
        if before.active == active:
            raise Stale(_("这条记录已经是这样了。"), hint=_("请刷新页面。"))
        if not why.strip():
            raise UserError(_("没有写明原因。"), hint=_("请写明为什么。"), field="why")
        day = on or clock.today()
        if not before.since_date <= day <= clock.today():
            raise UserError(
                _("%(day)s 不能作为日期。") % {"day": day},
                hint=_("请填 %(since)s 至今天之间的日期。") % {"since": before.since_date},
                field="on",
            )
        return write_change(actor, info, before, {"active": active, "since_date": day}, why)


def write_change(
    actor: Actor, info: RegisterInfo, before: Record, columns: dict[str, Any], why: str
) -> Record:
    """Store the present state as a version and write the new one, in the caller's transaction.

    If nothing but `since_date` would change, nothing is written.
    """
    changed = {
        name: value
        for name, value in columns.items()
        if getattr(before, name) != value and name != "since_date"
    }
    if not changed:
        return before
    RecordVersion.objects.create(
        record=before,
        register_id=before.register_id,
        until_date=columns["since_date"],
        **{name: getattr(before, name) for name in VERSION_COLUMNS},
    )
    old = audit_values(info, before)
    swapped = Record.objects.filter(pk=before.pk, version=before.version).update(
        **columns,
        version=before.version + 1,
        changed_at=clock.now(),
        changed_by=actor.label[:120],
        why=why.strip()[:300],
    )
    if swapped != 1:
        raise _stale_record(before)
    before.refresh_from_db()
    index_records([before])
    previous, current = find_differences(old, audit_values(info, before))
    _record_change(actor, "change", before, previous, current | {"why": before.why})
    return before


def reveal_values(*, actor: Actor, record_id: int, why: str) -> dict[str, str]:
    """Return the personal values of a record by field key. Needs a right, and a reason that the audit stores.

    Raise NotAllowed without the right and beyond the town's limit in an hour, UserError without a reason.
    """
    info, record = get_record(actor, record_id)
    actor.require(REVEAL_RIGHT)
    why = clean_reason(why, "why")
    with transaction.atomic():
        may_reveal = claim_reveal(actor, "registers.record", record.pk)
        if may_reveal:
            record_entry(
                actor=actor,
                action=REVEAL_RIGHT,
                obj_type="registers.record",
                obj_id=record.pk,
                after={"register": info.key, "code": record.code, "why": why},
            )
        else:
            report_stopped_reveal(actor, REVEAL_RIGHT, "registers.record", record.pk, why)
    if not may_reveal:
        raise make_stopped_error()
    return {
        field.key: crypto.decrypt(record.values[field.store])
        for field in info.definition.active_fields
        if field.personal and record.values.get(field.store)
    }


def need_version(before: Record, version: int | None) -> None:
    """Raise Stale if the record is no longer at the version the user saw; None accepts every version."""
    if version is not None and version != before.version:
        raise _stale_record(before)


def _stale_record(before: Record) -> Stale:
    return Stale(
        _("这条记录刚刚被 %(who)s 改动。") % {"who": before.changed_by},
        hint=_("您填写的内容还在；请看过最新情况后再提交。"),
    )


def _find_taken_values(info: RegisterInfo, columns: dict[str, Any], before: Record | None) -> list[Fault]:
    """Return a fault for the code and for each unique field whose value another record has already."""
    others = Record.objects.filter(register_id=info.id)
    if before is not None:
        others = others.exclude(pk=before.pk)
    faults = []
    if columns["code"] and others.filter(code=columns["code"]).exists():
        faults.append(Fault("code", _("编码 %(code)s 已经有了。") % {"code": columns["code"]}))
    for field in info.definition.active_fields:
        value = columns.get(field.slot) if field.unique and field.slot else None
        if value is not None and others.filter(**{field.slot: value, "active": True}).exists():
            faults.append(
                Fault(
                    field.key,
                    _("“%(name)s”已有另一条记录用了 %(value)s。") % {"name": field.label, "value": value},
                )
            )
    return faults


def _next_free_code(info: RegisterInfo) -> str:
    """Return the next free number of the register.

    The register's row is locked, so that two users adding records at the same moment get different numbers.
    """
    Register.objects.select_for_update().get(pk=info.id)
    serial = Record.objects.filter(register_id=info.id).count() + 1
    while Record.objects.filter(register_id=info.id, code=f"{serial:05d}").exists():
        serial += 1
    return f"{serial:05d}"


def audit_values(info: RegisterInfo, row: Record | Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of a record, or of its columns, for an audit entry. Personal values appear as stars only."""
    columns = row if isinstance(row, Mapping) else vars(row)
    personal = {field.store for field in info.definition.fields if field.personal}
    values = {name: "***" if name in personal else value for name, value in columns["values"].items()}
    plain = ("code", "name", "area_path", "unit_id", "place_text", "grade", "active")
    return {
        **{name: columns[name] for name in plain},
        "since_date": columns["since_date"].isoformat(),
        **{f"values.{key}": value for key, value in values.items()},
    }


def find_differences(old: dict[str, Any], new: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the values that differ between two results of `audit_values`, before and after."""
    unchanged = {name for name in old if old[name] == new.get(name)}
    return (
        {name: value for name, value in old.items() if name not in unchanged},
        {name: value for name, value in new.items() if name not in unchanged},
    )


def _record_change(actor: Actor, verb: str, row: Record, before: Any, after: Any) -> None:
    record_entry(
        actor=actor,
        action=f"registers.record:{verb}",
        obj_type="registers.record",
        obj_id=row.pk,
        before=before,
        after={"register_id": row.register_id, "code": row.code, **after},
    )
