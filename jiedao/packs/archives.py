"""Packs as .zip files: open one that a person sent, and make one of a folder."""

import hashlib
import io
import stat
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from django.utils.translation import gettext as _

from jiedao.kernel.errors import UserError
from jiedao.kernel.packs.pack import IGNORED_FILES

PACK_FILE, DEMO_FOLDER = "pack.toml", "demo"
SUFFIXES = {".toml", ".csv", ".geojson", ".txt", ".md"}
MAX_ARCHIVE_BYTES = 20_000_000  # as it is sent; Buji has 300 kB
MAX_TOTAL_BYTES = 60_000_000  # unpacked; the program reads not more than 20 MB of a file
MAX_MEMBERS = 2_000
CHUNK = 1 << 16
UNREADABLE = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    zlib.error,
    NotImplementedError,  # a method of compression that is not built in
    EOFError,
    OSError,
    RuntimeError,
)
JUNK_FOLDER, JUNK_FILES = "__MACOSX", {"thumbs.db", "desktop.ini"}  # what macOS and Windows add
UTF8_FLAG, ENCRYPTED_FLAG = 0x800, 0x1
FIXED_TIME = (2020, 1, 1, 0, 0, 0)  # the same files make the same archive, whenever it is made


@contextmanager
def open_pack_archive(source: Path | bytes, *, needs_pack_file: bool = True) -> Iterator[Path]:
    """Unpack a .zip file of a pack into a temporary folder, yield the folder of the pack, and remove it afterwards.

    The files may lie in the archive itself or in one folder of it, as archivers make it of a folder.

    Args:
        needs_pack_file: refuse an archive without pack.toml; otherwise a check states what is missing.

    Raises:
        UserError: it is no .zip file, is damaged or encrypted, is too large, contains no pack or several ones, or a
            name that leads out of the folder.
    """
    size = source.stat().st_size if isinstance(source, Path) else len(source)
    if size > MAX_ARCHIVE_BYTES:
        raise UserError(
            _("压缩包超过 %(most)d MB。") % {"most": MAX_ARCHIVE_BYTES // 1_000_000},
            hint=_("数据包只放 TOML、CSV 和 GeoJSON 文件；图片、旧版本和其他资料请拿出来。"),
            field="file",
        )
    with tempfile.TemporaryDirectory(prefix="jiedao-pack-") as name:
        folder = Path(name) / "pack"
        folder.mkdir()
        try:
            with zipfile.ZipFile(io.BytesIO(source) if isinstance(source, bytes) else source) as archive:
                _unpack(archive, folder, needs_pack_file=needs_pack_file)
        except UNREADABLE as fault:
            raise UserError(
                _("这不是能打开的 zip 文件。"),
                hint=_(
                    "它可能不是完好的。请把数据包的文件夹压缩成 .zip（不是 .rar、.7z），不设密码，再试一次。"
                ),
                field="file",
            ) from fault
        yield folder


def _unpack(archive: zipfile.ZipFile, folder: Path, *, needs_pack_file: bool) -> None:
    infos = archive.infolist()
    if len(infos) > MAX_MEMBERS:
        raise _make_too_large()
    members: dict[str, zipfile.ZipInfo] = {}
    folded_names: set[str] = set()
    for info in infos:
        name = _read_name(info)
        path = PurePosixPath(name)
        _refuse_dangerous(info, name)
        if info.is_dir() or _is_junk(path):
            continue
        if name.casefold() in folded_names:
            raise UserError(
                _("压缩包里有两个 %(name)s，不知道该用哪个。") % {"name": name[:80]},
                hint=_("请重新压缩数据包的文件夹。"),
                field="file",
            )
        folded_names.add(name.casefold())
        members[name] = info
    root = _find_root(list(members), needs_pack_file=needs_pack_file)
    written = 0
    for name, info in members.items():
        if not name.startswith(root):
            continue
        target = folder / name[len(root) :]
        target.parent.mkdir(parents=True, exist_ok=True)
        with archive.open(info) as packed, target.open("wb") as file:
            while chunk := packed.read(CHUNK):
                written += len(chunk)  # what is really there: the header of a bomb states little
                if written > MAX_TOTAL_BYTES:
                    raise _make_too_large()
                file.write(chunk)


def _read_name(info: zipfile.ZipInfo) -> str:
    """Return the name of a member; Chinese archivers write it in GBK without stating so."""
    name = info.filename
    if not info.flag_bits & UTF8_FLAG:
        raw = name.encode("cp437", "replace")
        for encoding in ("utf-8", "gb18030"):
            try:
                name = raw.decode(encoding)
                break
            except UnicodeDecodeError:
                continue
    return name.replace("\\", "/")


def _is_junk(path: PurePosixPath) -> bool:
    return JUNK_FOLDER in path.parts or path.name.startswith(".") or path.name.casefold() in JUNK_FILES


def _refuse_dangerous(info: zipfile.ZipInfo, name: str) -> None:
    path = PurePosixPath(name)
    # Without the folder of the pack, "town//etc/x" is the absolute path /etc/x.
    leads_out = path.is_absolute() or ".." in path.parts or "//" in name or ":" in name
    if leads_out or "\0" in info.orig_filename:
        raise UserError(
            _("压缩包里有不安全的文件名，指到文件夹以外：%(name)s。") % {"name": str(path)[:80]},
            hint=_("请重新压缩数据包的文件夹。"),
            field="file",
        )
    if info.flag_bits & ENCRYPTED_FLAG:
        raise UserError(_("压缩包设了密码。"), hint=_("请不设密码再压缩一次。"), field="file")
    if stat.S_ISLNK(info.external_attr >> 16):
        raise UserError(
            _("压缩包里的 %(name)s 是链接，不是文件。") % {"name": str(path)[:80]},
            hint=_("请放入文件本身，再压缩一次。"),
            field="file",
        )


def _find_root(names: list[str], *, needs_pack_file: bool) -> str:
    """Return the folder in the archive that holds the pack, with its slash; "" where the archive itself holds it."""
    if not names:
        raise UserError(_("压缩包是空的。"), hint=_("请重新压缩数据包的文件夹。"), field="file")
    roots = sorted({name[: -len(PACK_FILE)] for name in names if PurePosixPath(name).name == PACK_FILE})
    if "" in roots:
        return ""
    if not roots and not needs_pack_file:
        tops = {name.partition("/")[0] for name in names}
        return f"{tops.pop()}/" if len(tops) == 1 and all("/" in name for name in names) else ""
    if not roots:
        raise UserError(
            _("压缩包里没有 %(file)s，不是数据包。") % {"file": PACK_FILE},
            hint=_("请压缩放着 %(file)s 的那个文件夹。") % {"file": PACK_FILE},
            field="file",
        )
    if len(roots) > 1:
        folders = "、".join(root.rstrip("/") for root in roots[:4])
        raise UserError(
            _("压缩包里有 %(n)d 个数据包：%(folders)s。") % {"n": len(roots), "folders": folders},
            hint=_("请只压缩其中一个文件夹。"),
            field="file",
        )
    return roots[0]


def _make_too_large() -> UserError:
    return UserError(
        _("压缩包解开后太大了：最多 %(most)d MB、%(files)d 个文件。")
        % {"most": MAX_TOTAL_BYTES // 1_000_000, "files": MAX_MEMBERS},
        hint=_("数据包只放 TOML、CSV 和 GeoJSON 文件；图片、旧版本和其他资料请拿出来。"),
        field="file",
    )


# -- making archives ---------------------------------------------------------------------------------------------------


def read_pack_files(folder: Path) -> dict[str, bytes]:
    """Return the contents of the files of a pack by name, without the data of demonstrations.

    Raise UserError if they are more than an archive may hold.
    """
    paths = [
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.is_symlink() and _is_pack_file(path.relative_to(folder))
    ]
    if len(paths) > MAX_MEMBERS or sum(path.stat().st_size for path in paths) > MAX_TOTAL_BYTES:
        raise _make_too_large()
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def _is_pack_file(path: Path) -> bool:
    """Return whether a file belongs to a pack: what rooms read, whichever they are, and its README and licence."""
    if path.parts[0] == DEMO_FOLDER or any(part.startswith(".") for part in path.parts):
        return False
    return path.suffix in SUFFIXES or path.name in IGNORED_FILES


def compute_digest(files: Mapping[str, bytes]) -> str:
    """Return a digest of names and contents."""
    digest = hashlib.sha256()
    for name in sorted(files):
        digest.update(f"{name}\n{hashlib.sha256(files[name]).hexdigest()}\n".encode())
    return digest.hexdigest()


def write_archive(files: Mapping[str, bytes]) -> bytes:
    """Return a .zip file of files; the same files make the same bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            info = zipfile.ZipInfo(name, FIXED_TIME)
            info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            archive.writestr(info, files[name])
    return buffer.getvalue()


def read_archive(content: bytes) -> dict[str, bytes]:
    """Return the files of an archive that `write_archive` made."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {info.filename: archive.read(info) for info in archive.infolist()}
