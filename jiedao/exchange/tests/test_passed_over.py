"""The account lists what a reader passed over, and refused rows come back as a sheet."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from click.testing import CliRunner, Result
from django.utils import translation

from jiedao.cases.models import Case
from jiedao.exchange.commands import import_group
from jiedao.exchange.header import recognise_columns
from jiedao.exchange.message_template import list_template_columns
from jiedao.exchange.tests.books import make_csv, make_xlsx
from jiedao.kernel.tables.rows import Row
from jiedao.kernel.tables.workbook_child import find_hidden_columns
from jiedao.registers.models import Record
from jiedao.registers.tests.parts import declare
from jiedao.registers.tests.sheets import house_row, workbook
from jiedao.testing.cast import make_town

pytestmark = pytest.mark.django_db
HEADER = ["留言编号", "留言时间", "留言主题", "事发地点", "姓名"]
AT = "2020-03-05 09:30"


@pytest.fixture(autouse=True)
def _town() -> None:
    make_town()


def run(*arguments: object) -> tuple[dict[str, Any], Result]:
    result = CliRunner().invoke(import_group, [*map(str, arguments), "--json"])
    assert result.stdout, result.exception
    return json.loads(result.stdout), result


def make_rows(count: int) -> list[list[Any]]:
    return [[f"M{number}", AT, f"第{number}件", None, f"张{number}"] for number in range(1, count + 1)]


def read_sheet(path: Path) -> list[list[Any]]:
    return [list(row) for row in openpyxl.load_workbook(path).worksheets[0].iter_rows(values_only=True)]


def test_unread_columns_are_named(tmp_path: Path) -> None:
    rows = [[*HEADER, "承办单位", "", "问题点位"], [*make_rows(1)[0], "城建办", "无表头", "", "表外"]]

    account, result = run("messages", make_xlsx(tmp_path / "a.xlsx", rows))

    assert account["passed_over"]["unread_columns"] == [
        {"column": "F", "title": "承办单位"},
        {"column": "H", "title": "问题点位"},
        {"column": "G", "title": ""},
        {"column": "I", "title": ""},
    ]
    assert "没有读取的列：承办单位、问题点位、G 列（没有表头）、I 列（没有表头）" in result.stderr
    assert account["notes"][0]["count"] == 4


def test_merged_cells_are_filled_and_noted(tmp_path: Path) -> None:
    path = make_xlsx(tmp_path / "a.xlsx", [["三月留言"], HEADER, *make_rows(4)])
    book = openpyxl.load_workbook(path)
    page = book.worksheets[0]
    page["D3"], page["D6"] = "大芬油画村东门", "某某路8号"
    page["E6"] = None
    for cells in ("A1:E1", "D3:D5", "D6:E6"):
        page.merge_cells(cells)
    book.save(path)

    account, result = run("messages", path)

    places = list(Case.objects.order_by("source_key").values_list("place_text", flat=True))
    assert places == ["大芬油画村东门"] * 3 + ["某某路8号"]
    assert account["passed_over"]["merged_ranges"] == ["D3:D5", "D6:E6"]
    assert "D3:D5、D6:E6" in result.stderr


def test_a_header_of_two_rows_is_read_through_its_merged_cells(tmp_path: Path) -> None:
    rows = [["留言编号", "留言时间", "留言主题", "联系", None], [None, None, None, "姓名", "联系电话"]]
    path = make_xlsx(tmp_path / "a.xlsx", [*rows, ["M1", AT, "一", "张三", "13800000000"]])
    book = openpyxl.load_workbook(path)
    for cells in ("A1:A2", "B1:B2", "C1:C2", "D1:E1"):
        book.worksheets[0].merge_cells(cells)
    book.save(path)

    account, _result = run("messages", path)

    assert (account["created"], account["passed_over"]["header_row"]) == (1, 2)
    assert account["passed_over"]["unread_columns"] == []


def test_hidden_rows_are_read_and_noted(tmp_path: Path) -> None:
    path = make_xlsx(tmp_path / "a.xlsx", [HEADER, *make_rows(3)])
    book = openpyxl.load_workbook(path)
    for number in (2, 4):
        book.worksheets[0].row_dimensions[number].hidden = True
    book.save(path)

    account, result = run("messages", path)

    assert account["created"] == 3
    assert account["passed_over"]["hidden_row_numbers"] == [2, 4]
    assert "有 2 行在表格里是隐藏的，也读了：第 2、4 行" in result.stderr


def test_hidden_columns_are_read_and_noted(tmp_path: Path) -> None:
    path = make_xlsx(tmp_path / "a.xlsx", [HEADER, *make_rows(2)])
    book = openpyxl.load_workbook(path)
    page = book.worksheets[0]
    page.column_dimensions["B"].hidden = True
    page.column_dimensions.group("C", "D", hidden=True)
    book.save(path)

    account, result = run("messages", path)

    hidden = account["passed_over"]["hidden_columns"]
    unread = {column["column"] for column in account["passed_over"]["unread_columns"]}
    assert account["created"] == 2
    assert [column["column"] for column in hidden] == [name for name in "BCD" if name not in unread]
    names = "、".join(HEADER["BCD".index(column["column"]) + 1] for column in hidden)
    assert f"有 {len(hidden)} 列在表格里是隐藏的，也读了：{names}" in result.stderr


@pytest.mark.parametrize(
    ("head", "hidden"),
    [
        (b'<x:cols><x:col min="2" max="3" width="9" hidden="true"/></x:cols><x:sheetData>', [1, 2]),
        (b'<cols><col hidden="1" max="16384" min="4"/></cols><sheetData/>', [3, 4, 5]),
        (b'<cols><col min="1" max="2" hidden="0"/><col min="3" max="3"/></cols><sheetData/>', []),
        (b'<sheetData><row hidden="1"/></sheetData><col min="1" max="1" hidden="1"/>', []),
        (b"", []),
    ],
)
def test_hidden_columns_of_other_writers(head: bytes, hidden: list[int]) -> None:
    assert find_hidden_columns(io.BytesIO(b"<worksheet>" + head), 6) == hidden


def test_sheets_with_the_same_header_are_named_and_can_be_chosen(tmp_path: Path) -> None:
    path = make_xlsx(tmp_path / "a.xlsx", [HEADER, make_rows(1)[0]], title="1月")
    book = openpyxl.load_workbook(path)
    for title, rows in {
        "2月": [["二月"], [*HEADER, "备注"], ["N1", AT, "二", "", ""]],
        "说明": [["列", "怎么填"], ["留言编号", "原系统的编号"]],
        "空表": [HEADER],
    }.items():
        page = book.create_sheet(title)
        for row in rows:
            page.append(row)
    book.save(path)

    account, result = run("messages", path)
    assert (
        account["passed_over"] | {"header_row": 1, "sheet": "1月", "other_sheets": ["2月"]}
        == account["passed_over"]
    )
    assert "没有读取表头相同的工作表：2月" in result.stderr
    assert "--sheet" in result.stderr

    account, _result = run("messages", path, "--sheet", "2月")
    assert (account["created"], account["passed_over"]["other_sheets"]) == (1, ["1月"])


@pytest.mark.parametrize("suffix", ["xlsx", "csv"])
def test_refused_messages_come_back_mended(tmp_path: Path, suffix: str) -> None:
    rows = make_rows(3)
    rows[1][1] = "2020-02-30"
    refused = tmp_path / f"refused.{suffix}"
    account, result = run("messages", make_xlsx(tmp_path / "a.xlsx", [HEADER, *rows]), "--refused", refused)
    assert (account["created"], account["refused"]) == (2, 1)
    assert str(refused) in result.stderr

    if suffix == "xlsx":
        sheet = read_sheet(refused)[1:]
    else:
        with refused.open(encoding="utf-8-sig", newline="") as file:
            sheet = list(csv.reader(file))
    assert sheet[0] == [*HEADER, "未导入原因"]
    assert [row[0] for row in sheet[1:]] == ["M2"]
    assert "原第 3 行：“留言时间”" in sheet[1][5]

    sheet[1][1] = AT
    account, _result = run("messages", make_xlsx(tmp_path / "b.xlsx", sheet))
    assert (account["created"], account["refused"]) == (1, 0)
    assert account["passed_over"]["unread_columns"] == []


def test_a_failed_formula_in_a_joined_text_is_refused(tmp_path: Path) -> None:
    mapping = '[columns]\nnumber = "号"\nreported_at = "时"\n[texts]\nsubject = "{甲}：{乙}"\n'
    rows = [["号", "时", "甲", "乙"], ["1", AT, "灯", "#N/A"]]

    account, _result = run(
        "messages",
        make_xlsx(tmp_path / "a.xlsx", rows),
        "--mapping",
        make_csv(tmp_path / "m.toml", mapping),
    )

    assert [(error["row"], error["column"]) for error in account["errors"]] == [(2, "乙")]


def test_a_register_returns_all_rows_with_the_reason_beside_the_faulty(tmp_path: Path) -> None:
    declare()
    path, refused = tmp_path / "a.xlsx", tmp_path / "refused.xlsx"
    rows = [house_row(1), house_row(2, **{"用途*": "乱写"}), ["合计", *house_row(3)[1:]]]
    account, _result = run("register", "houses", workbook(path, rows), "--refused", refused)
    assert (account["refused"], account["written"], Record.objects.count()) == (2, False, 0)

    title, header, *sheet = read_sheet(refused)
    assert header[-1] == "未导入原因"
    assert [bool(row[-1]) for row in sheet] == [False, True, True]
    assert "请删去这一行" in sheet[2][-1]

    sheet[1][header.index("用途*")] = "居住"
    account, _result = run("register", "houses", make_xlsx(path, [title, header, *sheet[:2]]))
    assert (account["created"], account["written"]) == (2, True)


def test_a_formula_without_a_value_is_a_fault_at_its_cell(tmp_path: Path) -> None:
    declare()
    path = workbook(tmp_path / "a.xlsx", [house_row(1)])
    book = openpyxl.load_workbook(path)
    book.worksheets[0]["F3"] = "=10*10"
    book.save(path)

    account, _result = run("register", "houses", path)

    assert [(error["cell"], error["column"]) for error in account["errors"]] == [("F3", "面积")]
    assert "没有算好的值" in account["errors"][0]["reason"]


def test_the_message_template_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "template.xlsx"
    assert CliRunner().invoke(import_group, ["template", str(path)]).exit_code == 0
    account, _result = run("messages", path)
    assert (account["read"], account["passed_over"]["example_rows"]) == (0, 1)

    book = openpyxl.load_workbook(path)
    page = book.worksheets[0]
    for column in range(1, page.max_column + 1):
        page.cell(4, column).value = page.cell(3, column).value
    page["A4"], page["F4"], page["G4"] = "T1", "114.1286", "22.6103"
    book.save(path)
    account, _result = run("messages", path)

    assert (account["created"], account["refused"]) == (1, 0)
    assert account["passed_over"]["unread_columns"] == []
    assert Case.objects.get().place_text == "某某路 1 号"


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_header_of_the_template_is_recognised(language: str) -> None:
    with translation.override(language):
        headers = tuple(column.header for column in list_template_columns())

    assert len(recognise_columns(Row(1, headers))) == len(headers)
