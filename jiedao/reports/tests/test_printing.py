"""Printouts: photos, long words, the blocks of a sheet in PDF and Word, and the supervision letter, read back."""

import re
from datetime import UTC, date, datetime
from io import BytesIO
from typing import Any

import pytest
from django.core.files.base import ContentFile
from docx import Document as WordDocument
from docx.shared import Emu
from PIL import Image
from pypdf import PdfReader

from jiedao.audit.models import Entry
from jiedao.files import storage
from jiedao.files.actions import store_file
from jiedao.files.models import Attachment, Kind
from jiedao.files.tests.pictures import make_exif, make_picture
from jiedao.reports.document import (
    Document,
    Layout,
    PageBreak,
    Picture,
    PictureKind,
    Pictures,
    SignatureLines,
)
from jiedao.reports.output.layout import BODY_FACE, MEASURES
from jiedao.reports.output.pdf import write_pdf
from jiedao.reports.output.typst_text import LONG_WORD_OF_LABEL, list_fonts, write_text
from jiedao.reports.output.word import write_word
from jiedao.reports.printing.letter import Letter, LetterMatter, make_letters
from jiedao.reports.printing.parts import (
    Entry as HistoryEntry,
)
from jiedao.reports.printing.parts import (
    make_facts,
    make_history,
    make_masthead,
    make_paragraphs,
    make_room,
    make_sheet,
    make_table,
)
from jiedao.reports.printing.pictures import MOST_PHOTOS, Photo, draw_code, draw_place, read_photos
from jiedao.reports.printing.recording import Sheet, record_printout
from jiedao.testing.cast import Town, make_town, walk

POINTS_OF_A_MM = 72 / 25.4
NOON = datetime(2020, 6, 30, 4, tzinfo=UTC)
has_font = pytest.mark.skipif(
    not set(BODY_FACE.pdf) & list_fonts(), reason="no font for Chinese is installed"
)
LONG_WORD = "https://example.gov.cn/" + "a" * 300
MARKS = "“停工。。。”" + "！" * 80
TEXT = (
    f"1. 第一行\n- 不是列表\n= 不是标题 $x^2$ #let *a* `b` @c <d> // e\n{LONG_WORD}\n{MARKS}\n👨‍👩‍👧🏽😀\n"
    + "长" * 900
)


def make_photo(side: tuple[int, int] = (300, 200)) -> Picture:
    buffer = BytesIO()
    Image.new("RGB", side, "green").save(buffer, "JPEG")
    return Picture(buffer.getvalue(), PictureKind.JPEG, side[0] / side[1], "处置前")


def make_full_sheet(photos: int) -> Document:
    """Return a sheet with every kind of block, whose texts and pictures are hard to lay out."""
    blocks = [
        make_masthead("案件工作单" * 6, [LONG_WORD, "😀"], "https://jiedao.example.gov.cn/desk/cases/1/"),
        *make_facts([("标签" * 9, "短"), ("网址", LONG_WORD), ("空", ""), ("标点", MARKS)]),
        *make_paragraphs(TEXT),
        Pictures(tuple(make_photo((300, 200) if n % 2 else (200, 900)) for n in range(photos))),
        *make_history([HistoryEntry(NOON, "派遣" * 20, "王敏" * 20, TEXT)]),
        make_room("处置情况", 30),
        SignatureLines(("处置人", "核查人", "日期")),
        PageBreak(),
        make_masthead("第二件", ["在新的一页"], ""),
    ]
    return Document(tuple(blocks), layout=Layout.SHEET, footer="2020-06-30 由 王敏 打印" * 5)


@has_font
@pytest.mark.parametrize("photos", [0, 30])
def test_nothing_of_a_pdf_runs_over_the_margins(photos: int) -> None:
    measures = MEASURES[Layout.SHEET]
    right = (210 - measures.right_mm) * POINTS_OF_A_MM
    reader = PdfReader(BytesIO(write_pdf(make_full_sheet(photos))))
    starts: list[float] = []

    def visit(text: str, matrix: list[float], place: list[float], _font: Any, _size: float) -> None:
        if text.strip():
            starts.append(place[4] if not matrix[4] else matrix[4])

    for page in reader.pages:
        page.extract_text(visitor_text=visit)
    text = re.sub(r"[\s\u200b]", "", "".join(page.extract_text() for page in reader.pages))

    assert max(starts) < right
    assert LONG_WORD in text
    assert "1.第一行-不是列表=不是标题$x^2$#let*a*`b`@c<d>//e" in text
    assert "在新的一页" in reader.pages[-1].extract_text()
    assert f"第{len(reader.pages)}页，共{len(reader.pages)}页" in re.sub(
        r"\s", "", reader.pages[-1].extract_text()
    )


@has_font
def test_a_word_that_is_too_long_is_broken_over_lines() -> None:
    reader = PdfReader(BytesIO(write_pdf(Document(tuple(make_paragraphs("W" * 200)), layout=Layout.SHEET))))
    lines = [line for line in reader.pages[0].extract_text().splitlines() if "W" in line]

    assert len(lines) >= 3
    assert sum(line.count("W") for line in lines) == 200


