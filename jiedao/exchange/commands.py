"""The command `jiedao import`."""

import json
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from django.utils.translation import gettext as _
from tqdm import tqdm

from jiedao.cases import catalogue
from jiedao.cases.models import Channel
from jiedao.exchange.account import Account
from jiedao.exchange.batches import count_cases, list_imports
from jiedao.exchange.message_template import write_message_template
from jiedao.exchange.messages import (
    MessageCheck,
    Sample,
    check_messages,
    import_messages,
    write_refused_messages,
)
from jiedao.exchange.models import MessageImport
from jiedao.exchange.undoing import describe_undo, plan_undo, undo_import
from jiedao.kernel import clock
from jiedao.kernel.errors import UserError
from jiedao.kernel.tables.passed_over import Note, PassedOver
from jiedao.kernel.tables.reading import WrongSheetError
from jiedao.kernel.tables.rows import join_words
from jiedao.orgs.actor import Actor, make_system_actor
from jiedao.places.selectors import area_text
from jiedao.registers.access import get_register
from jiedao.registers.catalogue import register_by_id
from jiedao.registers.importing.account import SheetAccount
from jiedao.registers.importing.actions import (
    SheetFile,
    check_sheet,
    import_sheet,
    write_refused_sheet,
)
from jiedao.registers.importing.undoing import (
    list_register_imports,
    plan_register_undo,
    undo_register_import,
)
from jiedao.registers.models import RegisterImport
from jiedao.registers.sheets.template import write_template

MAX_SHOWN = 20
DOUBLES_HELP = (
    "Import messages too that are cases already from another source (with the same number and time)."
)
REFUSED_HELP = "Write the refused rows and the reason of each to this .xlsx or .csv file."
REFUSED_REGISTER_HELP = (
    "If there is a fault, write all rows, with the reason beside each faulty one, to this .xlsx or .csv file."
)


class _Bar:
    """A progress bar on standard error; its total is an estimate and is corrected at the end."""

    def __init__(self) -> None:
        self._bar = tqdm(unit=" rows", file=sys.stderr, disable=None)

    def __call__(self, done: int, total: int | None) -> None:
        self._bar.total = max(total or 0, done) or None
        self._bar.update(done - self._bar.n)

    def close(self) -> None:
        self._bar.total = self._bar.n
        self._bar.close()


def _print_notes(notes: list[Note], passed_over: PassedOver) -> None:
    for note in notes[:MAX_SHOWN]:
        click.echo(f"{note.text}（{note.count}）", err=True)
    if passed_over.other_sheets:
        click.echo(_("要导入另一张工作表，请再运行一次并加上 --sheet 名称。"), err=True)


@contextmanager
def _name_sheet_option() -> Iterator[None]:
    """Add the option that chooses another sheet to the hint of an error."""
    try:
        yield
    except WrongSheetError as fault:
        raise UserError(fault.message, hint=_("%(hint)s（--sheet 名称）") % {"hint": fault.hint}) from fault


def _print_refused(path: Path, count: int) -> None:
    values = {"count": count, "path": path}
    click.echo(_("有错的 %(count)d 行和原因在“%(path)s”里，改好后可以直接导入。") % values, err=True)


def _print_account(account: Account) -> None:
    """Print errors, notes and the reason of a stop to standard error."""
    for error in account.errors[:MAX_SHOWN]:
        click.echo(str(error), err=True)
    if account.refused > MAX_SHOWN:
        more = _("另有 %(count)d 行没有导入；用 --json 看全部。") % {"count": account.refused - MAX_SHOWN}
        click.echo(more, err=True)
    _print_notes(account.list_notes(), account.passed_over)
    if account.stopped:
        click.echo(account.stopped, err=True)


@click.group("import")
def import_group() -> None:
    """Import files of other systems."""


