"""Apply a pack: everything or nothing."""

from datetime import time
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from jiedao.audit.actions import Deed, record_many
from jiedao.kernel.calendar import set_hours
from jiedao.kernel.errors import Stale, UserError
from jiedao.kernel.memo import forget_all
from jiedao.orgs.actor import Actor
from jiedao.packs.pack import Pack
from jiedao.packs.plan import CHANGE, CREATE, HOURS, PROJECT, RETIRE, Item, Plan, make_plan
from jiedao.packs.projects import write_projects
from jiedao.packs.sections import SECTIONS, Section, read_ids


@transaction.atomic
def apply_pack(*, pack: Pack, actor: Actor, expected: Plan | None = None) -> Plan:
    """Bring the database to what a checked pack says, and return what was done.

    Applying the same pack again does nothing.

    Raises:
        NotAllowed: without the right.
        UserError: something that open cases name would be retired, or a register would lose data.
        Stale: the plan the person saw (`expected`) no longer holds.
    """
    actor.need("packs.pack:apply")
    _wait_for_others()
    plan = make_plan(pack)
    if expected is not None and expected.items != plan.items:
        raise Stale(_("数据在您查看计划之后有变动。"), hint=_("请重新查看计划后再应用。"))
    if plan.blocked:
        shown = "; ".join(f"{item.kind} {item.key} {item.name}: {item.blocked}" for item in plan.blocked[:5])
        raise UserError(
            _("有些改动现在不能做，没有做任何改动。"),
            hint=_("共 %(n)s 项：%(items)s") % {"n": len(plan.blocked), "items": shown},
        )
    if not plan.items:
        return plan
    for section in SECTIONS:
        _write(section, plan)
    _write_hours(plan)
    changed = {*plan.keys(PROJECT, CREATE), *plan.keys(PROJECT, CHANGE)}
    write_projects(pack, actor, changed, set(plan.keys(PROJECT, RETIRE)))
    _audit(pack, plan, actor)
    transaction.on_commit(forget_all)
    return plan


def _wait_for_others() -> None:
    """Let one apply follow the other: the second then sees what the first wrote. SQLite has one writer anyway."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext('packs.pack:apply'))")


def _write(section: Section, plan: Plan) -> None:
    wanted = plan.wanted[section.kind]
    created = {key: wanted[key] for key in plan.keys(section.kind, CREATE)}
    changed = {key: wanted[key] for key in plan.keys(section.kind, CHANGE)}
    retired = plan.keys(section.kind, RETIRE)
    if created:
        section.create(created, read_ids())
    if changed:
        section.change(changed, read_ids())
    if retired:
        section.drop(retired, plan.current[section.kind])


def _write_hours(plan: Plan) -> None:
    for item in plan.items:
        if item.kind == HOURS:
            parts = [text.split("-") for text in item.fields["hours"][1]]
            set_hours([(time.fromisoformat(opens), time.fromisoformat(closes)) for opens, closes in parts])


def _audit(pack: Pack, plan: Plan, actor: Actor) -> None:
    """Write one entry for each row, and one for the pack itself."""
    deeds: list[Deed] = []
    for section in SECTIONS:
        items = [item for item in plan.items if item.kind == section.kind]
        rows = {**plan.current[section.kind], **section.current(read_ids())} if items else {}
        deeds += [_deed(section, item, rows[item.key]["pk"], actor) for item in items]
    hours = [item for item in plan.items if item.kind == HOURS]
    counts = {key: value for key, value in plan.as_json().items() if key != "items"}
    about = pack.one("pack.toml", "pack")
    deeds.append(
        {
            "actor": actor,
            "action": "packs.pack:apply",
            "obj_type": "packs.pack",
            "obj_id": None,
            "before": {"hours": hours[0].fields["hours"][0]} if hours else None,
            "after": {"name": about["name"], "version": about["version"], **counts, **_new(*hours)},
        }
    )
    record_many(deeds)


def _deed(section: Section, item: Item, pk: int, actor: Actor) -> Deed:
    return {
        "actor": actor,
        "action": f"packs.pack:{item.action}",
        "obj_type": section.model._meta.label_lower,
        "obj_id": pk,
        "before": {name: pair[0] for name, pair in item.fields.items()} or None,
        "after": {"key": item.key, "name": item.name, **_new(item)},
    }


def _new(*items: Item) -> dict[str, Any]:
    return {name: pair[1] for item in items for name, pair in item.fields.items()}
