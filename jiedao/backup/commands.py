"""The commands `jiedao backup` and `jiedao restore`."""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from django.utils.translation import gettext as _
from tqdm import tqdm

from jiedao.backup.making import make_backup
from jiedao.backup.manifest import Progress
from jiedao.backup.restoring import restore_backup
from jiedao.kernel.backup_note import BackupNote, write_backup_note
from jiedao.kernel.errors import UserError

FOLDER = click.argument("folder", type=click.Path(path_type=Path), metavar="DIR")
JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")


@contextmanager
def show_progress_bar(name: str) -> Iterator[Progress]:
    """Show the progress in bytes on standard error, and report errors of the disk as UserError."""
    os.umask(0o077)
    bar = tqdm(desc=name, unit="B", unit_scale=True, unit_divisor=1024, file=sys.stderr, disable=None)
    try:
        with bar:
            yield bar.update
    except OSError as fault:
        raise UserError(
            f"{fault.filename or ''} {fault.strerror or fault}".strip(),
            hint=_("请检查磁盘空间和读写权限，再试一次。"),
        ) from fault


@click.command()
@FOLDER
@JSON
def backup(folder: Path, as_json: bool) -> None:
    """Write a backup of the complete office to DIR, a new folder, while the office runs.

    It holds the database of one moment, the attachments and the trained models, with a digest of each. The keys are
    left out: keep secret_key and field_key elsewhere. Exit code 1 also when an attachment is missing or damaged.
    """
    with show_progress_bar("backup") as progress:
        manifest = make_backup(folder.absolute(), progress)
        note = BackupNote(manifest.made_at, str(folder.absolute()), manifest.size, len(manifest.missing))
        write_backup_note(note)
    if as_json:
        document = {
            "folder": str(folder.absolute()),
            "made_at": manifest.made_at,
            "database": manifest.vendor,
            "files": len(manifest.files),
            "bytes": manifest.size,
            "cases": manifest.counts.get("cases_case", 0),
            "audit_head": manifest.head,
            "keys": False,
            "missing": manifest.missing,
        }
        click.echo(json.dumps(document, ensure_ascii=False))
    size = {"files": len(manifest.files), "mb": manifest.size / 1e6, "folder": folder}
    click.echo(_("备份已做成：%(folder)s，%(files)d 个文件，%(mb).1f MB。") % size, err=True)
    click.echo(_("密钥不在备份里，请另行保存：没有字段密钥，反映人的姓名和电话读不出来。"), err=True)
    if manifest.missing:
        raise UserError(
            _("备份本身可用，但有 %(n)d 个附件已丢失或损坏，如 %(first)s。")
            % {"n": len(manifest.missing), "first": manifest.missing[0]},
            hint=_("请从较早的备份把它们放回 JIEDAO_DATA/files；全部编号见 manifest.json 的 missing。"),
        )


@click.command()
@FOLDER
@click.option("--yes", is_flag=True, help="Replace the data that are there.")
@click.option("--other-key", is_flag=True, help="Go on though the field key is another one.")
@click.option("--keep-tokens", is_flag=True, help="Keep the API tokens of the backup in force.")
@JSON
def restore(folder: Path, yes: bool, other_key: bool, keep_tokens: bool, as_json: bool) -> None:
    """Restore the backup in DIR. Stop `jiedao serve` and `jiedao worker` first.

    Every file is checked before anything is touched; then the database is replaced in one step, brought to this
    version, and its audit chain verified. All sessions end, and API tokens are revoked, since those that were revoked
    after the backup would work again. Exit code 1 also when the chain is not intact.
    """
    with show_progress_bar("restore") as progress:
        outcome = restore_backup(
            folder.absolute(),
            overwrite=yes,
            other_key=other_key,
            keep_tokens=keep_tokens,
            progress=progress,
        )
    if as_json:
        document = {
            "folder": str(folder.absolute()),
            "made_at": outcome.manifest.made_at,
            "files": len(outcome.manifest.files),
            "bytes": outcome.manifest.size,
            "kept": str(outcome.former) if outcome.former else None,
            "audit": outcome.audit,
            "access": outcome.access,
        }
        click.echo(json.dumps(document, ensure_ascii=False))
    click.echo(_("已恢复 %(made_at)s 的备份。") % {"made_at": outcome.manifest.made_at}, err=True)
    if outcome.former:
        click.echo(_("原来的数据库留在 %(kept)s，不需要时请删除。") % {"kept": outcome.former}, err=True)
    describe_access(outcome.access)
    if not outcome.audit["intact"]:
        raise UserError(
            _("数据已恢复，但审计链有 %(n)d 处错误。") % {"n": len(outcome.audit["faults"])},
            hint=_("这些错误做备份时就有。运行 jiedao audit verify 查看，并报告审计人员。"),
        )


def describe_access(access: dict[str, Any]) -> None:
    """State on standard error which sessions and tokens were ended."""
    click.echo(_("已结束 %(n)d 个登录，所有人须重新登录。") % {"n": access["sessions"]}, err=True)
    if not access["tokens"]:
        return
    text = (
        _("已作废 %(n)d 个接口令牌，请重新发放：")
        if access["revoked"]
        else _("%(n)d 个接口令牌仍然有效，备份之后作废的也在内，请核对：")
    )
    click.echo(text % {"n": len(access["tokens"])}, err=True)
    for token in access["tokens"]:
        click.echo(f"  {token['id']}\t{token['username']}\t{token['name']}", err=True)
