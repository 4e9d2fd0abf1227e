"""The command `jiedao import`."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from django.utils.translation import gettext as _
from tqdm import tqdm

from jiedao.cases.models import Channel
from jiedao.exchange.account import Account
from jiedao.exchange.message_template import write_message_template
from jiedao.exchange.messages import import_messages, write_refused_messages
from jiedao.kernel.errors import UserError
from jiedao.kernel.tables.passed_over import Note, PassedOver
from jiedao.kernel.tables.reading import WrongSheetError
from jiedao.kernel.tables.rows import join_words
from jiedao.orgs.actor import make_system_actor
from jiedao.registers.access import get_register
from jiedao.registers.importing.account import SheetAccount
from jiedao.registers.importing.actions import (
    SheetFile,
    check_sheet,
    import_sheet,
    write_refused_sheet,
)
from jiedao.registers.sheets.template import write_template

MAX_SHOWN = 20
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
@click.option("--refused", type=click.Path(path_type=Path), help=REFUSED_HELP)
@click.option("--json", "as_json", is_flag=True, help="Print the account as one JSON document.")
def messages(  # noqa: PLR0917 (click gives every option by name)
    file: Path,
    mapping: Path | None,
    channel: str | None,
    sheet: str | None,
    refused: Path | None,
    as_json: bool,
) -> None:
    """File the messages of FILE (.xlsx, .csv) as cases.

    Importing a file again changes nothing. A row that cannot be imported is reported with its number and reason;
    the others are imported. Exit code 0: the file was read to its end and at least one row was accepted; 1: not;
    2: wrong use.
    """
    bar = _Bar()
    try:
        with _name_sheet_option():
            account = import_messages(
                make_system_actor(_("批量导入")), file, mapping, channel, bar, sheet=sheet
            )
    finally:
        bar.close()
    _print_account(account)
    if as_json:
        click.echo(json.dumps(account.as_json(), ensure_ascii=False))
    else:
        click.echo(
            _("读 %(read)d 条，新建 %(created)d 条，已有 %(existing)d 条，未导入 %(refused)d 条。")
            % account.counts()
        )
    if refused is not None and account.refused:
        _print_refused(refused, write_refused_messages(account, file, refused, sheet=sheet))
    if not account.complete:
        sys.exit(1)


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
