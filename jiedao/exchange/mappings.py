"""Saved mappings: data of the town like that of its pack, made on the page and exported as mapping files."""

from pathlib import Path

from django.db import transaction
from django.utils.translation import gettext as _

from jiedao.audit.actions import record_entry
from jiedao.exchange.layout import find_missing_headers
from jiedao.exchange.mapping import Mapping, parse_mapping
from jiedao.exchange.mapping_faults import MappingError
from jiedao.exchange.message_importer import RIGHT
from jiedao.exchange.models import MessageMapping
from jiedao.kernel import clock
from jiedao.kernel.errors import NotFoundError, UserError
from jiedao.kernel.tables.reading import read_table
from jiedao.orgs.actor import Actor

MAX_NAME = 60
MAX_TEXT = 50_000
MAX_MAPPINGS = 200


def list_mappings() -> list[MessageMapping]:
    """Return the saved mappings by name."""
    return list(MessageMapping.objects.order_by("name"))


def get_mapping(mapping_id: int) -> MessageMapping:
    """Return a saved mapping; raise NotFoundError for an unknown one."""
    mapping = MessageMapping.objects.filter(pk=mapping_id).first()
    if mapping is None:
        raise NotFoundError(_("没有这份对照。"), hint=_("它可能已被删除，请另选一份。"))
    return mapping


@transaction.atomic
def save_mapping(*, actor: Actor, name: str, text: str) -> MessageMapping:
    """Save a mapping under a name; one with the same name is replaced. Raise UserError for a text that is none."""
    actor.require(RIGHT)
    name = " ".join(name.split())
    if not name or len(name) > MAX_NAME:
        raise UserError(_("请给这份对照起个名字，60 字以内。"), hint=_("如“市 12345 工单”。"), field="name")
    if len(text) > MAX_TEXT:
        raise UserError(_("对照文件太大。"), hint=_("请检查选的是不是对照文件。"), field="file")
    parse_mapping(text, name)
    mapping = MessageMapping.objects.filter(name=name).select_for_update().first()
    if mapping is None and MessageMapping.objects.count() >= MAX_MAPPINGS:
        raise UserError(_("对照太多了。"), hint=_("请先删去不用的。"))
    before = {"text": mapping.text} if mapping is not None else None
    mapping = mapping or MessageMapping(name=name)
    mapping.text, mapping.updated_at, mapping.updated_by = text, clock.now(), actor.label
    mapping.save()
    _record(actor, mapping, "save", before, {"name": name, "text": text})
    return mapping


@transaction.atomic
def delete_mapping(*, actor: Actor, mapping_id: int) -> str:
    """Delete a saved mapping and return its name; imports that used it keep their copy."""
    actor.require(RIGHT)
    mapping = get_mapping(mapping_id)
    _record(actor, mapping, "delete", {"name": mapping.name, "text": mapping.text}, None)
    mapping.delete()
    return mapping.name


def _record(actor: Actor, mapping: MessageMapping, verb: str, before: object, after: object) -> None:
    record_entry(
        actor=actor,
        action=f"exchange.mapping:{verb}",
        obj_type="exchange.mapping",
        obj_id=mapping.pk,
        before=before,
        after=after,
    )


def find_fitting_mappings(path: Path, *, sheet: str | None = None, name: str = "") -> list[MessageMapping]:
    """Return the saved mappings all of whose headers the table has."""
    rows = list_mappings()
    if not rows:
        return []
    with read_table(path, sheet=sheet, name=name) as table:
        return [row for row in rows if (mapping := _parse(row)) and not find_missing_headers(table, mapping)]


def _parse(row: MessageMapping) -> Mapping | None:
    try:
        return parse_mapping(row.text, row.name)
    except MappingError:  # a category or channel that it names no longer exists
        return None
