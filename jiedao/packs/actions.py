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
from jiedao.packs.planning import make_plan

RIGHT = "packs.pack:apply"


@transaction.atomic
def apply_pack(*, pack: Pack, actor: Actor, expected: Plan | None = None) -> Plan:
    """Bring the database to what a checked pack states, and return what was done.

    Applying the same pack again does nothing.

    Raises:
        NotAllowed: without the right.
        UserError: an item is blocked: a row that is still needed would be retired, or a register would lose data.
        Stale: the plan differs from the one that the user saw (`expected`).
    """
    actor.require(RIGHT)
    lock_pack_rows()  # so that this apply sees what other ones wrote
    plan = make_plan(pack)
    if expected is not None and (expected.items, expected.own) != (plan.items, plan.own):
        raise Stale(_("数据在您查看计划之后有变动。"), hint=_("请重新查看计划后再应用。"))
    _refuse_blocked(plan)
    if not plan.items and not plan.successions and is_settled(plan.own):
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
        [*_list_entries(pack, plan, actor), *(_make_own_entry(line, plan, actor) for line in moved)]
    )
    return plan


def _record_names(plan: Plan) -> None:
    """Store the names of the rows that were renamed, for displayed history."""
    now = clock.now()
    for kind, comparison in plan.comparisons.items():
        renamed = [(comparison.current[key], comparison.wanted[key]) for key in comparison.keys(CHANGE)]
        record_former_names(kind, renamed, now)


def _refuse_blocked(plan: Plan) -> None:
    blocked = plan.blocked
    if blocked:
        listed = "; ".join(f"{item.kind} {item.key} {item.name}: {item.blocked}" for item in blocked[:5])
        raise UserError(
            _("有些改动现在不能做，没有做任何改动。"),
            hint=_("共 %(n)s 项：%(items)s") % {"n": len(blocked), "items": listed},
        )


# -- the audit -------------------------------------------------------------------------------------------------------


def _list_entries(pack: Pack, plan: Plan, actor: Actor) -> list[EntryData]:
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
    counts = {key: value for key, value in plan.as_json().items() if key not in ("items", "own")}
    before, after = _split_changes(items_without_rows)
    entry: EntryData = {
        "actor": actor,
        "action": RIGHT,
        "obj_type": "packs.pack",
        "obj_id": None,
        "before": before or None,
        "after": {"name": pack.about["name"], "version": pack.about["version"], **counts, **after},
    }
    return [*entries, entry]


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