def test_a_number_breaks_in_a_label_and_not_in_a_value() -> None:
    assert "\u200b" in write_text("2020-00012208", LONG_WORD_OF_LABEL)
    assert "\u200b" not in write_text("2020-00012208")


def test_an_emoji_of_several_characters_is_not_broken() -> None:
    family = "👨\u200d👩\u200d👧"

    assert write_text(family * 9).count(family) == 9


def test_tables_and_pictures_of_word_fit_the_page() -> None:
    word = WordDocument(BytesIO(write_word(make_full_sheet(30))))
    section = word.sections[0]
    width = section.page_width - section.left_margin - section.right_margin

    for table in word.tables:
        assert not table.autofit
        assert sum(column.width for column in table.columns) <= width + Emu(10_000)
    assert len(word.inline_shapes) == 31  # and the code
    assert all(shape.width <= width / 3 for shape in word.inline_shapes)
    assert all(Emu(shape.height).mm <= 49 for shape in word.inline_shapes)


def test_word_has_the_texts_of_a_sheet() -> None:
    word = WordDocument(BytesIO(write_word(make_full_sheet(1))))
    cells = [cell.text for table in word.tables for row in table.rows for cell in row.cells]
    footer = word.sections[0].footer.paragraphs[0]

    assert LONG_WORD in cells
    assert "空" not in cells
    assert TEXT in cells
    assert any(cell.startswith("处置人") for cell in cells)
    assert "NUMPAGES" in footer._p.xml
    assert [paragraph for paragraph in word.paragraphs if paragraph.paragraph_format.page_break_before]


def test_a_table_without_rows_and_facts_without_values_are_left_out() -> None:
    assert make_table(("时间", "内容"), [], (1, 2)) == []
    assert make_facts([("说明", ""), ("备注", None)]) == []
    assert make_history([]) == []


def test_control_characters_are_removed() -> None:
    (facts,) = make_facts([("说明", "前\x0b后\x00")])

    assert facts.facts[0].value == "前后"  # type: ignore[union-attr]


@pytest.fixture
def town(db: None) -> Town:
    return make_town()


def store(town: Town, case_id: int | None, name: str = "现场.jpg", content: bytes = b"") -> Attachment:
    file = ContentFile(content or make_picture(size=(2400, 1600)), name=name)
    owner = {} if case_id is None else {"object_type": "cases.case", "object_id": case_id}
    return store_file(town.actor("handler"), file, kind=Kind.PHOTO_AFTER, **owner)


def test_photos_are_scaled_down(town: Town) -> None:
    photo = store(town, walk(town, to="HANDLING").pk)

    (picture,) = read_photos(town.actor("handler"), [Photo(photo, "处置后")]).pictures

    assert Image.open(BytesIO(picture.content)).size == (1000, 667)
    assert picture.caption == "处置后"


def test_a_photo_that_lies_on_its_side_is_set_upright(town: Town) -> None:
    photo = store(town, walk(town, to="HANDLING").pk)
    # As an earlier version may have stored it.
    turned = make_picture(size=(60, 40), exif=make_exif(orientation=6))
    storage.get_content_path(photo.blob.sha256).write_bytes(turned)

    (picture,) = read_photos(town.actor("handler"), [Photo(photo)]).pictures

    assert Image.open(BytesIO(picture.content)).size == (40, 60)
    assert picture.ratio == pytest.approx(40 / 60)


def test_the_transparent_parts_of_a_photo_are_white(town: Town) -> None:
    buffer = BytesIO()
    Image.new("RGBA", (20, 20), (255, 0, 0, 0)).save(buffer, "PNG")
    photo = store(town, walk(town, to="HANDLING").pk, "图.png", buffer.getvalue())

    (picture,) = read_photos(town.actor("handler"), [Photo(photo)]).pictures

    assert Image.open(BytesIO(picture.content)).getpixel((10, 10)) == (255, 255, 255)


def test_photos_that_cannot_be_read_are_named_and_the_others_printed(town: Town) -> None:
    case = walk(town, to="HANDLING")
    good = store(town, case.pk, "好.jpg")
    broken = store(town, case.pk, "坏.jpg", make_picture(size=(80, 80)))
    missing = store(town, case.pk, "丢.jpg", make_picture(size=(90, 90)))
    storage.get_content_path(broken.blob.sha256).write_bytes(b"\xff\xd8 no picture")
    storage.get_content_path(missing.blob.sha256).unlink()

    printed = read_photos(town.actor("handler"), [Photo(row) for row in (broken, good, missing)])

    assert len(printed.pictures) == 1
    assert printed.faults == (
        "照片“坏.jpg”读不出来，没有印出。",
        "照片“丢.jpg”的文件不在服务器上，没有印出。",
    )


def test_photos_out_of_scope_are_left_out(town: Town) -> None:
    photo = store(town, walk(town, to="HANDLING").pk)

    assert read_photos(town.actor("grid3"), [Photo(photo)]) == read_photos(town.actor("grid3"), [])


