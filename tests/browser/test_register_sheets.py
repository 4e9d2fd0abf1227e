"""Sheets of a register in the browser: what a person downloads there, they can upload there."""

from pathlib import Path

import openpyxl
from playwright.sync_api import expect

from jiedao.kernel.memo import forget_all
from jiedao.registers.models import Record
from jiedao.registers.tests.inspecting import grant_rights
from jiedao.registers.tests.parts import declare
from jiedao.testing.cast import Town
from tests.browser.pages import Site

LIST = "/desk/registers/houses/"
IMPORT = "/desk/registers/houses/import/"


def download(site: Site, label: str, folder: Path) -> Path:
    """Follow a link that sends a file, and return the file under the name that the browser gives it."""
    with site.page.expect_download() as waiting:
        site.follow(label)
    path = folder / waiting.value.suggested_filename
    waiting.value.save_as(path)
    return path


def fill_sheet(page: object, *codes: str, use: str = "居住") -> None:
    """Write a building with each code under the header of a template."""
    titles = {str(cell.value).rstrip("*"): cell.column for cell in page[2]}  # type: ignore[index]
    for row, code in enumerate(codes, 4):
        cells = {"编码": code, "名称": f"{code}号楼", "社区、网格": "990001001001001", "用途": use}
        for title, value in cells.items():
            page.cell(row, titles[title]).value = value  # type: ignore[attr-defined]


def check_file(site: Site, path: Path) -> None:
    site.open(IMPORT)
    site.page.set_input_files("[name=file]", path)
    site.press("检查")


def test_template_sheets_export_and_refused_rows_return(site: Site, town: Town, tmp_path: Path) -> None:
    grant_rights(town)
    declare()
    forget_all()
    site.be("grid1")
    site.open(IMPORT)
    template = download(site, "下载模板", tmp_path)
    book = openpyxl.load_workbook(template)
    fill_sheet(book.worksheets[0], "H1", "H2")
    copy = book.copy_worksheet(book.worksheets[0])
    copy.title = "2月"
    fill_sheet(copy, "H3", "H4", use="乱写")
    book.worksheets[0].row_dimensions[5].hidden = True
    book.save(template)

    check_file(site, template)
    site.see("没有错误", "新增 2 条", "2月", "隐藏", "示例行没有导入")
    site.picture("sheet-sound", full=True)
    site.press("导入")
    site.see("已导入：新增 2 条", "2 处错误", "用途")
    site.picture("sheet-refused", full=True)
    site.picture("sheet-refused-phone", size="phone", full=True)

    refused = download(site, "下载并改正", tmp_path)
    book = openpyxl.load_workbook(refused)
    page = book.worksheets[0]
    use = next(cell.column for cell in page[2] if str(cell.value).startswith("用途"))
    for row in (4, 5):  # below the example row
        page.cell(row, use).value = "居住"
    book.save(refused)
    check_file(site, refused)
    site.see("没有错误", "新增 2 条")
    site.press("导入")
    site.see("已导入：新增 2 条")
    assert sorted(Record.objects.values_list("code", flat=True)) == ["H1", "H2", "H3", "H4"]

    for format_ in ("Excel", "CSV"):
        site.open(LIST)
        site.main().locator("summary", has_text="导出").click()
        check_file(site, download(site, format_, tmp_path))
        site.see("台账里已经是这样")
    expect(site.main().get_by_role("button", name="导入", exact=True)).to_have_count(0)
    undo_the_newest_import(site)
    assert sorted(Record.objects.values_list("code", flat=True)) == ["H1", "H2"]


def undo_the_newest_import(site: Site) -> None:
    """Undo the import that is first in the list, as the page offers it."""
    site.open(IMPORT)
    site.main().get_by_role("link", name="撤销").first.click()
    site.see("删除新增的 2 条", "删除的记录不能恢复")
    site.picture("sheet-undo", full=True)
    site.picture("sheet-undo-phone", size="phone", full=True)
    site.press("撤销全部 2 条")
    site.page.locator(
        "dialog[open] .btn-danger, dialog[open] .btn-primary, .modal.show .btn-danger"
    ).first.click()
    site.see("删除了 2 条，还原了 0 条")


def test_the_page_offers_the_sheets_of_a_file_whose_first_sheet_is_another(
    site: Site, town: Town, tmp_path: Path
) -> None:
    grant_rights(town)
    declare()
    forget_all()
    site.be("grid1")
    site.open(IMPORT)
    template = download(site, "下载模板", tmp_path)
    book = openpyxl.load_workbook(template)
    book.worksheets[0].title = "楼栋"
    fill_sheet(book.worksheets[0], "H1")
    book.create_sheet("封面", 0).append(["某某社区出租屋台账"])
    book.active = 0
    book.save(template)

    check_file(site, template)
    site.see("没有“")
    site.picture("sheet-choice", full=True)
    site.follow("楼栋")
    site.see("新增 1 条")
