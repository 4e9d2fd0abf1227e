"""Changing the town's own values over its pack: each change checks the right, has a reason and an audit entry.

A clock that is already running keeps its deadline: it was computed from the limit of its beginning.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from jiedao.audit.actions import record_entry
from jiedao.kernel import clock
from jiedao.kernel.errors import NotFoundError, Stale, UserError
from jiedao.kernel.memo import forget_all
from jiedao.kernel.models import OwnValue
from jiedao.kernel.packs.own import ROW, OwnField, OwnLayer, OwnText, lock_pack_rows, set_part
from jiedao.kernel.packs.own_rows import RowLayer
from jiedao.kernel.packs.parts import list_own_layers
from jiedao.kernel.packs.rows import Values
from jiedao.kernel.storable import make_storable
from jiedao.orgs.actor import Actor
from jiedao.orgs.models import Unit

MIN_REASON, MAX_REASON = 4, 200


def clean_reason(text: str) -> str:
    """Return the reason of a change; raise UserError when it is too short to be one, or too long."""
    reason = " ".join(make_storable(text).split())
    if not MIN_REASON <= len(reason) <= MAX_REASON:
        raise UserError(
            _("请写明为什么改。"),
            hint=_("%(least)d 到 %(most)d 个字，例如“区里 3 月发文调整”。")
            % {"least": MIN_REASON, "most": MAX_REASON},
            field="reason",
        )
    return reason


def make_mark(layer: OwnLayer, row: Any) -> str:
    """Return a mark of the present values of a row, which a form sends back so that a change in between is noticed."""
    values = {field.name: layer.read_shown(row, field) for field in layer.list_fields(row)}
    return hashlib.sha256(json.dumps(values, sort_keys=True, default=str).encode()).hexdigest()[:32]


@transaction.atomic
def set_own_values(
    *, actor: Actor, layer: OwnLayer, key: str, values: Mapping[str, Any], reason: str, mark: str = ""
) -> list[OwnField]:
    """Change values of a row, by field, and return the fields that changed.

    A value that is the pack's again is no own value any more. Values that are equal to the stored ones are left out.

    Args:
        mark: that of the values which the user saw (`make_mark`); "" writes over whatever is stored.

    Raises:
        Stale: the row has been changed since the user saw it; saving the form would undo the change.
        NotAllowed: without the right of the layer.
        NotFoundError: there is no row with this key.
        UserError: a value is out of its bounds, names an unknown unit, or there is no reason.
    """
    actor.require(layer.right)
    lock_pack_rows()
    row = layer.get_row(key)
    if mark and mark != make_mark(layer, row):
        raise Stale(_("您打开之后，别人改过这一项，这次没有保存。"), hint=_("请重新打开，看过现在的值再改。"))
    fields = {field.name: field for field in layer.list_fields(row)}
    before = {name: layer.read_value(row, fields[name]) for name in values}
    after = {name: _clean_value(fields[name], value) for name, value in values.items()}
    after = {name: value for name, value in after.items() if value != layer.read_shown(row, fields[name])}
    if not after:
        return []
    reason = clean_reason(reason)
    _check_units(layer, row, fields, after)
    for name, value in after.items():
        _store_value(actor, (layer.kind, key, name), before[name], value, reason)
    layer.write_values(row, after)
    old = {name: before[name] for name in after}
    _record_own_value(actor, "set", (layer, row), old, {"key": key, **after, "reason": reason})
    transaction.on_commit(forget_all)
    return [fields[name] for name in after]


def _clean_value(field: OwnField, value: Any) -> Any:
    try:
        return field.clean(value)
    except (TypeError, ValueError) as fault:
        raise UserError(
            _("看不懂“%(field)s”的值。") % {"field": field.label}, hint=_("请重新填写。"), field=field.name
        ) from fault


def _check_units(layer: OwnLayer, row: Any, fields: Mapping[str, OwnField], after: Mapping[str, Any]) -> None:
    """Refuse units that do not exist or were switched off, and a lead unit that is also a helper."""
    for name, value in after.items():
        if not fields[name].links:
            continue
        codes = value if fields[name].many else [value]
        active = set(Unit.objects.filter(code__in=codes, active=True).values_list("code", flat=True))
        if unknown := [code for code in codes if code not in active]:
            raise UserError(
                _("没有启用中的单位“%(unit)s”。") % {"unit": "、".join(unknown)[:60]},
                hint=_("请从单位表里选。"),
                field=name,
            )
    if layer.kind == "duty":
        links = {
            name: after[name] if name in after else layer.read_value(row, fields[name])
            for name in ("lead_unit", "helpers")
        }
        if links["lead_unit"] in links["helpers"]:
            raise UserError(
                _("主办单位不能同时是协办单位。"), hint=_("请把它从协办单位里去掉。"), field="helpers"
            )


def _store_value(actor: Actor, where: tuple[str, str, str], before: Any, value: Any, reason: str) -> None:
    kind, key, name = where
    row = OwnValue.objects.filter(kind=kind, key=key, field=ROW).first()
    if row is not None and row.value is not None:  # a row of the town's own: its values are all its own
        set_part(row.value, name, value)
        row.set_by, row.set_at, row.reason = actor.label, clock.now(), reason
        row.save()
        return
    own = OwnValue.objects.filter(kind=kind, key=key, field=name).first()
    if own is None:
        own = OwnValue(kind=kind, key=key, field=name, pack_now=before)
    elif value == own.pack_now:
        own.delete()
        return
    own.value, own.pack_value, own.is_missing = value, own.pack_now, False
    own.set_by, own.set_at, own.reason = actor.label, clock.now(), reason
    own.save()


@transaction.atomic
def add_own_row(*, actor: Actor, layer: RowLayer, values: Mapping[str, Any], reason: str) -> Any:
    """Add a row of the town's own beside those of the pack, and return it.

    Raises:
        NotAllowed: without the right of the layer.
        UserError: there is such a row already, a value is out of its bounds, or there is no reason.
    """
    actor.require(layer.right)
    lock_pack_rows()
    fields = {field.name: field for field in layer.list_new_fields()}
    clean = {name: _clean_value(field, values.get(name)) for name, field in fields.items()}
    reason = clean_reason(reason)
    _check_units(layer, None, fields, clean)
    row_values = layer.make_values(clean)
    key = layer.make_key(row_values)
    if layer.find_row(key) is not None:
        raise UserError(
            _("已经有“%(row)s”这一条。") % {"row": layer.describe(layer.get_row(key))},
            hint=_("请在原来的一条上更改。"),
        )
    row = layer.create_row(row_values)
    own = OwnValue.objects.filter(kind=layer.kind, key=key, field=ROW).first()
    # Otherwise the pack's line, which was switched off.
    own = own or OwnValue(kind=layer.kind, key=key, field=ROW)
    _store_row(actor, own, row_values, reason)
    _record_own_value(actor, "add", (layer, row), None, _describe_for_audit(layer, row, own, reason))
    transaction.on_commit(forget_all)
    return row


@transaction.atomic
def switch_off_row(*, actor: Actor, layer: RowLayer, key: str, reason: str) -> None:
    """Switch a row off: one of the pack stays away when the pack is applied, one of the town's own is removed.

    Own values of the row end.

    Raises:
        NotAllowed: without the right of the layer.
        NotFoundError: there is no row with this key, or rows of the layer cannot be switched off so.
        UserError: there is no reason.
    """
    actor.require(layer.right)
    if not layer.may_switch_off:
        raise NotFoundError(_("没有这一项。"), hint=_("请回到列表再选。"))
    lock_pack_rows()
    row, reason = layer.get_row(key), clean_reason(reason)
    values = layer.read_row(row)
    own = OwnValue.objects.filter(kind=layer.kind, key=key, field=ROW).first()
    if own is None:
        own = OwnValue(
            kind=layer.kind, key=key, field=ROW, pack_now=_find_pack_values(layer.kind, key, values)
        )
    before = layer.flatten(values)
    about = {"key": key, "name": layer.describe(row), "reason": reason}
    _record_own_value(actor, "off", (layer, row), before, about)
    OwnValue.objects.filter(kind=layer.kind, key=key).exclude(field=ROW).delete()
    layer.remove_row(row)
    if own.pack_now is None:
        own.delete()
    else:
        _store_row(actor, own, None, reason)
    transaction.on_commit(forget_all)


def _find_pack_values(kind: str, key: str, values: Values) -> Values:
    """Return the values of the pack for a stored row: in place of each own value the one that it replaces."""
    pack_values = dict(values)
    for own in OwnValue.objects.filter(kind=kind, key=key).exclude(field=ROW):
        set_part(pack_values, own.field, own.pack_now)
    return pack_values


def _store_row(actor: Actor, own: OwnValue, value: Values | None, reason: str) -> None:
    own.value, own.pack_value, own.is_missing = value, own.pack_now, False
    own.set_by, own.set_at, own.reason = actor.label, clock.now(), reason
    own.save()


def _describe_for_audit(layer: RowLayer, row: Any, own: OwnValue, reason: str) -> dict[str, Any]:
    return {"key": own.key, "name": layer.describe(row), **layer.flatten(own.value), "reason": reason}


def _return_row(actor: Actor, entry: "OwnEntry", layer: RowLayer) -> None:
    """Bring the stored row to what the pack states: restore it, change it back or remove it."""
    own, row = entry.own, entry.row
    name = layer.describe(row) if row is not None else ""
    if own.pack_now is None and row is not None:
        layer.remove_row(row)
    elif own.pack_now is not None:
        if row is not None:
            layer.remove_row(row)
        row = layer.create_row(own.pack_now)
        name = layer.describe(row)
    after = {"key": own.key, "name": name, **layer.flatten(own.pack_now)}
    _record_own_value(actor, "return", (layer, row), layer.flatten(own.value) or None, after)


@dataclass(frozen=True)
class OwnEntry:
    """An own value with its layer, its row (None where there is none any more) and its field."""

    own: OwnValue
    layer: OwnLayer
    row: Any
    field: OwnField | None


@transaction.atomic
def return_to_pack(*, actor: Actor, own_id: int) -> OwnEntry:
    """Replace an own value by the value of the pack; where the pack has dropped the row, only forget the value."""
    entry = _get_entry(actor, own_id)
    own = entry.own
    if own.field == ROW and isinstance(entry.layer, RowLayer):
        _return_row(actor, entry, entry.layer)
        own.delete()
        transaction.on_commit(forget_all)
        return entry
    if entry.row is not None and entry.field is not None and not own.is_missing:
        entry.layer.write_values(entry.row, {own.field: own.pack_now})
    before = {own.field: own.value}
    after = {own.field: own.pack_now}
    _record_own_value(actor, "return", (entry.layer, entry.row), before, {"key": own.key, **after})
    own.delete()
    transaction.on_commit(forget_all)
    return entry


@transaction.atomic
def keep_own_value(*, actor: Actor, own_id: int) -> OwnEntry:
    """Confirm an own value although the pack has changed: until the pack changes again there is nothing to decide."""
    entry = _get_entry(actor, own_id)
    own = entry.own
    if own.is_missing:
        raise UserError(_("数据包里已经没有这一项。"), hint=_("可以删去这条改动。"))
    before, after = {own.field: own.pack_now}, {own.field: own.value}
    if own.field == ROW and isinstance(entry.layer, RowLayer):
        before, after = entry.layer.flatten(own.pack_now), entry.layer.flatten(own.value)
    own.pack_value = own.pack_now
    own.save(update_fields=["pack_value"])
    after = {"key": own.key, **after}
    _record_own_value(actor, "keep", (entry.layer, entry.row), before, after)
    return entry


def list_own_entries(actor: Actor, *, layer: OwnLayer | None = None, key: str = "") -> list[OwnEntry]:
    """Return the own values that the actor may change: those that need a decision first, then the newest."""
    layers = [layer] if layer is not None else list(list_own_layers().values())
    allowed = {each.kind: each for each in layers if actor.can(each.right)}
    owns = OwnValue.objects.filter(kind__in=allowed).order_by("-set_at", "-id")
    owns = owns.filter(key=key) if key else owns
    entries = [_make_entry(own, allowed[own.kind]) for own in owns]
    return sorted(entries, key=lambda entry: not entry.own.is_conflict)


def _get_entry(actor: Actor, own_id: int) -> OwnEntry:
    lock_pack_rows()
    own = OwnValue.objects.select_for_update().filter(pk=own_id).first()
    layer = list_own_layers().get(own.kind) if own is not None else None
    if own is None or layer is None:
        raise NotFoundError(_("这条改动已经不在了。"), hint=_("请刷新后再看。"))
    actor.require(layer.right)
    return _make_entry(own, layer)


def _make_entry(own: OwnValue, layer: OwnLayer) -> OwnEntry:
    row = layer.find_row(own.key)
    fields = {field.name: field for field in layer.list_fields(row)} if row is not None else {}
    return OwnEntry(own, layer, row, fields.get(own.field))


def write_own_values() -> str:
    """Return every own value as TOML, to be moved into the pack: with file, author, day and reason of each."""
    owns: dict[str, dict[str, list[OwnValue]]] = {}
    for own in OwnValue.objects.order_by("kind", "key", "field"):
        owns.setdefault(own.kind, {}).setdefault(own.key, []).append(own)
    layers = list_own_layers()
    texts = [
        layers[kind].write_toml([_describe_row(layers[kind], key, values) for key, values in rows.items()])
        for kind, rows in owns.items()
        if kind in layers
    ]
    return "\n".join(texts)


def _describe_row(layer: OwnLayer, key: str, owns: Sequence[OwnValue]) -> OwnText:
    row = layer.find_row(key)
    lines = [f"# {layer.describe(row) if row is not None else layer.describe_key(key)}"]
    for own in owns:
        day = own.set_at.astimezone(clock.TOWN_TZ).date()
        change = f"{own.pack_now!r} -> {own.value!r}"
        if own.field == ROW:
            change = "switched off by the town" if own.value is None else "added by the town"
        lines.append(f"# {own.field}: {change}; {own.set_by}, {day}: {own.reason}")
    return OwnText(key, {own.field: own.value for own in owns}, "\n".join(lines) + "\n")


def _record_own_value(
    actor: Actor, verb: str, place: tuple[OwnLayer, Any], before: dict[str, Any] | None, after: dict[str, Any]
) -> None:
    layer, row = place
    record_entry(
        actor=actor,
        action=f"packs.own:{verb}",
        obj_type=layer.model._meta.label_lower,
        obj_id=row.pk if row is not None else None,
        before=before,
        after=after,
    )
