"""Decide where the records belong whose place a pack retired, and which no rule could move."""

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from jiedao.kernel import clock
from jiedao.kernel.errors import UserError
from jiedao.orgs.actor import Actor
from jiedao.places.following import PREMISE
from jiedao.places.naming import premise_info
from jiedao.places.selectors import area_info
from jiedao.places.undecided import OldPlace, Undecided, build_retired_filter, find_old_place
from jiedao.registers.access import get_record, may_write, need_write, readable_registers
from jiedao.registers.actions.records import need_version, write_change
from jiedao.registers.actions.relocating import Columns, move_waiting_inspections
from jiedao.registers.models import Record

RIGHT = "registers.record:edit"


def _find_undecided(actor: Actor) -> QuerySet[Record]:
    condition = build_retired_filter() if actor.can(RIGHT) else None
    records: QuerySet[Record] = Record.objects.visible_to(actor)
    if condition is None:
        return records.none()
    ids = [info.id for info in readable_registers(actor) if may_write(actor, info)]
    return records.filter(condition, register_id__in=ids, active=True)


def count_undecided(actor: Actor) -> int:
    """Return how many records `list_undecided` lists; no query while no place is retired."""
    return _find_undecided(actor).count()


def list_undecided(actor: Actor) -> list[tuple[int, Undecided]]:
    """Return the records at retired places that the actor may change, each with the id of its register."""
    columns = ("id", "version", "code", "name", "place_text", "lon", "lat", "area_id", "premise_id")
    return [
        (
            row["register_id"],
            Undecided(
                row["id"],
                row["version"],
                find_old_place(row["area_id"], row["premise_id"]),
                row["code"],
                row["name"],
                row["place_text"],
                row["lon"],
                row["lat"],
            ),
        )
        for row in _find_undecided(actor).order_by("register_id", "id").values(*columns, "register_id")
    ]


def decide(*, actor: Actor, record_id: int, version: int, place: OldPlace, note: str) -> Record:
    """Change the place of a record from today on; its planned inspections follow.

    Args:
        place: the area or premise to which the record belongs now.

    Raises:
        NotAllowed: without the right. NotFoundError: out of scope. Stale: it was changed since `version`.
        UserError: the place does not exist, or there is no reason.
    """
    if not note.strip():
        raise UserError(_("没有写明为什么改。"), hint=_("请写明为什么。"), field="note")
    with transaction.atomic():
        info, record = get_record(actor, record_id, for_change=True)
        need_write(actor, info)
        need_version(record, version)
        columns = {
            **_find_columns(record, place),
            "since_date": max(record.since_date, clock.today()),
        }
        changed = write_change(actor, info, record, columns, note)
        move_waiting_inspections([record.pk])
    return changed


def _find_columns(record: Record, place: OldPlace) -> Columns:
    if place.kind == PREMISE:
        premise = premise_info(place.id)
        if premise is not None and premise.active:
            return {
                "premise_id": premise.id,
                "area_id": premise.area_id,
                "area_path": premise.area_path,
            }
    elif (area := area_info(place.id)) is not None:
        current = premise_info(record.premise_id)
        stays = current is not None and current.active and current.area_path.startswith(area.path)
        return {
            "premise_id": record.premise_id if stays else None,
            "area_id": area.id,
            "area_path": area.path,
        }
    raise UserError(_("所选的地点不存在或已停用。"), hint=_("请重新选择。"), field="place")