def test_photos_beyond_the_limit_are_counted(town: Town) -> None:
    photo = store(town, walk(town, to="HANDLING").pk, content=make_picture())

    printed = read_photos(town.actor("handler"), [Photo(photo)] * (MOST_PHOTOS + 2))

    assert len(printed.pictures) == MOST_PHOTOS
    assert printed.faults == ("照片共 62 张，只印前 60 张，其余请在系统里看。",)


def test_the_footer_names_who_printed_and_when(town: Town) -> None:
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d 由 .+ 打印", make_sheet(town.actor("handler"), []).footer)


def test_each_printed_object_has_an_audit_entry(town: Town) -> None:
    cases = [walk(town), walk(town)]

    record_printout(
        actor=town.actor("dispatcher"),
        sheet=Sheet.WORK_ORDER,
        suffix="pdf",
        object_type="cases.case",
        ids=[case.pk for case in cases],
    )

    entries = Entry.objects.filter(action="reports.printout:make")
    assert {entry.object_id for entry in entries} == {case.pk for case in cases}
    assert all(entry.after == {"printout": "work_order", "format": "pdf"} for entry in entries)


def test_a_map_for_paper_has_its_style_and_the_point_within_it() -> None:
    grid = {
        "type": "Feature",
        "geometry": {
            "type": "Polygon",
            "coordinates": [[[114.1, 22.6], [114.2, 22.6], [114.2, 22.7], [114.1, 22.6]]],
        },
        "properties": {"kind": "grid", "label": "<甲>"},
    }
    here = {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [114.18, 22.62]},
        "properties": {"kind": "here", "label": "这里"},
    }

    picture = draw_place({"type": "FeatureCollection", "features": [grid, here]})
    svg = picture.content.decode()
    x, y = map(float, re.search(r'cx="([\d.]+)" cy="([\d.]+)"', svg).groups())  # type: ignore[union-attr]
    corners = [
        tuple(map(float, pair.split())) for pair in re.findall(r"[\d.]+ [\d.]+", svg.split(' d="')[1])[:3]
    ]

    assert "<style>" in svg
    assert "&lt;甲&gt;" in svg
    assert corners[0][0] < x < corners[1][0]  # east of the first corner, west of the second
    assert corners[2][1] < y < corners[1][1]  # south of the third, north of the second


def make_matter(number: str, **changes: Any) -> LetterMatter:
    values: dict[str, Any] = {
        "number": number,
        "subject": "路口井盖松动",
        "place": "东门路口",
        "due": "2020-07-03 18:00",
        "text": "车辆经过时响动很大。",
        "demand": "三日内修好",
        "answer_date": date(2020, 7, 2),
        "asked_at": NOON,
        "asked_by": "林主任 · 街道领导",
    }
    return LetterMatter(**{**values, **changes})


def read_letter(town: Town, *letters: Letter) -> tuple[Any, str]:
    word = WordDocument(BytesIO(write_word(make_letters(town.actor("leader"), list(letters)))))
    cells = [cell.text for table in word.tables for row in table.rows for cell in row.cells]
    return word, "\n".join([paragraph.text for paragraph in word.paragraphs] + cells)


def test_a_letter_has_the_layout_of_the_standard_and_what_is_demanded(town: Town) -> None:
    word, text = read_letter(town, Letter("城管科", (make_matter("2020-1"),), "https://example.gov.cn/1"))
    section = word.sections[0]

    assert (round(section.top_margin.mm), round(section.left_margin.mm)) == (37, 28)
    for words in (
        "督办单",
        "城管科：",
        "路口井盖松动（2020-1）。地点：东门路口。",
        "三日内修好",
        "2020年7月2日前",
        "2020年6月30日",
    ):
        assert words in text
    receiver = next(paragraph for paragraph in word.paragraphs if paragraph.text == "城管科：")
    assert "firstLineChars" not in receiver._p.xml
    assert "办理情况" in text  # the room for the answer


def test_a_letter_that_was_answered_has_the_answer(town: Town) -> None:
    matter = make_matter("2020-1", answer="已更换井盖", answered_by="李强", answered_at=NOON)

    _word, text = read_letter(town, Letter("城管科", (matter,), ""))

    assert "已更换井盖\n李强 2020-06-30 12:00" in text


def test_a_letter_about_several_matters_has_the_earliest_day_and_each_demand(town: Town) -> None:
    matters = (
        make_matter("2020-1"),
        make_matter("2020-2", demand="先围挡", answer_date=date(2020, 7, 1)),
    )

    _word, text = read_letter(town, Letter("城管科", matters, ""))

    assert "编号：2020-1 等 2 件" in text
    assert "2020-1：三日内修好" in text
    assert "2020-2：先围挡" in text
    assert "请于2020年7月1日前" in text
    assert "2020-2 路口井盖松动" in text.splitlines()  # the room for the answer to this matter


def test_the_code_of_a_page_is_the_same_for_the_same_address() -> None:
    assert draw_code("https://a.cn/1", "") == draw_code("https://a.cn/1", "")
    assert draw_code("https://a.cn/1", "") != draw_code("https://a.cn/2", "")
