"""A pack in a .zip file: unpacked into a temporary folder, and nothing that a pack does not need."""

import shutil
import stat
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from jiedao.kernel.errors import UserError

MOST_BYTES = 100_000_000  # unpacked; several times what a district needs
MOST_FILES = 2000
JUNK_FOLDERS = {"__MACOSX"}
JUNK_FILES = {".ds_store", "thumbs.db", "desktop.ini"}
SEND_FOLDER = "请把数据包的文件夹重新压缩成 .zip 再试，或直接给出文件夹。"

UNREADABLE = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    zlib.error,
    NotImplementedError,  # a method of compression that is not built in
    EOFError,
    OSError,
    RuntimeError,
)

Members = dict[PurePosixPath, zipfile.ZipInfo]


@contextmanager
def open_zip(path: Path) -> Iterator[Path]:
    """Unpack a zipped pack and yield its folder, which is removed at the end.

    The pack may be at the top of the archive or in a folder of it. Raise UserError for what is no archive of one pack,
    is too large when unpacked, or would write outside the folder.
    """
    with tempfile.TemporaryDirectory(prefix="jiedao-pack-") as place:
        folder = Path(place) / path.stem
        try:
            with zipfile.ZipFile(path) as archive:
                _unpack(archive, _find_pack(_list_members(archive, path), path), folder, path)
        except UNREADABLE as fault:
            raise UserError(f"{path} 不是完好的 .zip 文件（{fault}）。", hint=SEND_FOLDER) from fault
        yield folder


def _list_members(archive: zipfile.ZipFile, path: Path) -> Members:
    """Return the files by their paths, without what macOS and Windows add."""
    members: Members = {}
    folded_names: set[str] = set()
    for info in archive.infolist():
        name = PurePosixPath(info.filename)
        _refuse_unsafe(info, name, path)
        if info.is_dir() or _is_junk(name):
            continue
        if str(name).casefold() in folded_names:
            raise UserError(f"{path} 里有两个 {name}，不知道该用哪个。", hint=SEND_FOLDER)
        folded_names.add(str(name).casefold())
        members[name] = info
    size = sum(info.file_size for info in members.values())
    if size > MOST_BYTES or len(members) > MOST_FILES:
        raise UserError(
            f"{path} 解开后有 {len(members)} 个文件、{size / 1_000_000:,.0f} MB，太大了，没有解开。",
            hint=f"数据包最多 {MOST_FILES} 个文件、{MOST_BYTES // 1_000_000} MB；请只压缩数据包的文件夹。",
        )
    return members


def _refuse_unsafe(info: zipfile.ZipInfo, name: PurePosixPath, path: Path) -> None:
    """Refuse an archive with a name that leads out of the folder, a link or a locked file."""
    is_outside = (
        name.is_absolute() or ".." in name.parts or "\\" in info.orig_filename or ":" in info.filename
    )
    if is_outside or "\0" in info.orig_filename:
        raise UserError(f"{path} 里的 {info.orig_filename!r} 指到文件夹以外，没有解开。", hint=SEND_FOLDER)
    if stat.S_ISLNK(info.external_attr >> 16):
        raise UserError(f"{path} 里的 {name} 是链接，不是文件，没有解开。", hint="请放入文件本身。")
    if info.flag_bits & 0x1:
        raise UserError(f"{path} 有密码，打不开。", hint="请用不设密码的 .zip。")


def _is_junk(name: PurePosixPath) -> bool:
    is_system_file = name.name.startswith("._") or name.name.casefold() in JUNK_FILES
    return is_system_file or bool(JUNK_FOLDERS & set(name.parts))


def _find_pack(members: Members, path: Path) -> Members:
    """Return the files of the pack by their paths in it: those beside pack.toml and in the folders below."""
    roots = sorted({name.parent for name in members if name.name == "pack.toml"})
    if len(roots) > 1:
        listed = "、".join(str(root) for root in roots[:5])
        raise UserError(
            f"{path} 里有 {len(roots)} 个数据包：{listed}。", hint="请一次只压缩一个数据包的文件夹。"
        )
    if not members:
        raise UserError(f"{path} 是空的。", hint=SEND_FOLDER)
    root = roots[0] if roots else _find_only_folder(members)
    return {name.relative_to(root): info for name, info in members.items() if name.is_relative_to(root)}


def _find_only_folder(members: Members) -> PurePosixPath:
    """Return the folder that holds everything in an archive without pack.toml, whose check states what is missing."""
    tops = {name.parts[0] for name in members}
    is_folder = len(tops) == 1 and all(len(name.parts) > 1 for name in members)
    return PurePosixPath(tops.pop()) if is_folder else PurePosixPath()


def _unpack(archive: zipfile.ZipFile, members: Members, folder: Path, path: Path) -> None:
    folder.mkdir()
    left = MOST_BYTES
    for name, info in members.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        with archive.open(info) as source, target.open("wb") as copy:
            shutil.copyfileobj(_Bounded(source, left, path), copy)
            left -= copy.tell()


class _Bounded:
    """A file of which at most `left` bytes are read, whatever size the archive claims."""

    def __init__(self, source: object, left: int, path: Path) -> None:
        self.source, self.left, self.path = source, left, path

    def read(self, size: int = -1) -> bytes:
        """Read on; refuse an archive that holds more than it states."""
        content: bytes = self.source.read(size)  # type: ignore[attr-defined]
        self.left -= len(content)
        if self.left < 0:
            raise UserError(f"{self.path} 解开后比它写的大，没有解开。", hint=SEND_FOLDER)
        return content
