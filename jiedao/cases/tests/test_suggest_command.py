"""The commands that learn from labelled text and measure what was learned."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from django.conf import LazySettings

from jiedao.cases import suggesting
from jiedao.cases.actions.intake import NewCase, file_case
from jiedao.cases.commands import read_choices, suggest_group
from jiedao.cases.moves.perform import perform
from jiedao.kernel.errors import UserError
from jiedao.testing.cast import Town, make_town

pytestmark = pytest.mark.django_db
ROWS = [
    ("路灯不亮", "巷口的路灯坏了", "路灯"),
    ("垃圾成堆", "垃圾没人清运", "垃圾"),
    ("路灯太暗", "晚上路灯看不清", "路灯"),
]


@pytest.fixture
def town(tmp_path: Path, settings: LazySettings) -> Town:
    settings.JIEDAO_DATA = tmp_path / "data"
    return make_town()


def write_table(path: Path, rows: list[tuple[str, str, str]], header: str = "subject,detail,label") -> Path:
    path.write_text("\n".join([header, *(",".join(row) for row in rows)]), encoding="utf-8")
    return path


def run_command(*arguments: object) -> Result:
    return CliRunner().invoke(suggest_group, [*map(str, arguments)])


def test_measuring_texts_of_the_training_prints_a_warning(town: Town, tmp_path: Path) -> None:
    run_command("train", write_table(tmp_path / "a.csv", ROWS))
    again = write_table(
        tmp_path / "b.csv", [("路灯不亮！", "巷口的路灯，坏了。", "路灯"), ("新的", "垃圾桶满了", "垃圾")]
    )

    result = run_command("eval", again, "--json")

    assert json.loads(result.stdout)["learned_from"] == 1
    assert "2 条里有 1 条是模型学过的" in result.stderr


def test_the_confusion_table_has_every_label_that_was_suggested(town: Town, tmp_path: Path) -> None:
    run_command("train", write_table(tmp_path / "a.csv", ROWS))

    result = run_command("eval", write_table(tmp_path / "b.csv", [("路灯坏了", "路灯", "道路")]))

    assert "true \\ suggested\t道路\t路灯\n道路\t0\t1" in result.stdout
    assert "没有学过这些标签，必然判错：道路" in result.stderr


def test_labels_that_are_no_categories_are_printed(town: Town, tmp_path: Path) -> None:
    result = run_command("train", write_table(tmp_path / "a.csv", ROWS))

    assert "2 个标签不是本地类别，只作提示：垃圾、路灯" in result.stderr
    assert "文字太少" in result.stderr


@pytest.mark.parametrize(
    ("header", "rows", "message"),
    [
        ("subject,text,label", ROWS, "缺少列 detail"),
        ("subject,detail,label", ROWS[:1], "至少要有两个不同的类别"),
        ("subject,detail,label", [("a", "b", "")], "没有既有文字又有标签的行"),
        ("subject,detail,label", [("", "", "x")], "没有既有文字又有标签的行"),
    ],
)
def test_a_file_that_cannot_be_used_for_training_is_refused_with_a_reason(
    town: Town, tmp_path: Path, header: str, rows: list[tuple[str, str, str]], message: str
) -> None:
    result = run_command("train", write_table(tmp_path / "a.csv", rows, header))

    assert isinstance(result.exception, UserError)
    assert message in str(result.exception)
    assert not suggesting.get_model_path().exists()


def test_a_case_is_filed_even_with_a_damaged_model(town: Town) -> None:
    path = suggesting.get_model_path()
    path.parent.mkdir(parents=True)
    path.write_bytes(b"PK\x03\x04 cut off")

    filed = file_case(NewCase("WEB", "路灯不亮", "巷口的路灯坏了"), actor=town.actor("registrar"))

    assert filed.created
    assert isinstance(run_command("eval", write_table(path.with_suffix(".csv"), ROWS)).exception, UserError)


def test_training_uses_what_dispatchers_chose(town: Town) -> None:
    filed = file_case(NewCase("WEB", "路灯不亮", "巷口的路灯坏了"), actor=town.actor("registrar"))
    chosen = town.categories["RUBBISH"]

    perform(town.actor("registrar"), filed.id, "ACCEPT", data={"category": chosen.pk})

    assert read_choices() == ([("路灯不亮", "巷口的路灯坏了")], [chosen.name])
