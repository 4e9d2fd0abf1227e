"""`jiedao pack`: make, check, plan and apply the folder that describes a town."""

import json
from pathlib import Path
from typing import Any

import click
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from jiedao.kernel.packs.comparing import CHANGE, CREATE, RETIRE, Item
from jiedao.kernel.packs.own import OwnLine
from jiedao.kernel.packs.pack import Pack
from jiedao.kernel.packs.plan import Plan
from jiedao.kernel.phrasing import list_names, name_subject
from jiedao.orgs.actor import make_system_actor
from jiedao.orgs.own_values import write_own_values
from jiedao.packs.actions import MAX_REASON, apply_pack
from jiedao.packs.check import check_pack
from jiedao.packs.commands_new import new_pack, print_report
from jiedao.packs.commands_outline import outline_group
from jiedao.packs.describing import PlanWords, merge_alike, name_kind
from jiedao.packs.history import compare_with_before, export_pack, find_by_name, list_applied
from jiedao.packs.language import add_language
from jiedao.packs.models import AppliedPack
from jiedao.packs.planning import make_plan
from jiedao.packs.shipped import PackFolder, describe_pack
from jiedao.packs.towns import find_other_town
from jiedao.packs.words import FOLLOWERS

SIGNS = {CREATE: "+", CHANGE: "~", RETIRE: "-"}
REFUSED, NOTICE = "✗", "!"  # before what refuses the pack, and before what only should be known
GROUPS = {
    CREATE: gettext_lazy("新增 %(kind)s：%(count)d"),
    CHANGE: gettext_lazy("更改 %(kind)s：%(count)d"),
    RETIRE: gettext_lazy("停用 %(kind)s：%(count)d"),
}
LISTED = 12  # how many items of one kind and action are printed; the others are only counted
NAMED = 6  # further rows that change in the same way
PLAN_REFUSED = 3  # the exit code

FOLDER = click.argument("folder", type=PackFolder(), metavar="DIR")
JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON document on standard output.")


@click.group("pack")
def pack_group() -> None:
    """Make, check, plan and apply a pack: the folder that describes a town.

    DIR is its path, the path of a .zip file of it, or the name of a pack that is shipped with jiedao, such as buji.

    Exit codes: 0 done, 1 the pack has errors or was not applied, 2 wrong use, 3 the plan is refused: something still
    needs what the pack would retire or change, or the pack is of another town.
    """


pack_group.add_command(new_pack)
pack_group.add_command(outline_group)


@pack_group.command()
@FOLDER
@JSON
@add_language
def check(folder: Path, as_json: bool) -> None:
    """Report every fault of the pack in DIR with file, line and hint. Nothing is written."""
    report = check_pack(folder)[1]
    if as_json:
        click.echo(json.dumps(report.as_json(), ensure_ascii=False, indent=2))
    else:
        print_report(report)
        message = _("%(pack)s：错误 %(errors)d 个，提醒 %(warnings)d 个")
        counts = {name: len(faults) for name, faults in report.as_json().items()}
        click.echo(message % {"pack": describe_pack(folder), **counts}, err=True)
    raise SystemExit(0 if report.passed else 1)


@pack_group.command()
@FOLDER
@JSON
@add_language
def plan(folder: Path, as_json: bool) -> None:
    """Show what applying the pack in DIR would create, change and retire. Nothing is written.

    ✗ marks what refuses the pack, ! what you should know. The exit code is 3 if the pack is refused.
    """
    pack = _read_sound_pack(folder)
    planned = make_plan(pack)
    other_town = find_other_town(pack)
    if as_json:
        _print_json({**planned.as_json(), "other_town": other_town})
    else:
        _print_plan(planned, other_town)
    if planned.blocked or other_town:
        raise SystemExit(PLAN_REFUSED)


