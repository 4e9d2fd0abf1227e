"""Blanks: their cells are read, values are written, and everything else of the file stays as the superior made it."""

import io
import re
import zipfile
from decimal import Decimal

import pytest
from docx import Document
from openpyxl import Workbook, load_workbook

from jiedao.kernel.errors import UserError
from jiedao.reports.forms.blank import CellRef, ListBlock, parse_ref
from jiedao.reports.forms.marking import COLOUR, mark_cells
from jiedao.reports.forms.opening import open_blank
from jiedao.reports.forms.package import Package, parse_xml
from jiedao.reports.forms.sheet_xml import S
from jiedao.reports.forms.shifting import AddedRows
from jiedao.reports.forms.sums import compute_sum
from jiedao.reports.tests.blanks import make_letter_blank, make_monthly_blank, make_rich_blank, save_workbook


def read_parts(content: bytes) -> dict[str, bytes]:
    """Return the parts of an Office file."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def replace_part(content: bytes, name: str, part: bytes) -> bytes:
    """Return an Office file with one part replaced or added."""
    parts = read_parts(content) | {name: part}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for key, value in parts.items():
            archive.writestr(key, value)
    return buffer.getvalue()


def test_a_grid_holds_texts_spans_and_formulas() -> None:
    grid = open_blank(make_monthly_blank()).grids[0]
    assert (grid.sheet, grid.rows, grid.columns) == ("月报", 8, 4)
    assert grid.get(1, 3).text == "城市管理工作情况月报表"
    assert grid.get(6, 2).is_formula
    assert not grid.has(parse_ref("月报!B1"))  # covered by the title
    assert grid.has(parse_ref("月报!D5"))


def test_values_are_written_as_numbers_and_texts_in_the_look_of_the_blank() -> None:
    blank = make_monthly_blank()
    content = open_blank(blank).write(
        {
            parse_ref("月报!B4"): Decimal("1234.50"),
            parse_ref("月报!B7"): "=1+1 无",
            parse_ref("月报!D2"): "x",
        },
        [],
    )
    sheet = load_workbook(io.BytesIO(content))["月报"]
    assert (sheet["B4"].value, sheet["B4"].fill.fgColor.rgb, sheet["B4"].border.left.style) == (
        1234.5,
        "00FFF2CC",
        "thin",
    )
    assert (sheet["B7"].value, sheet["B7"].data_type) == ("=1+1 无", "s")  # a text, not a formula
    assert sheet["B6"].value == "=SUM(B4:B5)"
    assert sheet.column_dimensions["A"].width == 22
    before, after = read_parts(blank), read_parts(content)
    assert list(before) == list(after)
    changed = [name for name in before if before[name] != after[name]]
    assert "xl/styles.xml" not in changed


def test_a_cell_that_shows_percentages_gets_the_hundredth() -> None:
    book = load_workbook(io.BytesIO(make_monthly_blank()))
    for cell, shown in (("C4", "0.0%"), ("C5", '0.0"%"'), ("B4", "0.00%")):
        book["月报"][cell].number_format = shown
    cells = [parse_ref(f"月报!{cell}") for cell in ("C4", "C5", "B4")]
    content = open_blank(save_workbook(book)).write(dict.fromkeys(cells, Decimal("33.3")), [], cells[:2])
    sheet = load_workbook(io.BytesIO(content))["月报"]
    assert [sheet[cell].value for cell in ("C4", "C5", "B4")] == [0.333, 33.3, 33.3]


def test_a_longer_list_moves_everything_below_it() -> None:
    blank = open_blank(make_rich_blank())
    rows = [[n, f"第{n}栋", n, Decimal(n * 10)] for n in range(1, 6)]
    content = blank.write({parse_ref("清单!B6"): "张三"}, [ListBlock("清单", 3, 4, (1, 2, 3, 4), rows)])
    book = load_workbook(io.BytesIO(content))
    sheet = book["清单"]
    assert [sheet[f"B{row}"].value for row in range(3, 8)] == [f"第{n}栋" for n in range(1, 6)]
    assert [sheet[f"F{row}"].value for row in (3, 5, 7)] == ["=C3*D3", "=C5*D5", "=C7*D7"]
    assert sheet["A7"].border.left.style == "thin"
    assert (sheet["D8"].value, sheet["F8"].value) == ("=SUM(D3:D7)", "=SUM(F3:F7)")
    assert (sheet["A9"].value, sheet["B9"].value, sheet["A12"].value) == ("审核人", "张三", "=D8*2")
    assert sheet["A9"].comment.text == "由分管领导签字"
    assert {str(merge) for merge in sheet.merged_cells.ranges} == {
        *(f"G{row}:H{row}" for row in range(3, 8)),
        "A11:E11",
    }
    assert str(sheet.data_validations.dataValidation[0].sqref) == "E3:E7"
    rules = next(iter(sheet.conditional_formatting))
    assert (str(rules.sqref), rules.rules[0].formula) == ("D3:D7", ["$D$8/2"])
    assert book["汇总"]["B1"].value == "=清单!D8"
    assert book.defined_names["面积"].attr_text == "清单!$D$3:$D$7"
    assert sheet.print_area == "'清单'!$A$1:$H$12"
    chart = next(part for name, part in read_parts(content).items() if "charts/chart" in name).decode()
    assert "$D$3:$D$7" in chart
    boxes = next(part for name, part in read_parts(content).items() if name.endswith(".vml")).decode()
    assert re.findall(r"Row>(\d+)<", boxes) == ["8"]  # the box of the comment, counted from 0
    assert sheet._images[0].anchor._from.row == 14
    assert sheet._charts[0].anchor._from.row == 14


def test_a_list_of_one_row_lets_its_sum_grow() -> None:
    added = AddedRows("清单", 3, 4)
    assert added.move_formula("SUM(C3:C3)+C9", "清单") == "SUM(C3:C7)+C13"
    assert added.move_formula("SUM('清单'!$C$3:$C$9)", "汇总") == "SUM('清单'!$C$3:$C$13)"
    assert added.move_formula('C9&"C9"', "汇总") == 'C9&"C9"'
    assert added.move_ref("A:C") == "A:C"
    assert added.move_ref("3:9") == "3:13"


def test_shared_formulas_survive_new_rows() -> None:
    content = make_rich_blank()
    sheet = read_parts(content)["xl/worksheets/sheet1.xml"].decode()
    shared = sheet.replace("<f>C3*D3</f>", '<f t="shared" ref="F3:F4" si="0">C3*D3</f>').replace(
        "<f>C4*D4</f>", '<f t="shared" si="0"/>'
    )
    assert shared != sheet
    content = replace_part(content, "xl/worksheets/sheet1.xml", shared.encode())
    rows = [[n, f"{n}", n, n] for n in range(1, 4)]
    filled = open_blank(content).write({}, [ListBlock("清单", 3, 4, (1, 2, 3, 4), rows)])
    sheet = load_workbook(io.BytesIO(filled))["清单"]
    assert [sheet[f"F{row}"].value for row in range(3, 7)] == ["=C3*D3", "=C4*D4", "=C5*D5", "=SUM(F3:F5)"]


def test_stored_results_of_formulas_are_computed_anew() -> None:
    blank = make_monthly_blank()
    sheet = re.sub(rb"</f><v ?/?>(?:</v>)?", b"</f><v>0</v>", read_parts(blank)["xl/worksheets/sheet1.xml"])
    content = replace_part(blank, "xl/worksheets/sheet1.xml", sheet)
    assert load_workbook(io.BytesIO(content), data_only=True)["月报"]["B6"].value == 0
    filled = open_blank(content).write({parse_ref("月报!B4"): 3}, [])
    parts = read_parts(filled)
    assert b'fullCalcOnLoad="1"' in parts["xl/workbook.xml"]
    assert load_workbook(io.BytesIO(filled), data_only=True)["月报"]["B6"].value is None


def test_a_word_table_is_filled_and_grows() -> None:
    blank = open_blank(make_letter_blank())
    assert [(grid.sheet, grid.rows, grid.columns) for grid in blank.grids] == [("表1", 3, 3), ("表2", 3, 3)]
    assert blank.grids[0].get(3, 2).columns == 2
    rows = [[str(n), f"第{n}栋", n] for n in range(1, 4)]
    content = blank.write(
        {parse_ref("表1!B2"): Decimal(17), parse_ref("表1!B3"): "无\n详见附件"},
        [ListBlock("表2", 2, 2, (1, 2, 3), rows)],
    )
    document = Document(io.BytesIO(content))
    figures, records = document.tables
    assert (figures.cell(1, 1).text, figures.cell(2, 1).text) == ("17", "无\n详见附件")
    assert figures.cell(1, 1).paragraphs[0].runs[0].bold
    assert [row.cells[1].text for row in records.rows] == ["名称", "第1栋", "第2栋", "第3栋", ""]
    assert records.cell(4, 0).text == "以上情况属实"
    before, after = read_parts(make_letter_blank()), read_parts(content)
    assert [name for name in before if before[name] != after[name] and name.startswith("word/")] == [
        "word/document.xml"
    ]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"hello", "文件已损坏"),
        (b"\xd0\xcf\x11\xe0" + b"\x00" * 600, "旧版"),
        (replace_part(make_monthly_blank(), "xl/vbaProject.bin", b"x"), "有宏"),
        (replace_part(make_monthly_blank(), "xl/workbook.xml", b"<workbook"), "文件已损坏"),
        (replace_part(make_monthly_blank(), "xl/workbook.xml", b'<!DOCTYPE a [<!ENTITY b "c">]><a/>'), "文件已损坏"),
        (make_letter_blank()[:-400], "文件已损坏"),
    ],
    ids=["text", "old", "macros", "broken", "entity", "cut"],
)  # fmt: skip
def test_a_file_that_cannot_be_a_blank_is_refused_with_advice(content: bytes, words: str) -> None:
    with pytest.raises(UserError) as refusal:
        open_blank(content).grids  # noqa: B018
    assert words in str(refusal.value)
    assert refusal.value.hint


SHEET = "xl/worksheets/sheet1.xml"


@pytest.mark.parametrize(
    "parts",
    [
        {SHEET: b"<a>" + b"<b/>" * 1_500_000 + b"</a>"},
        {"a.xml": b"<a>" + b"<b/>" * 800_000 + b"</a>", "b.xml": b"<a>" + b"<b/>" * 800_000 + b"</a>"},
        {SHEET: b"<a" + b" b='1'" * 3_000_001 + b"/>"},
    ],
    ids=["one part", "two parts", "attributes"],
)
def test_a_small_file_that_would_fill_the_memory_is_refused_before_it_is_parsed(
    parts: dict[str, bytes],
) -> None:
    content = make_monthly_blank()
    for name, part in parts.items():
        content = replace_part(content, name, part)
    package = Package(content)
    assert len(content) < 100_000
    *first, last = parts
    for name in first:
        package.get_tree(name)
    with pytest.raises(UserError, match="太大"):
        package.get_tree(last)


def test_a_large_sheet_is_read() -> None:
    row = b'<row r="1" ht="14">' + b'<c r="AA10000" s="12" t="s"><v>123456</v></c>' * 30 + b"</row>"
    content = replace_part(make_monthly_blank(), SHEET, b"<worksheet>" + row * 10_000 + b"</worksheet>")
    assert len(Package(content).get_tree(SHEET)) == 10_000


@pytest.mark.parametrize(
    "part",
    [
        b"<!--" + b"x" * 5000 + b'--><!DOCTYPE a [<!ENTITY b "c">]><a/>',
        '<!DOCTYPE a [<!ENTITY b "c">]><a/>'.encode("utf-16"),
        '<?xml version="1.0" encoding="IBM037"?><a/>'.encode("cp037"),
        b'<?xml version="1.0" encoding="IBM037"?><a/>',
    ],
    ids=["behind a comment", "in UTF-16", "in EBCDIC", "named as EBCDIC"],
)
def test_xml_with_a_document_type_or_in_a_foreign_encoding_is_refused(part: bytes) -> None:
    with pytest.raises(UserError, match="文件已损坏"):
        parse_xml(part)


def test_the_same_values_give_the_same_bytes() -> None:
    values = {CellRef("月报", 4, 2): 5}
    assert open_blank(make_monthly_blank_fixed()).write(values, []) == open_blank(
        make_monthly_blank_fixed()
    ).write(values, [])


def make_monthly_blank_fixed(cache: list[bytes] = []) -> bytes:  # noqa: B006
    """Return one blank again and again: openpyxl writes the time into each file."""
    if not cache:
        cache.append(make_monthly_blank())
    return cache[0]


# -- pivot tables ------------------------------------------------------------------------------------------------


def add_pivot_table(content: bytes, location: str, source: str = "A2:F4") -> bytes:
    """Return a workbook with the parts of a pivot table of the first sheet."""
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    relation = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006/relationships"
    cache = (
        f'<pivotCacheDefinition xmlns="{main}"><cacheSource type="worksheet">'
        f'<worksheetSource ref="{source}" sheet="清单"/></cacheSource></pivotCacheDefinition>'
    )
    table = (
        f'<pivotTableDefinition xmlns="{main}" name="透视" cacheId="1">'
        f'<location ref="{location}" firstHeaderRow="1" firstDataRow="1" firstDataCol="1"/></pivotTableDefinition>'
    )
    parts = read_parts(content)
    rels = "xl/worksheets/_rels/sheet1.xml.rels"
    own = f'<Relationship Id="rPivot" Type="{relation}/pivotTable" Target="/xl/pivotTables/pivotTable1.xml"/>'
    assert package in parts[rels].decode()
    for name, part in (
        ("xl/pivotCache/pivotCacheDefinition1.xml", cache.encode()),
        ("xl/pivotTables/pivotTable1.xml", table.encode()),
        (rels, parts[rels].replace(b"</Relationships>", own.encode() + b"</Relationships>")),
    ):
        content = replace_part(content, name, part)
    return content


def test_rows_are_added_above_a_pivot_table_and_its_source_grows() -> None:
    content = add_pivot_table(make_rich_blank(), "J20:K24")
    rows = [[n, f"{n}", n, n] for n in range(1, 6)]
    parts = read_parts(open_blank(content).write({}, [ListBlock("清单", 3, 4, (1, 2, 3, 4), rows)]))
    assert b'ref="A2:F7"' in parts["xl/pivotCache/pivotCacheDefinition1.xml"]
    assert b'refreshOnLoad="1"' in parts["xl/pivotCache/pivotCacheDefinition1.xml"]
    assert b'ref="J23:K27"' in parts["xl/pivotTables/pivotTable1.xml"]


def test_rows_that_would_cut_a_pivot_table_are_refused_with_advice() -> None:
    content = add_pivot_table(make_rich_blank(), "J3:K9")
    block = ListBlock("清单", 3, 4, (1, 2, 3, 4), [[n, f"{n}", n, n] for n in range(1, 6)])
    with pytest.raises(UserError, match="数据透视表（清单!J3:K9）") as refusal:
        open_blank(content).write({}, [block])
    assert "透视表移到清单下面" in refusal.value.hint


# -- marks -------------------------------------------------------------------------------------------------------


def test_changed_cells_have_a_colour_and_a_comment_and_keep_their_look() -> None:
    content = make_rich_blank()
    notes = {parse_ref("清单!B3"): "上次：3", parse_ref("清单!A6"): "上次：4"}
    marked = mark_cells(content, notes)
    sheet = load_workbook(io.BytesIO(marked))["清单"]
    assert (sheet["B3"].comment.text, sheet["B3"].fill.fgColor.rgb) == ("上次：3", f"FF{COLOUR}")
    assert sheet["B3"].border.left.style == "thin"
    assert sheet["A6"].comment.text == "由分管领导签字\n上次：4"  # the comment of the superior stays
    assert sheet["B4"].fill.fgColor.rgb != f"FF{COLOUR}"
    before, after = read_parts(content), read_parts(marked)
    assert before["xl/worksheets/sheet2.xml"] == after["xl/worksheets/sheet2.xml"]
    assert before["xl/charts/chart1.xml"] == after["xl/charts/chart1.xml"]


def test_changed_cells_of_a_word_table_have_a_colour_and_a_comment() -> None:
    marked = mark_cells(
        make_letter_blank(), {parse_ref("表1!B2"): "上次：3", parse_ref("表2!B2"): "上次没有"}
    )
    document = Document(io.BytesIO(marked))
    assert f'w:fill="{COLOUR}"' in document.tables[0].cell(1, 1)._tc.xml
    assert f'w:fill="{COLOUR}"' not in document.tables[0].cell(1, 2)._tc.xml
    assert [comment.text for comment in document.comments] == ["上次：3", "上次没有"]


# -- other parts, and files that are too large -------------------------------------------------------------------


def test_parts_without_filled_cells_keep_their_bytes() -> None:
    content = make_rich_blank()
    sheet = read_parts(content)["xl/worksheets/sheet2.xml"].replace(b"<sheetData>", b"<sheetData >")
    content = replace_part(content, "xl/worksheets/sheet2.xml", sheet)  # bytes that no library would write
    filled = open_blank(content).write({parse_ref("清单!B6"): "张三"}, [])
    before, after = read_parts(content), read_parts(filled)
    changed = {name for name in before if before[name] != after[name]}
    assert changed <= {"xl/worksheets/sheet1.xml", "xl/worksheets/sheet2.xml", "xl/workbook.xml"}
    unfilled = open_blank(make_letter_blank()).write({}, [])
    assert read_parts(unfilled) == read_parts(make_letter_blank())


def make_sheet(rows: str, tail: str = "") -> bytes:
    """Return a workbook whose first sheet has these rows."""
    xml = f'<worksheet xmlns="{S[1:-1]}"><sheetData>{rows}</sheetData>{tail}</worksheet>'
    return replace_part(make_monthly_blank(), "xl/worksheets/sheet1.xml", xml.encode())


def test_blanks_that_are_too_large_are_refused_with_advice() -> None:
    text = '<c r="A{0}" t="inlineStr"><is><t>甲</t></is></c>'
    many = "".join(f'<row r="{n}">{text.format(n)}</row>' for n in range(1, 12_001))
    merged = '<mergeCells><mergeCell ref="A2:GR60000"/></mergeCells>'
    bomb = replace_part(make_monthly_blank(), "xl/media/image1.png", bytes(121 * 1024 * 1024))
    long = replace_part(make_monthly_blank(), "xl/worksheets/sheet1.xml", b"<a>" + b" " * 31 * 1024 * 1024)
    for content, words in (
        (make_sheet(many), "有 12000 行"),
        (make_sheet("", merged), "合并的单元格太多"),
        (bomb, "解开后太大"),
        (long, "“xl/worksheets/sheet1.xml”太大"),
    ):
        with pytest.raises(UserError, match=words) as refusal:
            open_blank(content).grids  # noqa: B018
        assert refusal.value.hint


def test_rows_with_a_look_to_the_end_of_a_sheet_are_left_out() -> None:
    styled = "".join(f'<row r="{n}"><c r="A{n}" s="1"/></row>' for n in range(2, 9_001))
    grid = open_blank(make_sheet(f'<row r="1"><c r="A1"><v>1</v></c></row>{styled}')).grids[0]
    assert (grid.rows, grid.columns) == (1_001, 1)


def test_sums_are_computed_through_other_sums_and_not_through_other_formulas() -> None:
    book = Workbook()
    sheet = book.active
    for row in ((1, 2.5, "无"), ("=SUM(A1:C1)", "=A2+B1", "=SUM(A2,B2)"), ("=A1*2", "=SUM(A3:B1)", "=A3+C1")):
        sheet.append(row)
    sheet["A4"], sheet["B4"] = "=B4", "=A4"  # a circle
    grid = open_blank(save_workbook(book)).grids[0]
    found = {f"{row}{column}": compute_sum(grid, row, column) for row in (2, 3, 4) for column in (1, 2, 3)}
    assert [found[key] for key in ("21", "22", "23")] == [Decimal("3.5"), Decimal(6), Decimal("9.5")]
    assert [found[key] for key in ("31", "32", "33", "41")] == [None] * 4
