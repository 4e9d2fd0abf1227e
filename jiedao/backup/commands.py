"""The commands `jiedao backup` and `jiedao restore`."""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from django.utils.translation import gettext as _
from tqdm import tqdm

from jiedao.backup.making import make_backup
from jiedao.backup.manifest import Progress
from jiedao.backup.restoring import restore_backup
from jiedao.kernel.errors import UserError

FOLDER = click.argument("folder", type=click.Path(path_type=Path), metavar="DIR")
JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")


@contextmanager
def bar(name: str) -> Iterator[Progress]:
    """Show the bytes done on standard error, and turn a fault of the disk into a refusal."""
    os.umask(0o077)
    shown = tqdm(desc=name, unit="B", unit_scale=True, unit_divisor=1024, file=sys.stderr, disable=None)
    try:
        with shown:
            yield shown.update
    except OSError as fault:
        raise UserError(
            f"{fault.filename or ''} {fault.strerror or fault}".strip(),
            hint=_("请检查磁盘空间和读写权限，再试一次。"),
        ) from fault


@click.command()
@FOLDER
@JSON
def backup(folder: Path, as_json: bool) -> None:
    """Write a backup of the whole office to DIR, a new folder, while the office runs.

    It holds the database of one moment, the attachments and the trained models, with a digest of each. The keys are
    left out: keep secret_key and field_key elsewhere. Exit code 1 also when an attachment is missing or damaged.
    """
    with bar("backup") as progress:
        made = make_backup(folder.absolute(), progress)
    if as_json:
        told = {
            "folder": str(folder.absolute()),
            "made_at": made.made_at,
            "database": made.vendor,
            "files": len(made.files),
            "bytes": made.size,
            "cases": made.counts.get("cases_case", 0),
            "audit_head": made.head,
            "keys": False,
            "missing": made.missing,
        }
        click.echo(json.dumps(told, ensure_ascii=False))
    size = {"files": len(made.files), "mb": made.size / 1e6, "folder": folder}
    click.echo(_("备份已做成：%(folder)s，%(files)d 个文件，%(mb).1f MB。") % size, err=True)
    click.echo(_("密钥不在备份里，请另行保存：没有字段密钥，反映人的姓名和电话读不出来。"), err=True)
    if made.missing:
        raise UserError(
            _("备份本身可用，但有 %(n)d 个附件已丢失或损坏，如 %(first)s。")
            % {"n": len(made.missing), "first": made.missing[0]},
            hint=_("请从较早的备份把它们放回 JIEDAO_DATA/files；全部编号见 manifest.json 的 missing。"),
        )


@click.command()
@FOLDER
@click.option("--yes", is_flag=True, help="Replace the data that are there.")
@click.option("--other-key", is_flag=True, help="Go on though the field key is another one.")
@JSON
def restore(folder: Path, yes: bool, other_key: bool, as_json: bool) -> None:
    """Put the backup in DIR back. Stop `jiedao serve` and `jiedao worker` first.

    Every file is checked before anything is touched; then the database is replaced in one step, brought to this
    version, and its audit chain verified. Exit code 1 also when the chain is not intact.
    """
    with bar("restore") as progress:
        done = restore_backup(folder.absolute(), overwrite=yes, other_key=other_key, progress=progress)
    if as_json:
        told = {
            "folder": str(folder.absolute()),
            "made_at": done.manifest.made_at,
            "files": len(done.manifest.files),
            "bytes": done.manifest.size,
            "kept": str(done.kept) if done.kept else None,
            "audit": done.audit,
        }
        click.echo(json.dumps(told, ensure_ascii=False))
    click.echo(_("已恢复 %(made_at)s 的备份。") % {"made_at": done.manifest.made_at}, err=True)
    if done.kept:
        click.echo(_("原来的数据库留在 %(kept)s，不需要时请删除。") % {"kept": done.kept}, err=True)
    if not done.audit["intact"]:
        raise UserError(
            _("数据已恢复，但审计链有 %(n)d 处错误。") % {"n": len(done.audit["faults"])},
            hint=_("这些错误做备份时就有。运行 jiedao audit verify 查看，并报告审计人员。"),
        )