@import_group.command("messages")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--mapping", type=click.Path(path_type=Path), help="A TOML file that states what the columns mean."
)
@click.option(
    "--channel",
    type=click.Choice(Channel.values, case_sensitive=False),
    help="How the messages came in, where the file does not say.  [default: WEB]",
)
@click.option("--sheet", help="Which sheet of a workbook.  [default: the first visible one]")
@click.option("--dry-run", is_flag=True, help="State what would be created, and write nothing.")
@click.option("--allow-doubles", is_flag=True, help=DOUBLES_HELP)
@click.option("--refused", type=click.Path(path_type=Path), help=REFUSED_HELP)
@click.option("--json", "as_json", is_flag=True, help="Print the account as one JSON document.")
def messages(  # noqa: PLR0917 (click gives every option by name)
    file: Path,
    mapping: Path | None,
    channel: str | None,
    sheet: str | None,
    dry_run: bool,
    allow_doubles: bool,
    refused: Path | None,
    as_json: bool,
) -> None:
    """File the messages of FILE (.xlsx, .csv) as cases.

    Importing a file again changes nothing, and an import that was interrupted continues. A row that cannot be imported
    is reported with its number and reason; the others are imported. Messages that are cases already from another
    source are refused before anything is written. Exit code 0: the file was read to its end and at least one row was
    accepted; 1: not; 2: wrong use.
    """
    actor, bar = make_system_actor(_("批量导入")), _Bar()
    check = None
    try:
        with _name_sheet_option():
            if dry_run:
                check = check_messages(actor, file, mapping, channel, sheet=sheet)
                account = check.account
            else:
                account = import_messages(
                    actor, file, mapping, channel, bar, sheet=sheet, allow_doubles=allow_doubles
                )
    finally:
        bar.close()
    _print_account(account)
    if as_json:
        document = account.as_json() | ({"samples": _list_samples(check)} if check is not None else {})
        click.echo(json.dumps(document, ensure_ascii=False, default=str))
    elif check is not None:
        _print_check(check)
    else:
        click.echo(
            _("读 %(read)d 条，新建 %(created)d 条，已有 %(existing)d 条，未导入 %(refused)d 条。")
            % account.counts()
        )
        text = _("导入号 %(id)d；没有人办理之前可以整批撤销：jiedao import undo %(id)d")
        click.echo(text % {"id": account.import_id}, err=True)
    if refused is not None and account.refused:
        _print_refused(refused, write_refused_messages(account, file, refused, sheet=sheet))
    if not account.complete or (account.doubles.count and not allow_doubles):
        sys.exit(1)


def _list_samples(check: MessageCheck) -> list[dict[str, Any]]:
    return [
        vars(sample) | {"category": _name_category(sample), "area": area_text(sample.area_path)}
        for sample in check.samples
    ]


def _name_category(sample: Sample) -> str:
    info = catalogue.category_info(sample.category_id or sample.suggested_id)
    return str(info.label) if info is not None else ""


def _print_check(check: MessageCheck) -> None:
    """Print what an import would do, to standard output."""
    account, foresight = check.account, check.account.foresight
    for sample in check.samples:
        state = _("新建") if sample.is_new else _("已有")
        category = _name_category(sample)
        parts = [sample.number, state, sample.subject, area_text(sample.area_path) or sample.place]
        if category:
            parts.append(category if sample.category_id else _("建议 %(name)s") % {"name": category})
        click.echo(f"{sample.row}\t" + " | ".join(part for part in parts if part))
    click.echo(
        _("读 %(read)d 条：会新建 %(created)d 条，已有 %(existing)d 条，不能导入 %(refused)d 条。")
        % account.counts()
    )
    if account.answered:
        click.echo(_("已有的案件里，会按答复办结 %(count)d 件。") % {"count": account.answered})
    if foresight is not None and account.created:
        click.echo(
            _("类别：文件写明 %(given)d，可以建议 %(suggested)d，没有 %(no_category)d。") % vars(foresight)
        )
        click.echo(
            _("地点：归入网格或社区 %(placed)d，在辖区之外 %(outside)d，没有认出 %(no_place)d。")
            % vars(foresight)
        )
    if account.doubles.count:
        click.echo(account.doubles.describe())
        for double in account.doubles.examples:
            click.echo(f"  {double}")
        click.echo(account.doubles.suggest())
    click.echo(_("只是检查，没有写入任何内容。"))


@import_group.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print the imports as one JSON document.")
def list_batches(as_json: bool) -> None:
    """List the imports of messages, and those into registers (R1, R2, ...): who, when, file, counts, ended or undone.

    An import of messages without an end was interrupted (or still runs): import the same file again to continue it.
    """
    rows, sheets = list_imports(), list_register_imports(make_system_actor())
    if as_json:
        batches = [*(_describe_batch(row) for row in rows), *(_describe_sheet_batch(row) for row in sheets)]
        click.echo(json.dumps(batches, ensure_ascii=False, default=str))
        return
    if not rows and not sheets:
        click.echo(_("还没有导入过。"))
    for sheet in sheets:
        click.echo(_format_sheet_batch(sheet))
    for row in rows:
        line = _describe_batch(row)
        at = f"{row.started_at.astimezone(clock.TOWN_TZ):%Y-%m-%d %H:%M}"
        counts = _("在案 %(cases)d 件，已有 %(existing)d，未导入 %(refused)d") % line
        click.echo(f"{row.pk}\t{at}\t{row.actor_label}\t{row.file_name}\t{counts}\t{_name_state(row)}")