@pack_group.command()
@FOLDER
@click.option("--yes", is_flag=True, help="Apply without asking.")
@click.option("--reason", default="", metavar="TEXT", help="Why: stored in the archive and the audit.")
@click.option("--other-town", is_flag=True, help="Let a pack of another town replace that of this office.")
@JSON
@add_language
def apply(folder: Path, yes: bool, reason: str, other_town: bool, as_json: bool) -> None:
    """Apply the pack in DIR in one transaction, after showing the plan. A second time changes nothing.

    The pack is added to the archive: `jiedao pack history`. The exit code is 3 if the plan is refused.
    """
    pack = _read_sound_pack(folder)
    planned = make_plan(pack)
    refused_town = "" if other_town else find_other_town(pack)
    if not as_json:
        _print_plan(planned, refused_town)
    elif planned.blocked or refused_town:
        _print_json({**planned.as_json(), "other_town": refused_town})
    if planned.blocked or refused_town:
        click.echo(_("没有做任何改动。"), err=True)
        raise SystemExit(PLAN_REFUSED)
    if planned.items and not yes:
        click.confirm(_("应用这个计划吗？"), abort=True, err=True)
    actor = make_system_actor()
    with override(settings.LANGUAGE_CODE):  # what is stored is not in the language of the terminal
        applied = apply_pack(
            pack=pack, actor=actor, expected=planned, reason=reason[:MAX_REASON], other_town=other_town
        )
    if as_json:
        _print_json({**applied.as_json(), "other_town": ""})
    elif applied.items:
        click.echo(_("已应用。"), err=True)


@pack_group.command()
@click.option("--diff", "shows_diff", is_flag=True, help="Print the changed lines of each file, too.")
@JSON
def history(shows_diff: bool, as_json: bool) -> None:
    """List the packs that were applied, the last one first: version, when, who, why, and the files that differ."""
    rows = list_applied()
    if as_json:
        _print_json([_describe_applied(row) for row in rows])
        return
    for row in rows:
        _print_applied(row, shows_diff=shows_diff)
    if not rows:
        click.echo("No pack was applied yet.", err=True)


def _describe_applied(row: AppliedPack) -> dict[str, Any]:
    return {
        "number": row.pk,
        "name": row.name,
        "version": row.version,
        "town": row.town,
        "digest": row.digest,
        "applied_at": timezone.localtime(row.applied_at).isoformat(timespec="seconds"),
        "by": row.actor_label,
        "reason": row.reason,
        "counts": row.counts,
        "files": [
            {"name": file.name, "action": file.action, "added": file.added, "removed": file.removed}
            for file in compare_with_before(row)
        ],
    }


def _print_applied(row: AppliedPack, *, shows_diff: bool) -> None:
    at = timezone.localtime(row.applied_at)
    counts = ", ".join(f"{row.counts.get(action, 0)} {action}d" for action in (CREATE, CHANGE, RETIRE))
    click.echo(f"#{row.pk} {row.version} {row.name}  {at:%Y-%m-%d %H:%M}  {row.actor_label}  ({counts})")
    if row.reason:
        click.echo(f"    {row.reason}")
    for file in compare_with_before(row):
        click.echo(f"    {SIGNS[file.action]} {file.name}: {file.added} lines added, {file.removed} removed")
        for line in file.lines if shows_diff else ():
            click.echo(f"        {line}")


@pack_group.command()
@click.argument("version")
@click.argument("target", type=click.Path(path_type=Path), metavar="DIR")
def export(version: str, target: Path) -> None:
    """Write the pack that was applied as VERSION, or as its number in the history ("#3"), to the new folder DIR.

    To return to it: `jiedao pack plan DIR`, then `jiedao pack apply DIR`.
    """
    row = find_by_name(version)
    count = export_pack(row, target)
    click.echo(f"{target}: {count} files of {row.name} {row.version} (#{row.pk})", err=True)


@pack_group.command()
def diff() -> None:
    """Print what people have changed over the applied pack, as TOML to be moved into its files. Nothing is written.

    Each value is preceded by the file it belongs to, who set it, when and why. Once the pack has the same values, its
    next apply ends the town's own ones.
    """
    text = write_own_values()
    if text:
        click.echo(text, nl=False)
    else:
        click.echo("The town has no values of its own: all are those of the pack.", err=True)


def _read_sound_pack(folder: Path) -> Pack:
    """Return the checked pack and state the number of its warnings; if it has errors, print them and exit with 1."""
    pack, report = check_pack(folder)
    if not report.passed:
        print_report(report)
        message = _("%(pack)s：错误 %(errors)d 个；没有做任何改动")
        errors = len(report.as_json()["errors"])
        click.echo(message % {"pack": describe_pack(folder), "errors": errors}, err=True)
        raise SystemExit(1)
    if warnings := report.as_json()["warnings"]:
        message = _("提醒 %(count)d 个：见 %(command)s")
        click.echo(message % {"count": len(warnings), "command": f"jiedao pack check {folder}"}, err=True)
    return pack


def _print_json(document: Any) -> None:
    click.echo(json.dumps(document, ensure_ascii=False, indent=2, default=_write_value))


