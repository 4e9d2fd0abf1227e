"""`jiedao pack new --level district` makes the pack of a district that is sound and can be applied."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from jiedao.kernel.errors import UserError
from jiedao.orgs.actor import make_system_actor
from jiedao.orgs.models import Post, Unit
from jiedao.packs.actions import apply_pack
from jiedao.packs.check import check_pack
from jiedao.packs.commands_new import new_pack
from jiedao.packs.founding import TownNames, write_files, write_pack
from jiedao.packs.founding_district import DistrictNames, make_district_files
from jiedao.packs.towns import find_other_town
from jiedao.places.selectors import find_town_area

LONGGANG = ("--level", "district", "--district", "龙岗区", "--code", "440307", "--office", "014=布吉街道")


def run(*words: str) -> Result:
    return CliRunner().invoke(new_pack, list(words))


def make_district(folder: Path) -> Path:
    write_files(folder, lambda: make_district_files(DistrictNames(offices=("014=布吉街道", "001=示例街道"))))
    return folder


def test_the_pack_of_a_district_passes_the_check_without_a_warning(tmp_path: Path) -> None:
    result = run(str(tmp_path / "district"), *LONGGANG, "--office", "坂田街道")
    assert result.exit_code == 0, result.output
    assert check_pack(tmp_path / "district")[1].as_json() == {"errors": [], "warnings": []}
    assert "440307002,坂田街道" in (tmp_path / "district" / "areas.csv").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "options",
    [("--town", "布吉街道"), ("--grids", "2"), ("--community", "东社区"), ("--department", "城管办")],
)
def test_an_option_of_a_town_does_not_belong_to_a_district(tmp_path: Path, options: tuple[str, ...]) -> None:
    assert run(str(tmp_path / "district"), *LONGGANG, *options).exit_code == 2
    assert not (tmp_path / "district").exists()


def test_offices_do_not_belong_to_a_town(tmp_path: Path) -> None:
    assert run(str(tmp_path / "town"), "--defaults", "--office", "布吉街道").exit_code == 2


@pytest.mark.parametrize(
    ("name", "value"), [("--code", "440307014"), ("--office", "1=布吉"), ("--district", "")]
)
def test_an_unsound_name_writes_nothing(tmp_path: Path, name: str, value: str) -> None:
    result = run(str(tmp_path / "district"), *LONGGANG, name, value)
    assert isinstance(result.exception, UserError) or result.exit_code != 0
    assert not (tmp_path / "district").exists()


def test_the_pack_is_applied_with_a_unit_for_each_office(db: None, tmp_path: Path) -> None:
    pack, _report = check_pack(make_district(tmp_path / "district"))
    apply_pack(pack=pack, actor=make_system_actor())
    assert set(Unit.objects.filter(kind="OFFICE").values_list("code", flat=True)) == {"J014", "J001"}
    rights = Post.objects.get(code="ZHIHUI.SYSADMIN").permissions
    assert "district.office:manage" in rights
    assert find_town_area().code == "999901"


def test_a_district_and_a_sub_district_in_it_are_not_taken_for_each_other(db: None, tmp_path: Path) -> None:
    district, _report = check_pack(make_district(tmp_path / "district"))
    write_pack(tmp_path / "town", TownNames())
    town, _report = check_pack(tmp_path / "town")
    apply_pack(pack=district, actor=make_system_actor())
    assert find_other_town(district) == ""
    assert find_other_town(town) == "示例区 999901"
