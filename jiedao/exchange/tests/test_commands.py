import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from jiedao.cases.models import Case
from jiedao.exchange.commands import import_group
from jiedao.exchange.tests.books import FIRST, HEADER, make_csv, make_xlsx
from jiedao.kernel.errors import UserError
from jiedao.registers.models import Record
from jiedao.registers.tests.parts import declare
from jiedao.registers.tests.sheets import house_row, workbook
from jiedao.testing.cast import make_town

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _town() -> None:
    make_town()


def run_import(*arguments: object) -> Result:
    return CliRunner().invoke(import_group, ["messages", *map(str, arguments)])


def test_the_account_is_one_json_document_on_standard_output(tmp_path: Path) -> None:
    bad = (188007, "u", "x", "2019/2/30", "y", 0, 0)

    result = run_import(make_xlsx(tmp_path / "a.xlsx", [HEADER, FIRST, bad]), "--json")

    account = json.loads(result.stdout)
    assert result.exit_code == 0
    assert {key: account[key] for key in ("read", "created", "existing", "refused")} == {
        "read": 2,
        "created": 1,
        "existing": 0,
        "refused": 1,
    }
    assert account["errors"][0] | {"reason": ""} == {"row": 3, "column": "留言时间", "reason": ""}
    assert "第 3 行" in result.stderr


def test_without_json_the_account_is_printed_as_a_sentence(tmp_path: Path) -> None:
    result = run_import(make_xlsx(tmp_path / "a.xlsx", [HEADER, FIRST]))

    assert result.stdout == "读 1 条，新建 1 条，已有 0 条，未导入 0 条。\n"


def test_importing_no_row_exits_with_1(tmp_path: Path) -> None:
    result = run_import(make_xlsx(tmp_path / "a.xlsx", [HEADER, (1, "u", "x", "乱写", "y")]))

    assert result.exit_code == 1


def test_a_file_that_is_no_table_is_a_user_error(tmp_path: Path) -> None:
    result = run_import(make_csv(tmp_path / "a.xlsx", "%PDF-1.7"))

    assert isinstance(result.exception, UserError)
    assert result.stdout == ""


def test_an_unknown_channel_is_refused(tmp_path: Path) -> None:
    path = make_xlsx(tmp_path / "a.xlsx", [HEADER, FIRST])

    assert run_import(path, "--channel", "pigeon").exit_code == 2
    assert run_import(path, "--channel", "hotline").exit_code == 0
    assert Case.objects.get().channel == "HOTLINE"


def test_a_register_is_imported_completely_or_not_at_all(tmp_path: Path) -> None:
    declare()
    path, command = tmp_path / "a.xlsx", ("register", "houses")
    invoke = CliRunner().invoke

    dry_run = invoke(
        import_group, [*command, str(workbook(path, [house_row(1), house_row(2)])), "--dry-run", "--json"]
    )
    account = json.loads(dry_run.stdout)
    assert (dry_run.exit_code, account["created"], account["written"], Record.objects.count()) == (
        0,
        2,
        False,
        0,
    )

    bad = invoke(import_group, [*command, str(workbook(path, [house_row(1), house_row(1)])), "--json"])
    account = json.loads(bad.stdout)
    assert (bad.exit_code, account["created"], account["refused"], Record.objects.count()) == (1, 0, 1, 0)
    assert {**account["errors"][0], "reason": ""} == {"row": 4, "column": "编码", "cell": "A4", "reason": ""}
    assert "A4" in bad.stderr

    imported = invoke(import_group, [*command, str(workbook(path, [house_row(1), house_row(2)]))])
    assert imported.stdout == "读 2 行，新建 2 条，改动 0 条，不变 0 条，有错 0 行。已写入。\n"


def test_imports_of_both_sorts_are_listed_and_undone(tmp_path: Path) -> None:
    declare()
    runner = CliRunner()
    run_import(make_xlsx(tmp_path / "a.xlsx", [HEADER, FIRST]))
    path = workbook(tmp_path / "b.xlsx", [house_row(1), house_row(2)])
    runner.invoke(import_group, ["register", "houses", str(path)])

    rows = json.loads(runner.invoke(import_group, ["list", "--json"]).stdout)
    sheet = next(row for row in rows if str(row["id"]).startswith("R"))
    assert (sheet["register"], sheet["created"], len(rows)) == ("houses", 2, 2)
    plan = runner.invoke(import_group, ["undo", sheet["id"], "--dry-run"])
    assert (plan.exit_code, Record.objects.count()) == (0, 2)
    assert "可以删除 2 条" in plan.stdout
    result = runner.invoke(import_group, ["undo", sheet["id"], "--json"])
    assert json.loads(result.stdout) == {"removed": 2, "restored": 0, "kept": 0}
    assert (Record.objects.count(), Case.objects.count()) == (0, 1)
    assert "已撤销：删除 2 条" in runner.invoke(import_group, ["list"]).stdout
    assert runner.invoke(import_group, ["undo", "X1"]).exit_code == 2