def _write_value(value: Any) -> Any:
    """Return days and exact numbers as texts, as the files of a pack write them."""
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _print_plan(planned: Plan, other_town: str = "") -> None:
    words = PlanWords(planned)
    if other_town:
        message = _("这是另一个街道的数据包；本街道是%(town)s")
        click.echo(f"{REFUSED} {message % {'town': other_town}}")
    groups: dict[tuple[str, str], list[Item]] = {}
    for item in planned.items:
        groups.setdefault((item.kind, item.action), []).append(item)
    for (kind, action), items in sorted(groups.items(), key=lambda group: not _is_refused(group[1])):
        click.echo(GROUPS[action] % {"kind": name_kind(kind), "count": len(items)})
        rows = merge_alike(words, sorted(items, key=_rank))
        for item, others in rows[:LISTED]:
            _print_item(words, item, others)
        if more := sum(1 + len(others) for _item, others in rows[LISTED:]):
            click.echo(_("    还有 %(more)d 个") % {"more": more})
    _print_following(planned, words)
    _print_own(planned.own)
    counts = planned.counts
    message = _("新增 %(create)d，更改 %(change)d，停用 %(retire)d")
    click.echo(message % counts)
    if planned.blocked:
        message = _("有 %(count)d 项现在不能做（%(sign)s）：数据包不能应用")
        click.echo(message % {"count": len(planned.blocked), "sign": REFUSED}, err=True)


def _is_refused(items: list[Item]) -> bool:
    return any(item.is_blocked for item in items)


def _rank(item: Item) -> tuple[bool, bool]:
    """Return the order of an item: what is refused first, then what has consequences."""
    return (not item.is_blocked, not (item.note or item.effects))


def _print_item(words: PlanWords, item: Item, others: list[Item]) -> None:
    click.echo(f"  {SIGNS[item.action]} {item.key} {words.name_item(item)}".rstrip())
    if others:
        names = list_names([other.key for other in others], NAMED)
        click.echo(_("      同样：%(names)s") % {"names": names})
    for line in words.list_lines(item):
        click.echo(f"      {line}")
    if item.blocked:
        click.echo(f"      {REFUSED} {item.blocked}")
    for rows in item.needed_by:
        click.echo(f"          {list_names(rows.names, count=rows.count)}")
    for text in filter(None, (item.note, *item.effects)):
        click.echo(f"      {NOTICE} {text}")


def _print_following(planned: Plan, words: PlanWords) -> None:
    """Print what follows rows that are succeeded, and how much a person has to decide."""
    for line in planned.follow_lines:
        values = {
            "what": FOLLOWERS.get(line.what, line.what),
            "old": _("%(name)s（%(key)s）") % {"name": line.old_name, "key": line.old_key},
        }
        for key, count in line.moved.items():
            new = _("%(name)s（%(key)s）") % {"name": words.name_row(line.kind, key), "key": key}
            message = _("%(old)s的%(what)s %(count)d 个转到%(new)s")
            if key == line.old_key:
                message = _("%(old)s的%(what)s %(count)d 个随它转到新的区域")
            click.echo(message % {**values, "count": count, "new": new})
        if line.undecided:
            message = _("%(old)s的%(what)s %(count)d 个要由人决定")
            click.echo(f"{NOTICE} {message % {**values, 'count': line.undecided}}")


OWN_WORDS = {
    "kept": gettext_lazy("保留本街道的值"),
    "conflict": gettext_lazy("保留本街道的值，数据包后来改过"),
    "moved": gettext_lazy("数据包已经是本街道的值"),
    "orphaned": gettext_lazy("本街道的值暂不起作用，数据包里已没有这一行"),
}


def _print_own(lines: list[OwnLine]) -> None:
    """Print the values that people set on pages, which applying the pack leaves unchanged."""
    for line in lines:
        click.echo(name_subject(OWN_WORDS[line.state], f"{line.kind} {line.key} {line.name}".rstrip()))
        message = _("      %(field)s：%(value)r（数据包：%(pack)r）；%(set_by)s：%(reason)s")
        if line.state == "conflict":
            message = _(
                "      %(field)s：%(value)r（数据包：%(pack)r，原来是 %(before)r）；%(set_by)s：%(reason)s"
            )
        click.echo(
            message
            % {
                "field": line.field,
                "value": line.value,
                "pack": line.pack_now,
                "before": line.pack_value,
                "set_by": line.set_by,
                "reason": line.reason,
            }
        )
