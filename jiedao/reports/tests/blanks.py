"""Blanks for the tests of forms, as a superior might send them."""

import io

from docx import Document
from openpyxl import Workbook
from openpyxl.chart import BarChart, Reference
from openpyxl.comments import Comment
from openpyxl.drawing.image import Image
from openpyxl.formatting.rule import CellIsRule
from openpyxl.styles import Border, Font, PatternFill, Side
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation
from PIL import Image as Picture

LINE = Side(style="thin")
BOX = Border(left=LINE, right=LINE, top=LINE, bottom=LINE)


def save_workbook(book: Workbook) -> bytes:
    """Return the bytes of a workbook."""
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def make_monthly_blank() -> bytes:
    """Return a monthly form: two communities by three columns, a total, a line by hand, and the facts of the office."""
    book = Workbook()
    sheet = book.active
    sheet.title = "月报"
    sheet.merge_cells("A1:D1")
    sheet["A1"] = "城市管理工作情况月报表"
    sheet["A1"].font = Font(name="黑体", size=18, bold=True)
    sheet["A2"], sheet["C2"] = "填报单位：", "填报日期："
    for column, words in zip("ABCD", ("社区", "应处置", "处置率", "上年同期应处置"), strict=True):
        sheet[f"{column}3"] = words
    sheet["A4"], sheet["A5"], sheet["A6"] = "临江社区", "望山社区", "合计"
    sheet["B6"] = "=SUM(B4:B5)"
    sheet["A7"], sheet["A8"] = "存在的问题", "填表人"
    for row in range(3, 9):
        for column in "ABCD":
            sheet[f"{column}{row}"].border = BOX
    sheet["B4"].fill = PatternFill("solid", fgColor="FFF2CC")
    sheet.column_dimensions["A"].width = 22
    return save_workbook(book)


def make_rich_blank() -> bytes:
    """Return a form with a list of two rows, and everything below and beside it that must survive more rows."""
    book = Workbook()
    sheet = book.active
    sheet.title = "清单"
    sheet["A1"] = "在册清单"
    for column, words in zip("ABCDE", ("序号", "名称", "层数", "面积", "单价"), strict=True):
        sheet[f"{column}2"] = words
    for row in (3, 4):
        for column in "ABCDE":
            sheet[f"{column}{row}"].border = BOX
        sheet[f"F{row}"] = f"=C{row}*D{row}"
        sheet.merge_cells(f"G{row}:H{row}")
    sheet["A5"], sheet["D5"], sheet["F5"] = "合计", "=SUM(D3:D4)", "=SUM(F3:F4)"
    sheet["A6"] = "审核人"
    sheet.merge_cells("A8:E8")
    sheet["A8"] = "说明：本表按月报送"
    sheet["A9"] = "=D5*2"
    choices = DataValidation(type="list", formula1='"是,否"')
    choices.add("E3:E4")
    sheet.add_data_validation(choices)
    red = PatternFill("solid", bgColor="FFC7CE")
    sheet.conditional_formatting.add(
        "D3:D4", CellIsRule(operator="greaterThan", formula=["$D$5/2"], fill=red)
    )
    sheet["A6"].comment = Comment("由分管领导签字", "上级")
    chart = BarChart()
    chart.add_data(Reference(sheet, min_col=4, min_row=2, max_row=4), titles_from_data=True)
    sheet.add_chart(chart, "J12")
    picture = io.BytesIO()
    Picture.new("RGB", (40, 20), (200, 30, 30)).save(picture, "PNG")
    picture.seek(0)
    sheet.add_image(Image(picture), "A12")
    other = book.create_sheet("汇总")
    other["A1"], other["B1"] = "面积合计", "=清单!D5"
    book.defined_names["面积"] = DefinedName("面积", attr_text="清单!$D$3:$D$4")
    sheet.print_area = "A1:H9"
    return save_workbook(book)


def make_letter_blank() -> bytes:
    """Return a Word form with a table of figures and a table for records."""
    document = Document()
    document.add_heading("专项工作统计表", 0)
    figures = document.add_table(rows=3, cols=3)
    figures.style = "Table Grid"
    for cell, words in zip(figures.rows[0].cells, ("项目", "数量", "备注"), strict=True):
        cell.text = words
    figures.cell(1, 0).text, figures.cell(2, 0).text = "应处置", "存在的问题"
    figures.cell(2, 1).merge(figures.cell(2, 2))
    run = figures.cell(1, 1).paragraphs[0].add_run("")
    run.bold = True
    document.add_paragraph("附：名单")
    records = document.add_table(rows=3, cols=3)
    for cell, words in zip(records.rows[0].cells, ("序号", "名称", "层数"), strict=True):
        cell.text = words
    records.cell(2, 0).text = "以上情况属实"
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()
