"""The offices' own Word templates: their look stays, their tags print figures, and faults name their paragraph."""

import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from docx import Document as WordDocument
from docx.shared import Mm, Pt

from jiedao.files.models import Blob
from jiedao.indicators.figure import TOWN
from jiedao.kernel.errors import NotAllowed, UserError
from jiedao.kernel.periods import parse_period
from jiedao.reports.actions.signing import sign_report
from jiedao.reports.actions.word_templates import add_word_template, retire_word_template
from jiedao.reports.actions.writing import begin_report
from jiedao.reports.building import build_document
from jiedao.reports.commands import report_group
from jiedao.reports.functions import ReportFunctions
from jiedao.reports.models import Report, WordTemplate
from jiedao.reports.tests.conftest import TEXT, ReportTown
from jiedao.reports.word_templates.building import build_word
from jiedao.reports.word_templates.filling import Paper, fill_template

JUNE = parse_period("2020-06")


def make_word(*paragraphs: str, header: str = "", rows: tuple[tuple[str, ...], ...] = ()) -> bytes:
    """Return a Word file with paragraphs, a header and a table."""
    word = WordDocument()
    for words in paragraphs:
        word.add_paragraph(words)
    if rows:
        table = word.add_table(rows=len(rows), cols=len(rows[0]))
        for line, cells in zip(table.rows, rows, strict=True):
            for cell, words in zip(line.cells, cells, strict=True):
                cell.text = words
    if header:
        word.sections[0].header.paragraphs[0].text = header
    return save(word)


def save(word: Any) -> bytes:
    file = BytesIO()
    word.save(file)
    return file.getvalue()


def fill(content: bytes) -> Any:
    """Return the Word document of the report of June in a template."""
    document = build_document(TEXT, JUNE)
    return WordDocument(
        BytesIO(fill_template(content, ReportFunctions(JUNE), document, Paper("2020年7月1日")))
    )


def read_lines(word: Any) -> list[str]:
    return [paragraph.text for paragraph in word.paragraphs if paragraph.text]


def rewrite(content: bytes, name: str, old: bytes, new: bytes) -> bytes:
    """Return a file in which one part has other bytes; a part that is missing is added."""
    file = BytesIO()
    with zipfile.ZipFile(BytesIO(content)) as source, zipfile.ZipFile(file, "w") as target:
        for part in source.namelist():
            data = source.read(part)
            target.writestr(part, data.replace(old, new) if part == name else data)
        if name not in source.namelist():
            target.writestr(name, new)
    return file.getvalue()


@pytest.fixture
def report(report_town: ReportTown) -> Report:
    return begin_report(
        actor=report_town.town.actor("handler"), template=report_town.template, period=JUNE, place=TOWN
    )


def test_a_letterhead_gets_the_body_in_the_look_of_its_paragraph(report_town: ReportTown) -> None:
    word = WordDocument()
    head = word.add_paragraph().add_run("云溪街道办事处文件")
    head.font.size = Pt(36)
    place = word.add_paragraph()
    place.paragraph_format.line_spacing = Pt(25)
    place.add_run("{{ body }}").font.size = Pt(15)
    word.add_paragraph("抄送：各社区")
    word.sections[0].left_margin = Mm(31)
    filled = fill(save(word))
    lines = read_lines(filled)
    assert lines[0] == "云溪街道办事处文件"
    assert lines[-1] == "抄送：各社区"
    body = next(p for p in filled.paragraphs if p.text.startswith("拆除违建2处"))
    assert body.runs[0].font.size == Pt(15)
    assert body.paragraph_format.line_spacing == Pt(25)
    assert filled.paragraphs[0].runs[0].font.size == Pt(36)
    assert abs(filled.sections[0].left_margin - Mm(31)) < Mm(0.1)
    assert filled.tables[0].cell(1, 0).text == "拆除违建"


def test_a_template_without_the_body_prints_its_own_figures(report_town: ReportTown) -> None:
    content = make_word('{{ period }}拆除{{ figure("works.gone") }}，完成{{ completion("works.area") }}。')
    assert read_lines(fill(content)) == ["2020年6月拆除2处，完成90%。"]


