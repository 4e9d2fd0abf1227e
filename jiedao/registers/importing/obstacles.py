"""The records of an import, and why some of them cannot be undone."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import PROTECT, QuerySet
from django.utils.translation import gettext as _

from jiedao.audit.models import Entry
from jiedao.files.models import Attachment
from jiedao.notices.actions import delete_notices
from jiedao.notices.selectors import find_notices
from jiedao.orgs.units import unit_info
from jiedao.places.following import is_retired_place
from jiedao.registers.bulk import split_chunks
from jiedao.registers.catalogue import RegisterInfo, digest_definition
from jiedao.registers.models import (
    Inspection,
    InspectionKind,
    InspectionState,
    Record,
    RecordVersion,
    RegisterImport,
)
from jiedao.registers.search import remove_rows

RECORD, INSPECTION = "registers.record", "registers.visit"


@dataclass(frozen=True)
class ChangedRecord:
    """A record that an import changed: the version that it got, and the parent that it had before."""

    version: int
    parent_id: int | None


@dataclass(frozen=True)
class BatchRecords:
    """The records of an import that are still there; `RegisterImport.changes` no longer has restored ones.

    Attributes:
        added: the new records, with their present versions.
        changed: the changed records.
        versions: the present version of each changed record.
        parents: the present parent of each record.
    """

    row: RegisterImport
    added: Mapping[int, int]
    changed: Mapping[int, ChangedRecord]
    versions: Mapping[int, int]
    parents: Mapping[int, int | None]

    def read_former_versions(self, ids: Iterable[int]) -> Iterator[RecordVersion]:
        """Yield the states before the import."""
        wanted = {pk: self.changed[pk].version - 1 for pk in ids}
        numbers = set(wanted.values())
        for version in RecordVersion.objects.filter(record_id__in=list(wanted), version__in=numbers):
            if version.version == wanted[version.record_id]:
                yield version


def read_batch(row: RegisterImport, *, lock: bool = False) -> BatchRecords:
    """Return the records of an import; with `lock`, changes by others wait until the caller's transaction ends."""
    changed = {pk: ChangedRecord(version, parent_id) for pk, version, parent_id in row.changes}
    new_ids = set(row.list_created_ids())
    versions: dict[int, int] = {}
    parents: dict[int, int | None] = {}
    for ids in split_chunks(sorted(new_ids | set(changed))):
        records = Record.objects.filter(pk__in=ids).order_by("pk")
        records = records.select_for_update(of=("self",)) if lock else records
        for pk, version, parent_id in records.values_list("pk", "version", "parent_id"):
            versions[pk], parents[pk] = version, parent_id
    return BatchRecords(
        row,
        {pk: version for pk, version in versions.items() if pk in new_ids},
        {pk: change for pk, change in changed.items() if pk in versions},
        versions,
        parents,
    )


def find_obstacles(info: RegisterInfo, batch: BatchRecords) -> dict[int, str]:
    """Return the reason why a record cannot be undone, for each of which there is one."""
    reasons: dict[int, str] = {}
    if batch.row.definition_digest != digest_definition(info):
        reasons |= dict.fromkeys(batch.changed, _("台账的字段或分级规则后来改过"))
    for ids in split_chunks(sorted(batch.changed)):
        reasons |= _find_lost_places(batch, ids)
    for ids in split_chunks(sorted(batch.added)):
        reasons |= _find_uses(ids)
    reasons |= {pk: _("后来改动过") for pk, version in batch.added.items() if version != 1}
    reasons |= {
        pk: _("后来改动过") for pk, change in batch.changed.items() if batch.versions[pk] != change.version
    }
    _add_owners(_find_owners(info, batch), batch, reasons)
    _add_parents(batch, reasons)
    return reasons


def _find_lost_places(batch: BatchRecords, ids: Collection[int]) -> dict[int, str]:
    """Return the records that have no state before the import, or one with a place, unit or parent that is gone."""
    former_parents = [pk for record_id in ids if (pk := batch.changed[record_id].parent_id) is not None]
    parents = set(Record.objects.filter(pk__in=former_parents).values_list("pk", flat=True))
    reasons = dict.fromkeys(ids, _("没有导入前的状态"))
    for version in batch.read_former_versions(ids):
        unit = unit_info(version.unit_id) if version.unit_id else None
        if is_retired_place(version.area_id, version.premise_id) or (unit is not None and not unit.active):
            reasons[version.record_id] = _("原来的地点或单位已经撤销")
        elif batch.changed[version.record_id].parent_id not in {None, *parents}:
            reasons[version.record_id] = _("它原来所属的记录已经没有了")
        else:
            del reasons[version.record_id]
    return reasons


