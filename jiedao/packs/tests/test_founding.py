"""`jiedao pack new` makes a minimal town that is sound, complete and explains itself."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from jiedao.kernel.errors import UserError
from jiedao.kernel.packs.parts import list_files
from jiedao.orgs.rights import PERMISSIONS
from jiedao.packs.check import check_pack
from jiedao.packs.commands import pack_group
from jiedao.packs.founding import TownNames, make_files, write_pack
from jiedao.packs.shipped import find_pack

OWN_NAMES = TownNames(
    district="甲, 区",
    town="乙街道",
    code="999902003000",
    communities=("007=丙社区", "丁社区"),
    departments=("安全办", "CG=城管办"),
    grids=1,
)
LOOP = ("report", "accept", "dispatch", "take", "handle", "check", "close", "reply", "visit", "confirm_visit")
ADMINISTRATORS = ("orgs.user:manage", "orgs.post:manage", "audit.entry:view")


def run(*words: str, answers: str | None = None) -> Result:
    """Run `jiedao pack new` with answers on standard input."""
    return CliRunner().invoke(pack_group, ["new", *words], input=answers)


def uncomment(path: Path) -> bool:
    """Put every example of a file into effect; return whether it has any."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".csv":  # the last line, under the header
        changed = re.sub(
            r"^# (?=\S+\Z)",
            "",
            text.rstrip("\n").replace("# 一号路,First Road", "# 一号路,First_Road"),
            flags=re.MULTILINE,
        )
    else:
        changed = re.sub(r"^#(?=[^ #\n])", "", text, flags=re.MULTILINE)
    path.write_text(changed + "\n", encoding="utf-8")
    return changed.rstrip("\n") != text.rstrip("\n")


def test_the_default_answers_make_the_shipped_pack_minimal(tmp_path: Path) -> None:
    assert run(str(tmp_path / "town"), "--defaults").exit_code == 0
    minimal = find_pack("minimal")
    made = {
        path.relative_to(tmp_path / "town"): path.read_bytes() for path in (tmp_path / "town").rglob("*.*")
    }
    shipped = {path.relative_to(minimal): path.read_bytes() for path in minimal.rglob("*.*")}
    assert made == shipped


@pytest.mark.parametrize("names", [TownNames(), OWN_NAMES])
def test_the_pack_has_neither_errors_nor_warnings(tmp_path: Path, names: TownNames) -> None:
    write_pack(tmp_path / "town", names)
    assert check_pack(tmp_path / "town")[1].as_json() == {"errors": [], "warnings": []}


def test_every_example_may_be_put_into_effect(tmp_path: Path) -> None:
    write_pack(tmp_path / "town", TownNames())
    with_examples = {
        path.name
        for path in (tmp_path / "town").rglob("*.*")
        if path.suffix in {".toml", ".csv"} and uncomment(path)
    }
    assert with_examples >= {
        "projects.toml",
        "promises.toml",
        "premises.csv",
        "roads.csv",
        "figures.toml",
        "posts.toml",
    }
    report = check_pack(tmp_path / "town")[1]
    assert report.errors == []


def test_every_kind_of_file_is_there_and_says_what_it_is_for(tmp_path: Path) -> None:
    files = make_files(TownNames())
    kinds = {spec.name for spec in list_files()}
    assert {name for name in kinds if name.endswith((".toml", ".csv")) and "*" not in name} <= set(files)
    assert any(name.startswith("registers/") for name in files)
    for name, content in files.items():
        text = content.decode()
        if name.endswith((".toml", ".csv")):
            assert text.startswith("# "), name
            assert "docs/" in text[:1500], name
        if name != "README.md":
            assert name.split("/")[0] in files["README.md"].decode(), name


def test_names_and_codes_are_used_in_every_place(tmp_path: Path) -> None:
    write_pack(tmp_path / "town", OWN_NAMES)
    pack, _ = check_pack(tmp_path / "town")
    areas = {code: row.get("name") for code, row in pack.by_key("areas.csv").items()}
    assert areas == {
        "999902": "甲, 区",
        "999902003": "乙街道",
        "999902003007": "丙社区",
        "999902003007001": "网格001",
        "999902003002": "丁社区",
        "999902003002001": "网格001",
    }
    units = {code: row.get("name") for code, row in pack.by_key("units.toml", "unit").items()}
    assert (units["D1"], units["CG"], units["SQ007"]) == ("安全办", "城管办", "丙社区工作站")


def test_every_step_of_the_loop_and_three_administrators_have_a_post() -> None:
    pack, _ = check_pack(find_pack("minimal"))
    roles = {row.get("key"): set(row.get("permissions")) for row in pack.rows("posts.toml", "role")}
    held = set().union(*roles.values())
    assert {f"cases.case:{move}" for move in LOOP} <= held
    of_a_town = {right for right in PERMISSIONS if not right.startswith("district.")}
    assert of_a_town <= held
    administrators = [{key for key, rights in roles.items() if right in rights} for right in ADMINISTRATORS]
    assert [len(keys) for keys in administrators] == [1, 1, 1]
    assert len(set.union(*administrators)) == 3


def test_questions_are_asked_until_the_answer_is_sound(tmp_path: Path) -> None:
    answers = "甲区\n乙街道\n44\n999902003\n东社区、东社区\n东社区，西社区\nJDB=办公室\nCG=城管办\n0\n3\n"
    result = run(str(tmp_path / "town"), answers=answers)
    assert result.exit_code == 0, result.output
    assert "不是街道的代码" in result.stderr
    assert "重复了" in result.stderr
    pack, _ = check_pack(tmp_path / "town")
    assert pack.town == "999902003"
    assert sum(len(code) == 15 for code in pack.by_key("areas.csv")) == 6


def test_without_answers_nothing_is_written(tmp_path: Path) -> None:
    result = run(str(tmp_path / "town"), "--district", "甲区", answers="")
    assert isinstance(result.exception, UserError)
    assert "--defaults" in str(result.exception)
    assert not (tmp_path / "town").exists()


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (TownNames(code="1234"), "不是街道的代码"),
        (TownNames(town='引"号'), "不能用"),
        (TownNames(town="花$费"), "不能用"),
        (TownNames(communities=()), "至少要有一个社区"),
        (TownNames(communities=("000=东",)), "不是社区的代码"),
        (TownNames(communities=("东", "001=西")), "重复了"),
        (TownNames(departments=("ZHIHUI=城管",)), "不能作部门的代码"),
        (TownNames(departments=("督查室",)), "本来就有"),
        (TownNames(grids=0), "网格数"),
    ],
)
def test_an_unsound_name_is_refused(names: TownNames, message: str) -> None:
    with pytest.raises(UserError, match=message):
        make_files(names)


def test_a_folder_with_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(UserError, match="不是空文件夹"):
        write_pack(tmp_path, TownNames())
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]
