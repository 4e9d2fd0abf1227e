"""A pack in a .zip file: with or without a folder, and what is refused."""

import stat
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from jiedao.kernel.errors import UserError
from jiedao.packs import archives
from jiedao.packs.archives import open_pack_archive
from jiedao.packs.commands import pack_group
from jiedao.packs.tests.tiny import TinyPack


def pack_files(folder: Path, target: Path, prefix: str = "", extra: dict[str, bytes] | None = None) -> Path:
    """Write a .zip of a folder under a prefix, with further files."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            archive.write(path, prefix + path.relative_to(folder).as_posix())
        for name, content in (extra or {}).items():
            archive.writestr(name, content)
    return target


def run(*words: str) -> Result:
    """Run `jiedao pack`."""
    return CliRunner(env={"JIEDAO_LANG": "en"}).invoke(pack_group, [*words])


def refuse(path: Path) -> str:
    """Open a .zip that is refused and return the words."""
    with pytest.raises(UserError) as refusal, open_pack_archive(path, needs_pack_file=False):
        pass
    return str(refusal.value)


@pytest.mark.parametrize("prefix", ["", "mytown/", "a/b/mytown/"])
def test_a_zip_with_or_without_a_folder_is_checked_as_the_folder_is(
    tiny: TinyPack, tmp_path: Path, prefix: str
) -> None:
    (tiny.folder / "registers").mkdir()
    junk = {
        "__MACOSX/._pack.toml": b"x",
        f"{prefix}.DS_Store": b"x",
        f"{prefix}Thumbs.db": b"x",
        f"{prefix}registers/._lifts.toml": b"x",
    }
    zipped = run("check", str(pack_files(tiny.folder, tmp_path / "town.zip", prefix, junk)))
    assert zipped.exit_code == 0, zipped.output
    assert zipped.stdout == run("check", str(tiny.folder)).stdout
    assert f"{tmp_path / 'town.zip'}: 0 errors" in zipped.stderr


@pytest.mark.django_db
def test_a_zip_is_planned_and_applied(tiny: TinyPack, tmp_path: Path) -> None:
    path = str(pack_files(tiny.folder, tmp_path / "town.zip", "town/"))
    assert "to create" in run("plan", path).stdout
    assert run("apply", path, "--yes").exit_code == 0
    assert "0 to create, 0 to change, 0 to retire" in run("plan", str(tiny.folder)).stdout


def test_the_folder_is_removed_afterwards(tiny: TinyPack, tmp_path: Path) -> None:
    with open_pack_archive(pack_files(tiny.folder, tmp_path / "town.zip")) as folder:
        assert (folder / "pack.toml").is_file()
    assert not folder.parent.exists()


def test_half_a_pack_is_checked_and_each_missing_file_is_one_fault(tiny: TinyPack, tmp_path: Path) -> None:
    for name in ("pack.toml", "units.toml", "duties.toml"):
        (tiny.folder / name).unlink()
    result = run("check", str(pack_files(tiny.folder, tmp_path / "half.zip", "town/")))
    assert result.exit_code == 1
    assert sorted(line.split(": ")[1] for line in result.stdout.splitlines() if line.startswith("error")) == [
        "duties.toml",
        "pack.toml",
        "units.toml",
    ]


@pytest.mark.parametrize("name", ["../evil.toml", "/etc/evil.toml", "town/../../evil.toml", "C:/evil.toml"])
def test_a_name_that_leads_out_is_refused(tiny: TinyPack, tmp_path: Path, name: str) -> None:
    path = pack_files(tiny.folder, tmp_path / "town.zip", extra={name: b"x"})
    assert "指到文件夹以外" in refuse(path)
    assert not list(tmp_path.glob("evil*"))


def test_a_link_is_refused(tiny: TinyPack, tmp_path: Path) -> None:
    path = pack_files(tiny.folder, tmp_path / "town.zip")
    link = zipfile.ZipInfo("roads.toml")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(link, "/etc/passwd")
    assert "是链接" in refuse(path)


def test_a_bomb_is_refused_by_its_size_and_by_its_number_of_files(
    tiny: TinyPack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = pack_files(tiny.folder, tmp_path / "town.zip", extra={"big.csv": bytes(3_000_000)})
    monkeypatch.setattr(archives, "MAX_TOTAL_BYTES", 2_000_000)
    assert "太大了" in refuse(path)
    monkeypatch.setattr(archives, "MAX_TOTAL_BYTES", 100_000_000)
    monkeypatch.setattr(archives, "MAX_MEMBERS", 5)
    assert "太大了" in refuse(path)


def test_an_archive_that_holds_more_than_it_states_is_refused(tiny: TinyPack, tmp_path: Path) -> None:
    path = pack_files(tiny.folder, tmp_path / "town.zip", extra={"zz.csv": b"0" * 300_000})
    raw = path.read_bytes()
    size = (300_000).to_bytes(4, "little")
    assert raw.count(size) == 2  # in the local header and in the directory
    path.write_bytes(raw.replace(size, (10).to_bytes(4, "little")))
    assert "不是完好的" in refuse(path)


def test_two_packs_two_equal_names_a_password_and_damage_are_refused(tiny: TinyPack, tmp_path: Path) -> None:
    two = pack_files(tiny.folder, tmp_path / "two.zip", "a/", {"b/pack.toml": b"x"})
    assert "2 个数据包：a、b" in refuse(two)
    equal = pack_files(tiny.folder, tmp_path / "equal.zip", extra={"Pack.TOML": b"x"})
    assert "两个" in refuse(equal)
    locked = pack_files(tiny.folder, tmp_path / "locked.zip")
    raw = bytearray(locked.read_bytes())
    raw[raw.index(b"PK\x01\x02") + 8] |= 1  # the flag of the first file in the directory
    locked.write_bytes(raw)
    assert "密码" in refuse(locked)
    cut = tmp_path / "cut.zip"
    cut.write_bytes(two.read_bytes()[:500])
    assert "不是完好的" in refuse(cut)
    with zipfile.ZipFile(tmp_path / "empty.zip", "w"):
        pass
    assert "是空的" in refuse(tmp_path / "empty.zip")


def test_a_pack_of_another_format_has_one_fault(tiny: TinyPack) -> None:
    tiny.edit("pack.toml", "format = 1", "format = 2\nnew_key = 1")
    tiny.append("units.toml", "\n[[institution]]\n")
    fault = tiny.only_error()
    assert (fault.file, fault.line, fault.code) == ("pack.toml", 2, "other-format")
    assert "format 2" in fault.message
    assert "upgrade" in fault.hint