def _find_owners(info: RegisterInfo, batch: BatchRecords) -> dict[int, set[int]]:
    """Return for each record the others that now have a unique value which it had before the import."""
    slots = [field.slot for field in info.definition.active_fields if field.unique and field.slot]
    owners: dict[int, set[int]] = {}
    for ids in split_chunks(sorted(batch.changed) if slots else []):
        versions = [version for version in batch.read_former_versions(ids) if version.active]
        for slot in slots:
            former = {value: row.record_id for row in versions if (value := getattr(row, slot)) is not None}
            others = Record.objects.filter(register_id=info.id, active=True, **{f"{slot}__in": list(former)})
            for pk, value in others.values_list("pk", slot):
                if pk != former[value]:
                    owners.setdefault(former[value], set()).add(pk)
    return owners


def _add_owners(owners: Mapping[int, set[int]], batch: BatchRecords, reasons: dict[int, str]) -> None:
    """Add the records whose former unique value another record keeps, and those that wait for such a record."""
    added = True
    while added:
        stuck = {
            pk: _("原来的值已有另一条记录用了")
            for pk, others in owners.items()
            if pk not in reasons
            and any(
                other in reasons or not (other in batch.added or other in batch.changed) for other in others
            )
        }
        reasons |= stuck
        added = bool(stuck)


def _find_uses(ids: Collection[int]) -> dict[int, str]:
    """Return the new records to which something refers, other than records that belong to them and waiting rounds."""
    reasons: dict[int, str] = {}
    for relation in Record._meta.related_objects:
        if relation.on_delete is not PROTECT or relation.related_model is Record:
            continue
        rows: Any = relation.related_model._default_manager.filter(**{f"{relation.field.attname}__in": ids})
        if relation.related_model is Inspection:
            rows = rows.exclude(state=InspectionState.DUE, kind=InspectionKind.ROUND)
        used = rows.values_list(relation.field.attname, flat=True)
        reasons |= dict.fromkeys(used, _("已有检查或别处引用了它"))
    worked: QuerySet[Any] = Entry.objects.filter(object_type=RECORD, object_id__in=ids)
    with_files: QuerySet[Any] = Attachment.objects.filter(object_type=RECORD, object_id__in=ids)
    for objects, reason in ((with_files, _("有附件")), (worked, _("后来有人办过"))):
        reasons |= {pk: reason for pk in objects.values_list("object_id", flat=True) if pk is not None}
    return reasons


def _read_children(ids: Iterable[int]) -> dict[int, list[int]]:
    """Return the records that belong to each of these records, if there are any."""
    children: dict[int, list[int]] = {}
    for chunk in split_chunks(sorted(ids)):
        for child, parent in Record.objects.filter(parent_id__in=chunk).values_list("pk", "parent_id"):
            children.setdefault(parent, []).append(child)
    return children


def _add_parents(batch: BatchRecords, reasons: dict[int, str]) -> None:
    """Add the new records that a remaining record belongs to, then the records that these belong to, and so on."""
    children = _read_children(batch.added)
    waiting = list(children)
    while waiting:
        parent = waiting.pop()
        if parent in reasons or all(
            _leaves_parent(batch, reasons, child, parent) for child in children[parent]
        ):
            continue
        reasons[parent] = _("还有记录属于它")
        above = batch.parents[parent]
        waiting += [above] if above in children else []


def _leaves_parent(batch: BatchRecords, reasons: Mapping[int, str], child: int, parent: int) -> bool:
    """Return whether undoing removes a child of the parent, or returns it to another one."""
    if child in reasons:
        return False
    return child in batch.added or (child in batch.changed and batch.changed[child].parent_id != parent)


def remove_records(ids: Collection[int]) -> None:
    """Delete records with their waiting inspections and search rows; those that belong to another one first."""
    rest = set(ids)
    children = _read_children(rest)
    while rest:
        leaves = {pk for pk in rest if not rest.intersection(children.get(pk, ()))}
        for chunk in split_chunks(sorted(leaves)):
            rounds = Inspection.objects.filter(record_id__in=chunk)
            delete_notices(find_notices(INSPECTION, list(rounds.values_list("pk", flat=True))))
            delete_notices(find_notices(RECORD, chunk))
            rounds.delete()
            Record.objects.filter(pk__in=chunk).delete()
        remove_rows(leaves)
        rest -= leaves
