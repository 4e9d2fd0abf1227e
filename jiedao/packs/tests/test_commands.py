"""`jiedao pack` on the command line: exit codes, JSON, questions."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from jiedao.orgs.models import Unit
from jiedao.packs.commands import pack_group
from jiedao.packs.shipped import find_pack, list_shipped_packs
from jiedao.packs.tests.test_apply import open_case
from jiedao.packs.tests.tiny import TinyPack


def run(*arguments: object, answer: str = "") -> Result:
    words = [str(argument) for argument in arguments]
    return CliRunner(env={"JIEDAO_LANG": "en"}).invoke(pack_group, words, input=answer)


def test_check_of_a_sound_pack_exits_with_0(tiny: TinyPack) -> None:
    result = run("check", tiny.folder, "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout) == {"errors": [], "warnings": []}


def test_check_of_a_faulty_pack_exits_with_1_and_states_file_and_line(tiny: TinyPack) -> None:
    tiny.edit("units.toml", "parent", "parnet")
    result = run("check", tiny.folder)
    assert result.exit_code == 1
    assert "units.toml:11: unknown-key" in result.stdout
    assert "Did you mean 'parent'?" in result.stdout
    document = json.loads(run("check", tiny.folder, "--json").stdout)
    assert set(document["errors"][0]) == {"file", "line", "code", "message", "hint", "column"}


def test_a_folder_that_does_not_exist_is_wrong_use(tiny: TinyPack) -> None:
    result = run("check", tiny.folder / "nowhere")
    assert result.exit_code == 2
    assert "there is no folder" in result.stderr


@pytest.mark.django_db
def test_plan_prints_counts_and_items(tiny: TinyPack) -> None:
    document = json.loads(run("plan", tiny.folder, "--json").stdout)
    assert document["create"] == len(document["items"]) - document["change"]
    assert {"action", "kind", "key", "name"} <= set(document["items"][0])
    assert "+ CG 城管办" in run("plan", tiny.folder).stdout


@pytest.mark.django_db
def test_apply_asks_first_and_answering_no_changes_nothing(tiny: TinyPack) -> None:
    result = run("apply", tiny.folder, answer="n\n")
    assert result.exit_code == 1
    assert not Unit.objects.exists()


@pytest.mark.django_db
def test_apply_with_yes_does_not_ask(tiny: TinyPack) -> None:
    assert run("apply", tiny.folder, "--yes").exit_code == 0
    assert Unit.objects.count() == 3
    document = json.loads(run("apply", tiny.folder, "--yes", "--json").stdout)
    assert (document["create"], document["change"], document["retire"]) == (0, 0, 0)


@pytest.mark.django_db
def test_apply_of_a_faulty_pack_changes_nothing(tiny: TinyPack) -> None:
    tiny.edit("duties.toml", 'lead = "CG"', 'lead = "XX"')
    result = run("apply", tiny.folder, "--yes")
    assert result.exit_code == 1
    assert "no unit XX" in result.stdout
    assert not Unit.objects.exists()


@pytest.mark.django_db
def test_apply_of_a_blocked_plan_exits_with_3_and_states_why(tiny: TinyPack) -> None:
    assert run("apply", tiny.folder, "--yes").exit_code == 0
    open_case(lead_unit=Unit.objects.get(code="SQ1"))
    tiny.edit("units.toml", 'code = "SQ1"', 'code = "SQ2"')
    tiny.edit("duties.toml", '"SQ1"', '"SQ2"')
    result = run("apply", tiny.folder, "--yes")
    assert result.exit_code == 3
    assert "✗ 1 open case names it" in result.stdout
    assert json.loads(run("apply", tiny.folder, "--yes", "--json").stdout)["blocked"] == 1
    assert not Unit.objects.filter(code="SQ2").exists()


def test_a_shipped_pack_is_found_by_its_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert find_pack("buji") == list_shipped_packs()["buji"]
    assert (find_pack("buji") / "pack.toml").is_file()
    assert find_pack("atlantis") == Path("atlantis")


def test_a_folder_takes_precedence_over_a_shipped_pack_of_its_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, tiny: TinyPack
) -> None:
    monkeypatch.chdir(tmp_path)
    tiny.folder.rename(tmp_path / "buji")
    result = run("check", "buji")
    assert result.exit_code == 0
    assert find_pack("buji") == Path("buji")


def test_an_unknown_name_is_refused_with_the_names_that_there_are() -> None:
    result = run("plan", "atlantis")
    assert result.exit_code == 2
    assert "packs shipped with jiedao: buji" in result.stderr
