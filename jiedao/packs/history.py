"""The archive of packs that were applied: who, when, what differs from the one before, and the files."""

import difflib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from django.utils.translation import gettext as _

from jiedao.files.models import Blob
from jiedao.files.storage import open_content, save_content
from jiedao.kernel.errors import NotFoundError, UserError
from jiedao.kernel.packs.pack import Pack
from jiedao.kernel.packs.plan import Plan
from jiedao.orgs.actor import Actor
from jiedao.packs.archives import compute_digest, read_archive, read_pack_files, write_archive
from jiedao.packs.models import AppliedPack

ZIP_TYPE = "application/zip"
MOST_LINES = 20_000  # of a file whose changed lines are compared in their order
SHOWN_LINES = 400  # of one file in a difference
SHOWN_WIDTH = 300  # characters of a line: an outline is one line of thousands


@dataclass(frozen=True)
class FileChange:
    """What differs in one file between two packs.

    Attributes:
        action: "create", "change" or "retire".
        added, removed: the number of lines.
        lines: the changed lines with their surroundings, each beginning with "+", "-", " " or "@@"; cut after 400.
        is_cut: whether lines are missing.
    """

    name: str
    action: str
    added: int
    removed: int
    lines: tuple[str, ...]
    is_cut: bool


def record_applied(pack: Pack, plan: Plan, actor: Actor, reason: str) -> AppliedPack | None:
    """Add a pack to the archive in the caller's transaction; None if it is the one that was applied last."""
    files = read_pack_files(pack.folder)
    digest = compute_digest(files)
    last = find_last()
    if last is not None and last.digest == digest and not plan.items and not plan.successions:
        return None
    known = AppliedPack.objects.filter(digest=digest).select_related("blob").first()
    return AppliedPack.objects.create(
        digest=digest,
        blob=known.blob if known is not None else _store(write_archive(files)),
        name=str(pack.about["name"]),
        version=str(pack.about["version"]),
        town=pack.town,
        counts=plan.counts,
        reason=reason,
        user_id=actor.user_id,
        actor_label=actor.label,
    )


def _store(content: bytes) -> Blob:
    blob, _created = Blob.objects.get_or_create(
        sha256=save_content(content), defaults={"size": len(content), "content_type": ZIP_TYPE}
    )
    return blob


def find_last() -> AppliedPack | None:
    """Return the pack that was applied last."""
    return AppliedPack.objects.order_by("-pk").first()


def find_before(row: AppliedPack) -> AppliedPack | None:
    """Return the pack that was applied before another one."""
    return AppliedPack.objects.filter(pk__lt=row.pk).order_by("-pk").select_related("blob").first()


def list_applied() -> list[AppliedPack]:
    """Return every pack that was applied, the last one first."""
    return list(AppliedPack.objects.select_related("blob").order_by("-pk"))


def get_applied(pk: int) -> AppliedPack:
    """Return the pack with this number in the archive; raise NotFoundError if there is none."""
    row = AppliedPack.objects.filter(pk=pk).select_related("blob").first()
    if row is None:
        raise NotFoundError(_("没有这一版数据包。"), hint=_("请从应用过的数据包里选。"))
    return row


def find_by_name(text: str) -> AppliedPack:
    """Return the pack that a command names by its number ("#3") or its version: of several, the last one applied."""
    rows = AppliedPack.objects.select_related("blob").order_by("-pk")
    number = text.removeprefix("#")
    row = rows.filter(version=text).first()
    if row is None and number.isascii() and number.isdigit():
        row = rows.filter(pk=int(number[:18])).first()
    if row is None:
        known = "、".join(f"{row.version} (#{row.pk})" for row in rows[:8])
        raise UserError(
            _("没有应用过版本 %(version)s 的数据包。") % {"version": text},
            hint=_("应用过的：%(known)s") % {"known": known or "—"},
        )
    return row


def read_content(row: AppliedPack) -> bytes:
    """Return the .zip file of a pack; raise UserError if its content is missing."""
    try:
        with open_content(row.blob.sha256) as file:
            return file.read()
    except FileNotFoundError as fault:
        raise UserError(
            _("这一版数据包的文件不在磁盘上。"), hint=_("请从备份恢复 %(name)s。") % {"name": row.blob.sha256}
        ) from fault


def export_pack(row: AppliedPack, target: Path) -> int:
    """Write the files of a pack to a new or empty folder and return their number; raise UserError for another one."""
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise UserError(
            _("%(target)s 已经存在，而且不是空的。") % {"target": target}, hint=_("请写一个新文件夹。")
        )
    files = read_archive(read_content(row))
    for name, content in files.items():
        path = target / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return len(files)


def compare_with_before(row: AppliedPack) -> list[FileChange]:
    """Return what differs from the pack that was applied before; of the first one, nothing."""
    before = find_before(row)
    if before is None or before.digest == row.digest:
        return []
    return compare_files(read_archive(read_content(before)), read_archive(read_content(row)))


def compare_files(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> list[FileChange]:
    """Return the files that differ, by name, each with its changed lines."""
    return [
        _compare_file(name, before.get(name), after.get(name))
        for name in sorted({*before, *after})
        if before.get(name) != after.get(name)
    ]


def _compare_file(name: str, before: bytes | None, after: bytes | None) -> FileChange:
    old, new = _split_lines(before), _split_lines(after)
    action = "create" if before is None else "retire" if after is None else "change"
    added = sum((Counter(new) - Counter(old)).values())
    removed = sum((Counter(old) - Counter(new)).values())
    lines: list[str] = []
    if action == "change" and max(len(old), len(new)) <= MOST_LINES:
        marked = difflib.unified_diff(old, new, lineterm="", n=1)
        lines = [line for line in marked if not line.startswith(("---", "+++"))]
    shown = tuple(
        line if len(line) <= SHOWN_WIDTH else f"{line[:SHOWN_WIDTH]}…" for line in lines[:SHOWN_LINES]
    )
    is_cut = len(lines) > SHOWN_LINES or (action == "change" and not lines)
    return FileChange(name, action, added, removed, shown, is_cut)


def _split_lines(content: bytes | None) -> list[str]:
    return (content or b"").decode("utf-8-sig", "replace").splitlines()