def _name_state(row: MessageImport) -> str:
    if row.undone_at is not None:
        values = {"removed": row.removed, "by": row.undone_by}
        return _("已撤销 %(removed)d 件（%(by)s）") % values
    if row.finished_at is None:
        return _("没有导完：再导入同一份文件就会接着导")
    return row.stopped or _("已完成")


def _describe_batch(row: MessageImport) -> dict[str, Any]:
    names = ("file_name", "sha256", "sheet", "channel", "source", "actor_label", "started_at", "finished_at")
    counts = (
        "read",
        "created",
        "existing",
        "answered",
        "refused",
        "stopped",
        "undone_at",
        "undone_by",
        "removed",
    )
    columns = {name: getattr(row, name) for name in (*names, *counts)}
    return {"id": row.pk, **columns, "cases": count_cases(row.pk)}


def _describe_sheet_batch(row: RegisterImport) -> dict[str, Any]:
    info = register_by_id(row.register_id)
    names = ("file_name", "sha256", "sheet", "actor_label", "at", "read", "created", "changed", "existing")
    undone = ("undone_at", "undone_by", "removed", "restored")
    columns = {name: getattr(row, name) for name in (*names, *undone)}
    return {"id": f"R{row.pk}", "register": info.key if info is not None else "", **columns}


def _format_sheet_batch(row: RegisterImport) -> str:
    info = register_by_id(row.register_id)
    counts = _("新建 %(created)d 条，改动 %(changed)d 条，不变 %(existing)d 条") % vars(row)
    state = _("已完成")
    if row.undone_at is not None:
        state = _("已撤销：删除 %(removed)d 条，还原 %(restored)d 条（%(undone_by)s）") % vars(row)
    at = f"{row.at.astimezone(clock.TOWN_TZ):%Y-%m-%d %H:%M}"
    label = info.label if info is not None else ""
    return f"R{row.pk}\t{at}\t{row.actor_label}\t{row.file_name}\t{label}\t{counts}\t{state}"