def test_parts_without_tags_keep_their_bytes(report_town: ReportTown) -> None:
    content = make_word('{{ figure("works.gone") }}', header="内部资料")
    filled = fill_template(content, ReportFunctions(JUNE), build_document(TEXT, JUNE), Paper())
    with zipfile.ZipFile(BytesIO(content)) as before, zipfile.ZipFile(BytesIO(filled)) as after:
        changed = [name for name in before.namelist() if before.read(name) != after.read(name)]
        assert after.namelist() == before.namelist()
    assert changed == ["word/document.xml"]


def test_a_tag_that_word_cut_into_runs_is_one_tag(report_town: ReportTown) -> None:
    word = WordDocument()
    paragraph = word.add_paragraph("拆除")
    for piece in ("{", "{ fig", "ure(“works", ".gone”", ") }", "}，属实"):
        paragraph.add_run(piece)
    paragraph.runs[-1].font.bold = True
    filled = fill(save(word))
    assert read_lines(filled) == ["拆除2处，属实"]
    assert [run.text for run in filled.paragraphs[0].runs if run.font.bold] == ["，属实"]


def test_rows_of_a_table_repeat_between_rows_of_statements(report_town: ReportTown) -> None:
    rows = (
        ("指标", "数值"),
        ('{% for key in ["works.gone", "works.area"] %}', ""),
        ("{{ key }}", "{{ figure(key) }}"),
        ("{% endfor %}", ""),
    )
    (table,) = fill(make_word(rows=rows)).tables
    cells = [[cell.text for cell in row.cells] for row in table.rows]
    assert cells == [["指标", "数值"], ["works.gone", "2处"], ["works.area", "540平方米"]]


def test_paragraphs_between_statements_appear_on_their_condition(report_town: ReportTown) -> None:
    content = make_word(
        "{% if month == 6 %}", "六月", "{% else %}", "别的月份", "{% endif %}", "共{{ figure('works.gone') }}"
    )
    assert read_lines(fill(content)) == ["六月", "共2处"]


def test_a_printed_title_is_not_repeated_in_the_body(report_town: ReportTown) -> None:
    lines = read_lines(
        fill(make_word("关于{{ title }}的通知", "{{ body }}", "{{ date }}", header="{{ period }}"))
    )
    assert lines[0] == "关于2020年6月工作月报的通知"
    assert lines[1] == "一、违建"
    assert lines[-1] == "2020年7月1日"


def test_tables_charts_and_signs_of_xml_are_printed(report_town: ReportTown) -> None:
    content = make_word(
        '{{ table("works.gone", caption="甲") }}',
        '{{ chart("works.gone") }}',
        '{{ name("<w:b/> & 乙") }}{{ "<丙>" }}',
    )
    filled = fill(content)
    assert filled.tables[0].cell(1, 1).text == "2"
    assert len(filled.inline_shapes) == 1
    assert read_lines(filled)[-1] == "<w:b/> & 乙<丙>"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("{{ ''.__class__.__mro__ }}", "运行程序"),
        ("{{ figure.__globals__ }}", "运行程序"),
        ("{{ figure.__code__ }}", "运行程序"),
        ("{{ body.__init__ }}", "运行程序"),
        ("{{ 9 ** 9999 }}", "不能用“**”"),
        ("{{ 'a' * 100000000 }}", "不能用“*”"),
        ("{{ config }}", "没有“config”这个函数或名称"),
        ("{% for n in range(9) %}x{% endfor %}", "没有“range”这个函数或名称"),
        ("{% include 'a' %}", "不能引用别的模板"),
        ("{{ figure('works.none') }}", "“works.none”已不存在"),
        ("{{ figure('works.area', say='近', to=3) }}", "不符"),
        ("{{ figure('works.gone' }}", "模板有错"),
        ("{{ figure('works.gone') ", "没写完的标记"),
        ("{% if month %}", "没有写完"),
        ("正文{{ body }}", "要单独占一段"),
        ("{{ map('works.gone') }}", "不能按此拆分"),
    ],
)
def test_a_fault_names_its_paragraph(report_town: ReportTown, words: str, message: str) -> None:
    with pytest.raises(UserError) as refusal:
        fill(make_word("第一段", words, "{{ period }}"))
    assert message in str(refusal.value.message)
    assert "正文" in str(refusal.value.message)
    if "单独" not in message and words != "{% if month %}":
        assert "第 2 段" in str(refusal.value.message)
    assert refusal.value.hint


