"""Packs as .zip files: a folder inside, archives of other programs, bombs, and files that are no packs."""

import io
import zipfile
from pathlib import Path

import pytest

from jiedao.kernel.errors import UserError
from jiedao.packs import archives
from jiedao.packs.archives import (
    compute_digest,
    open_pack_archive,
    read_archive,
    read_pack_files,
    write_archive,
)
from jiedao.packs.check import check_pack
from jiedao.packs.tests.test_buji import FOLDER as BUJI
from jiedao.packs.tests.tiny import TinyPack


def make_zip(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def list_files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def refuse(content: bytes) -> str:
    with pytest.raises(UserError) as refused, open_pack_archive(content):
        pass
    assert refused.value.hint
    return str(refused.value.message)


def test_a_pack_that_was_archived_passes_the_check(tiny: TinyPack) -> None:
    with open_pack_archive(write_archive(read_pack_files(tiny.folder))) as folder:
        assert check_pack(folder)[1].errors == []
        assert list_files(folder) == list_files(tiny.folder)
    assert not folder.exists()


def test_the_texts_of_buji_are_in_its_archive() -> None:
    with open_pack_archive(write_archive(read_pack_files(BUJI))) as folder:
        names = list_files(folder)
        assert check_pack(folder)[1].errors == []
    assert "reports/half-year.txt" in names
    assert not [name for name in names if name.startswith("demo/")]


@pytest.mark.parametrize("inside", ["我的街道/", "a/b/"])
def test_a_folder_inside_the_archive_is_opened(tiny: TinyPack, inside: str) -> None:
    files = {f"{inside}{name}": content for name, content in read_pack_files(tiny.folder).items()}
    files |= {"__MACOSX/._pack.toml": b"", f"{inside}.DS_Store": b"x", "说明.docx": b"x"}
    with open_pack_archive(make_zip(files)) as folder:
        assert check_pack(folder)[1].errors == []
        assert list_files(folder) == list_files(tiny.folder)


def test_names_in_gbk_are_read() -> None:
    content = make_zip({"街道/pack.toml": b"[pack]"})
    raw, utf8 = "街道".encode("gb18030"), "街道".encode()
    assert len(raw) != len(utf8)
    info = zipfile.ZipInfo("x")
    info.filename, info.flag_bits = raw.decode("cp437"), 0
    assert archives._read_name(info) == "街道"
    with open_pack_archive(content) as folder:
        assert list_files(folder) == ["pack.toml"]


def test_a_file_that_is_no_archive_is_refused() -> None:
    assert "zip" in refuse(b"Rar!\x1a\x07\x00 something else")


def test_a_damaged_archive_is_refused(tiny: TinyPack) -> None:
    content = write_archive(read_pack_files(tiny.folder))
    assert refuse(content[: len(content) // 2]) == "这不是能打开的 zip 文件。"
    place = content.index(b"areas.csv") + 60
    assert "zip" in refuse(content[:place] + b"\0" * 40 + content[place + 40 :])


def test_an_archive_without_a_pack_is_refused() -> None:
    assert refuse(make_zip({"街道/areas.csv": b""})) == "压缩包里没有 pack.toml，不是数据包。"


def test_an_archive_of_two_packs_is_refused() -> None:
    message = refuse(make_zip({"a/pack.toml": b"", "b/pack.toml": b""}))
    assert message == "压缩包里有 2 个数据包：a、b。"


@pytest.mark.parametrize(
    "name",
    [
        "../pack.toml",
        "/etc/pack.toml",
        "a/../../pack.toml",
        "C:/pack.toml",
        "a//etc/pack.toml",
        "a\\\\etc\\pack.toml",
    ],
)
def test_a_name_that_leads_out_of_the_folder_is_refused(name: str) -> None:
    assert "不安全" in refuse(make_zip({name: b"", "pack.toml": b""}))


def test_a_file_below_the_folder_of_the_pack_cannot_become_an_absolute_path(tmp_path: Path) -> None:
    outside = tmp_path / "evil.toml"
    assert "不安全" in refuse(make_zip({"town/pack.toml": b"", f"town/{outside}": b"x"}))
    assert not outside.exists()


def test_two_files_of_one_name_are_refused() -> None:
    assert "两个" in refuse(make_zip({"pack.toml": b"", "Pack.toml": b""}))


def test_a_link_is_refused() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        info = zipfile.ZipInfo("pack.toml")
        info.external_attr = 0o120777 << 16
        archive.writestr(info, "/etc/passwd")
    assert "链接" in refuse(buffer.getvalue())


def test_a_bomb_is_refused_by_what_it_really_unpacks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MAX_TOTAL_BYTES", 1_000_000)
    bomb = make_zip({"pack.toml": b"0" * 1_100_000})
    assert len(bomb) < 10_000
    assert "太大" in refuse(bomb)


def test_an_archive_of_too_many_files_or_bytes_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MAX_MEMBERS", 3)
    assert "太大" in refuse(make_zip({f"{n}": b"" for n in range(4)}))
    monkeypatch.setattr(archives, "MAX_ARCHIVE_BYTES", 10)
    assert "压缩包超过" in refuse(make_zip({"pack.toml": b""}))


def test_the_same_files_make_the_same_archive(tiny: TinyPack) -> None:
    files = read_pack_files(tiny.folder)
    backwards = dict(reversed(files.items()))
    assert write_archive(files) == write_archive(backwards)
    assert compute_digest(files) == compute_digest(backwards)
    assert read_archive(write_archive(files)) == files
    tiny.append("areas.csv", "\n")
    assert compute_digest(read_pack_files(tiny.folder)) != compute_digest(files)
