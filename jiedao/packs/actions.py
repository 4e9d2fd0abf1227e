"""Apply a pack: everything or nothing."""

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from jiedao.audit.actions import EntryData, record_entries
from jiedao.kernel import clock
from jiedao.kernel.errors import Stale, UserError
from jiedao.kernel.former_names import record_former_names
from jiedao.kernel.memo import forget_all
from jiedao.kernel.packs.comparing import CHANGE, Item
from jiedao.kernel.packs.own import OwnLine, is_settled, lock_pack_rows, settle_own_values
from jiedao.kernel.packs.pack import Pack
from jiedao.kernel.packs.parts import list_sections
from jiedao.kernel.packs.plan import Plan
from jiedao.kernel.packs.section import Audit
from jiedao.kernel.packs.successions import record_successions
from jiedao.orgs.actor import Actor
from jiedao.packs.basis import Basis, describe_drift, make_basis
from jiedao.packs.history import record_applied
from jiedao.packs.models import AppliedPack
from jiedao.packs.planning import make_plan
from jiedao.packs.towns import find_other_town

RIGHT = "packs.pack:apply"
MAX_REASON = 300


@transaction.atomic
def apply_pack(
    *,
    pack: Pack,
    actor: Actor,
    expected: Plan | Basis | None = None,
    reason: str = "",
    other_town: bool = False,
) -> Plan:
    """Bring the database to what a checked pack states, add it to the archive, and return what was done.

    Applying the same pack again does nothing.

    Args:
        expected: the plan that the user saw, or its basis.
        reason: why, in the words of the user.
        other_town: whether the user confirmed that the pack of another town replaces this one.

    Raises:
        NotAllowed: without the right.
        UserError: an item is blocked: a row that is still needed would be retired, or a register would lose data; or
            the pack is of another town.
        Stale: the plan differs from the one that the user saw.
    """
    actor.require(RIGHT)
    lock_pack_rows()  # so that this apply sees what other ones wrote
    if not other_town:
        _refuse_other_town(pack)
    plan = make_plan(pack)
    if expected is not None:
        _refuse_drift(expected, plan)
    _refuse_blocked(plan)
    archived = record_applied(pack, plan, actor, reason)
    if not plan.items and not plan.successions and is_settled(plan.own):
        if archived is not None:  # other comments, or values that the town had set before the pack
            record_entries([_make_pack_entry(pack, plan, actor, archived, [])])
        return plan
    transaction.on_commit(forget_all)
    try:
        for section in list_sections():
            section.write(plan.comparisons[section.kind], plan.ids, actor)
        for follower, followings in plan.followings:
            moved_rows = [following for following in followings if following.is_moved]
            if moved_rows:
                follower.move(moved_rows, plan.lookup, actor)
        _record_names(plan)
        record_successions(plan.successions, plan.lookup, str(pack.about["version"]))
    except Exception:
        forget_all()  # the values cached in this transaction are rolled back
        raise
    moved = settle_own_values(plan.own)
    record_entries(
        [*_list_entries(pack, plan, actor, archived), *(_make_own_entry(line, plan, actor) for line in moved)]
    )
    return plan


def _record_names(plan: Plan) -> None:
    """Store the names of the rows that were renamed, for displayed history."""
    now = clock.now()
    for kind, comparison in plan.comparisons.items():
        renamed = [
            (comparison.current[key], comparison.wanted[key])
            for key in comparison.keys(CHANGE)
            if key in comparison.current
        ]
        record_former_names(kind, renamed, now)


def _refuse_other_town(pack: Pack) -> None:
    if town := find_other_town(pack):
        raise UserError(
            _("这是另一个街道的数据包：它是 %(pack)s，本系统是 %(town)s。没有做任何改动。")
            % {"pack": f"{pack.about['name']} {pack.town}", "town": town},
            hint=_("请选本街道的数据包；确实要换成它时，在页面上勾选确认，或加 --other-town。"),
        )


def _refuse_drift(expected: Plan | Basis, plan: Plan) -> None:
    seen = make_basis(expected) if isinstance(expected, Plan) else expected
    if drift := describe_drift(seen, make_basis(plan)):
        raise Stale(_("数据在您查看计划之后有变动。"), hint=_("请重新查看计划后再应用。") + drift)


def _refuse_blocked(plan: Plan) -> None:
    blocked = plan.blocked
    if blocked:
        listed = _("；").join(f"{item.kind} {item.key} {item.name}: {item.blocked}" for item in blocked[:5])
        raise UserError(
            _("有些改动现在不能做，没有做任何改动。"),
            hint=_("共 %(n)s 项：%(items)s") % {"n": len(blocked), "items": listed},
        )


# -- the audit -------------------------------------------------------------------------------------------------------


def _list_entries(pack: Pack, plan: Plan, actor: Actor, archived: AppliedPack | None) -> list[EntryData]:
    """Return an entry for each row that no action recorded, and one for the pack itself."""
    entries: list[EntryData] = []
    items_without_rows: list[Item] = []
    for section in list_sections():
        items = plan.comparisons[section.kind].items
        if section.audit is Audit.ROWS:
            ids, label = plan.ids.of(section.kind), section.model._meta.label_lower
            entries += [_make_row_entry(item, label, ids[item.key], actor) for item in items]
        elif section.audit is Audit.PACK:
            items_without_rows += items
    return [*entries, _make_pack_entry(pack, plan, actor, archived, items_without_rows)]


def _make_pack_entry(
    pack: Pack, plan: Plan, actor: Actor, archived: AppliedPack | None, items: list[Item]
) -> EntryData:
    """Return the entry of the pack itself, with the changes of rows that have no entry of their own."""
    before, after = _split_changes(items)
    about: dict[str, Any] = {"name": pack.about["name"], "version": pack.about["version"], **plan.counts}
    if archived is not None:
        about |= {"digest": archived.digest[:16]}
        about |= {"reason": archived.reason} if archived.reason else {}
    return {
        "actor": actor,
        "action": RIGHT,
        "obj_type": "packs.pack",
        "obj_id": archived.pk if archived is not None else None,
        "before": before or None,
        "after": {**about, **after},
    }


def _make_row_entry(item: Item, label: str, pk: int, actor: Actor) -> EntryData:
    before, after = _split_changes([item])
    return {
        "actor": actor,
        "action": f"packs.pack:{item.action}",
        "obj_type": label,
        "obj_id": pk,
        "before": before or None,
        "after": {"key": item.key, "name": item.name, **after},
    }


def _make_own_entry(line: OwnLine, plan: Plan, actor: Actor) -> EntryData:
    """Return the entry of an own value that ends because the pack has the same value now."""
    section = next(section for section in list_sections() if section.kind == line.kind)
    return {
        "actor": actor,
        "action": "packs.own:end",
        "obj_type": section.model._meta.label_lower,
        "obj_id": plan.ids.of(line.kind).get(line.key),
        "after": {"key": line.key, "field": line.field, "value": line.value},
    }


def _split_changes(items: list[Item]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the old values of the changed columns, and their new values, each by column."""
    changes = {name: pair for item in items for name, pair in item.fields.items()}
    return {name: old for name, (old, _new) in changes.items()}, {
        name: new for name, (_old, new) in changes.items()
    }