def test_a_body_in_the_header_is_refused(report_town: ReportTown) -> None:
    with pytest.raises(UserError, match="页眉"):
        fill(make_word("{{ period }}", header="{{ body }}"))


def test_a_statement_that_cuts_a_cell_is_refused(report_town: ReportTown) -> None:
    with pytest.raises(UserError, match="成对"):
        fill(make_word("{% for k in 'ab' %}甲", rows=(("乙{% endfor %}",),)))


@pytest.mark.parametrize(
    ("content", "name", "message"),
    [
        (b"%PDF-1.4", "a.docx", "已损坏"),
        (b"\xd0\xcf\x11\xe0" + b"0" * 100, "a.doc", "旧版"),
        (make_word("{{ body }}"), "a.docm", "有宏"),
        (
            rewrite(make_word("{{ body }}"), "[Content_Types].xml", b"document.main", b"macroEnabled.main"),
            "a.docx",
            "有宏",
        ),
        (rewrite(make_word("{{ body }}"), "word/vbaProject.bin", b"", b"x"), "a.docx", "有宏"),
        (make_word("没有标记"), "a.docx", "没有标记"),
        (rewrite(make_word("{{ body }}"), "word/document.xml", b"</w:body>", b""), "a.docx", "已损坏"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_a_template_is_refused_and_not_stored(
    report_town: ReportTown, content: bytes, name: str, message: str
) -> None:
    with pytest.raises(UserError, match=message):
        add(report_town, content, name)
    assert not WordTemplate.objects.exists()
    assert not Blob.objects.exists()


def test_a_file_that_unpacks_beyond_measure_is_refused(report_town: ReportTown) -> None:
    file = BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b" " * 130_000_000)
    assert len(file.getvalue()) < 200_000
    with pytest.raises(UserError, match="解开后太大"):
        add(report_town, file.getvalue(), "a.docx")


def test_a_loop_that_prints_without_end_is_refused(report_town: ReportTown) -> None:
    words = "甲" * 400
    loops = "{% for a in w %}{% for b in w %}{% for c in w %}" + words + "{% endfor %}" * 3
    with pytest.raises(UserError, match=r"第 1 段.*太多"):
        fill(make_word(f'{{% set w = "{words}" %}}{loops}'))


def add(
    town: ReportTown, content: bytes, file_name: str = "红头.docx", *, user: str = "handler"
) -> WordTemplate:
    return add_word_template(
        actor=town.town.actor(user),
        template=town.template,
        name="红头文件",
        content=content,
        file_name=file_name,
        period=JUNE,
    )


def test_a_new_file_of_a_name_replaces_the_old_one(report_town: ReportTown) -> None:
    first, second = add(report_town, make_word("{{ body }}")), add(report_town, make_word("{{ title }}"))
    assert list(WordTemplate.objects.filter(active=True)) == [second]
    retire_word_template(actor=report_town.town.actor("handler"), template_id=second.pk)
    assert not WordTemplate.objects.filter(active=True).exists()
    assert WordTemplate.objects.count() == 2
    with pytest.raises(UserError):
        retire_word_template(actor=report_town.town.actor("handler"), template_id=first.pk)


def test_only_who_may_write_reports_stores_a_template(report_town: ReportTown) -> None:
    with pytest.raises(NotAllowed):
        add(report_town, make_word("{{ body }}"), user="grid1")


def test_a_signed_report_prints_the_signed_figures_in_a_template(
    report_town: ReportTown, report: Report
) -> None:
    content = make_word("面积{{ figure('works.area') }}，完成{{ completion('works.area') }}", "{{ date }}")
    sign_report(actor=report_town.town.actor("leader"), report_id=report.pk, number=1)
    report_town.change_area(330)
    lines = read_lines(WordDocument(BytesIO(build_word(content, report))))
    assert lines == ["面积540平方米，完成90%", "2020年7月1日"]


def test_a_draft_is_marked_on_every_page_of_a_template(report_town: ReportTown, report: Report) -> None:
    word = WordDocument()
    word.add_paragraph("{{ body }}")
    word.sections[0].different_first_page_header_footer = True
    word.settings.odd_and_even_pages_header_footer = True
    word.sections[0].header.paragraphs[0].text = "云溪街道"
    word.add_section()
    draft = WordDocument(BytesIO(build_word(save(word), report)))

    first = draft.sections[0]
    parts = (first.header, first.first_page_header, first.even_page_header)
    assert [part.paragraphs[0].text for part in parts] == ["草稿"] * 3
    assert first.header.paragraphs[1].text == "云溪街道"  # the letterhead stays
    assert draft.sections[1].header.is_linked_to_previous  # and repeats the mark

    sign_report(actor=report_town.town.actor("leader"), report_id=report.pk, number=1)
    signed = WordDocument(BytesIO(build_word(save(word), report)))
    assert signed.sections[0].header.paragraphs[0].text == "云溪街道"


def test_a_signed_report_names_its_signer_and_digest_in_a_template(
    report_town: ReportTown, report: Report
) -> None:
    signature = sign_report(actor=report_town.town.actor("leader"), report_id=report.pk, number=1)
    plain = WordDocument(BytesIO(build_word(make_word("{{ body }}"), report)))
    placed = WordDocument(BytesIO(build_word(make_word("{{ body }}", "{{ signer }} {{ digest }}"), report)))

    foot = plain.sections[0].footer.paragraphs[0].text
    assert signature.digest in foot
    assert signature.signed_by.full_name in foot
    assert read_lines(placed)[-1] == f"{signature.signed_by.full_name} {signature.digest}"
    assert signature.digest not in placed.sections[0].footer._element.xml


@pytest.mark.parametrize(
    "words", ["{{ figure('works.rate') }}", "{{ table('works.gone') }}", "{{ growth('works.gone') }}"]
)
def test_a_figure_that_was_not_signed_is_refused(report_town: ReportTown, report: Report, words: str) -> None:
    sign_report(actor=report_town.town.actor("leader"), report_id=report.pk, number=1)
    with pytest.raises(UserError, match=r"第 1 段.*不在已签发的报告里"):
        build_word(make_word(words), report)


def test_the_command_fills_a_template(report_town: ReportTown, tmp_path: Path) -> None:
    path, out = tmp_path / "红头.docx", tmp_path / "out"
    path.write_bytes(make_word("云溪街道文件", "{{ body }}"))
    answer = CliRunner().invoke(
        report_group, ["build", "2020-06", "--template", str(path), "--out", str(out)], catch_exceptions=False
    )
    assert answer.exit_code == 0
    assert sorted(file.name for file in out.iterdir()) == [
        f"monthly-2020-06.{end}" for end in ("docx", "html", "pdf")
    ]
    word = WordDocument(str(out / "monthly-2020-06.docx"))
    assert read_lines(word)[0] == "云溪街道文件"
    assert word.sections[0].header.paragraphs[0].text == "草稿"
    assert '<p class="mark">草稿</p>' in (out / "monthly-2020-06.html").read_text(encoding="utf-8")


def test_the_command_writes_nothing_where_the_template_fails(report_town: ReportTown, tmp_path: Path) -> None:
    path, out = tmp_path / "红头.docx", tmp_path / "out"
    path.write_bytes(make_word("{{ figure('works.none') }}"))
    answer = CliRunner().invoke(
        report_group, ["build", "2020-06", "--template", str(path), "--out", str(out)]
    )
    assert isinstance(answer.exception, UserError)
    assert not out.exists()