class _BatchId(click.ParamType[tuple[bool, int]]):
    """The ID of an import: a number for messages, R and a number for a register."""

    name = "ID"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return whether it is an import into a register, and its number."""
        match = re.fullmatch(r"([Rr]?)([0-9]{1,9})", str(value))
        if match is None:
            self.fail(f"{value!r} is no ID of `jiedao import list`, such as 12 or R12.", param, ctx)
        return bool(match[1]), int(match[2])


@import_group.command("undo")
@click.argument("batch", metavar="ID", type=_BatchId())
@click.option("--untouched", is_flag=True, help="Undo only what nobody has worked on or changed since.")
@click.option("--dry-run", is_flag=True, help="State what would be undone, and write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as one JSON document.")
def undo(batch: tuple[bool, int], untouched: bool, dry_run: bool, as_json: bool) -> None:
    """Undo an import; `jiedao import list` has the IDs, such as 12 for messages and R12 for a register.

    Messages: their cases are removed. Refuses if a user has worked on one of them, and names these. Cases that were
    there before and that the file has closed stay closed. Registers: new records are removed, changed ones return to
    their state before. Refuses if one of them was changed or used since, and names these. Exit code 0: undone, or could
    be; 1: refused.
    """
    is_register, import_id = batch
    actor = make_system_actor(_("批量导入"))
    if is_register:
        _undo_sheet(actor, import_id, untouched=untouched, dry_run=dry_run, as_json=as_json)
        return
    if dry_run:
        plan = plan_undo(actor, import_id)
        if as_json:
            click.echo(json.dumps(plan.as_json(), ensure_ascii=False))
        else:
            for case in plan.touched[:MAX_SHOWN]:
                click.echo(str(case))
            values = {"removable": len(plan.removable), "touched": len(plan.touched)}
            click.echo(_("可以撤销 %(removable)d 件，已有人办过 %(touched)d 件。没有写入任何内容。") % values)
        if plan.touched and not untouched:
            sys.exit(1)
        return
    result = undo_import(actor=actor, import_id=import_id, only_untouched=untouched)
    if as_json:
        click.echo(json.dumps(vars(result), ensure_ascii=False))
        return
    click.echo(describe_undo(result))


def _undo_sheet(actor: Actor, import_id: int, *, untouched: bool, dry_run: bool, as_json: bool) -> None:
    if dry_run:
        plan = plan_register_undo(actor, import_id)
        if as_json:
            click.echo(json.dumps(plan.as_json(), ensure_ascii=False))
        else:
            for record in plan.kept[:MAX_SHOWN]:
                click.echo(str(record))
            values = {
                "removable": len(plan.removable),
                "restorable": len(plan.restorable),
                "kept": len(plan.kept),
            }
            text = _("可以删除 %(removable)d 条，还原 %(restorable)d 条，不能还原 %(kept)d 条。")
            click.echo(text % values + _("没有写入任何内容。"))
        if plan.kept and not untouched:
            sys.exit(1)
        return
    result = undo_register_import(actor=actor, import_id=import_id, only_untouched=untouched)
    click.echo(json.dumps(result.as_json(), ensure_ascii=False) if as_json else result.describe())


def _print_sheet_account(account: SheetAccount) -> None:
    for error in account.errors[:MAX_SHOWN]:
        click.echo(str(error), err=True)
    if account.faults > MAX_SHOWN:
        more = _("另有 %(count)d 处；用 --json 看全部。") % {"count": account.faults - MAX_SHOWN}
        click.echo(more, err=True)
    for change in account.changes[:MAX_SHOWN]:
        text = _("第 %(row)d 行：%(code)s 改动 %(fields)s")
        values = {"row": change.row, "code": change.code, "fields": join_words(change.fields)}
        click.echo(text % values, err=True)
    _print_notes(account.passed_over.list_notes(), account.passed_over)


@import_group.command("register")
@click.argument("key")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--sheet", help="Which sheet of a workbook.  [default: the first visible one]")
@click.option("--dry-run", is_flag=True, help="Say what would be created and changed; write nothing.")
@click.option("--refused", type=click.Path(path_type=Path), help=REFUSED_REGISTER_HELP)
@click.option("--json", "as_json", is_flag=True, help="Print the account as one JSON document.")
def register(  # noqa: PLR0917
    key: str, file: Path, sheet: str | None, dry_run: bool, refused: Path | None, as_json: bool
) -> None:
    """Import FILE (.xlsx, .csv) into the register KEY.

    The complete sheet is checked before anything is written; with a single fault nothing is. A row whose code is known
    changes that record where a cell differs; an empty cell leaves the stored value unchanged. Importing a file again
    changes nothing. Exit code 0: the sheet has no fault; 1: it has; 2: wrong use.
    """
    actor, source, bar = make_system_actor(_("批量导入")), SheetFile(file, sheet), _Bar()
    info = get_register(actor, key)
    try:
        with _name_sheet_option():
            if dry_run:
                account = check_sheet(actor, info, source, bar)
            else:
                account = import_sheet(actor=actor, info=info, file=source, progress=bar)
    finally:
        bar.close()
    _print_sheet_account(account)
    if as_json:
        click.echo(json.dumps(account.as_json(), ensure_ascii=False))
    else:
        text = _(
            "读 %(read)d 行，新建 %(created)d 条，改动 %(changed)d 条，不变 %(existing)d 条，有错 %(refused)d 行。"
        )
        ending = _("已写入。") if account.written else _("没有写入任何内容。")
        click.echo(text % account.counts() + ending)
    if refused is not None and account.faults:
        _print_refused(refused, write_refused_sheet(source, account, refused))
    if not account.sound:
        sys.exit(1)


@import_group.command("template")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--register", "key", help="The template of this register.  [default: of messages]")
def template(file: Path, key: str | None) -> None:
    """Write the workbook FILE, to be filled in and imported: of messages, or of a register."""
    if file.suffix.lower() != ".xlsx":
        raise UserError(_("模板是 .xlsx 工作簿。"), hint=_("请给文件取一个以 .xlsx 结尾的名字。"))
    if key is None:
        write_message_template(file)
    else:
        write_template(get_register(make_system_actor(), key), file)
    click.echo(_("模板在“%(path)s”里。") % {"path": file})
