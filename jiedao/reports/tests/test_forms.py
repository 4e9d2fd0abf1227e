"""Forms: what the words of a blank suggest, filling, confirming by a second person, and filling again."""

import hashlib
import io
import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner
from docx import Document
from openpyxl import Workbook, load_workbook

from jiedao.audit.models import Entry as AuditEntry
from jiedao.files.storage import open_content
from jiedao.indicators.compute import find_place, read_measures
from jiedao.indicators.models import Target
from jiedao.indicators.tests.conftest import declare_measure
from jiedao.kernel import clock
from jiedao.kernel.errors import NotAllowed, Stale, UserError
from jiedao.kernel.memo import forget_all
from jiedao.kernel.periods import parse_period
from jiedao.notices.kinds import describe_notice
from jiedao.notices.models import Notice
from jiedao.registers.catalogue import RegisterInfo
from jiedao.reports.forms.access import may_see_lists
from jiedao.reports.forms.actions.binding import (
    DemandInput,
    accept_moves,
    accept_suggestions,
    add_form,
    bind_cell,
    replace_blank,
)
from jiedao.reports.forms.actions.filling import (
    carry_over,
    confirm_fill,
    drop_fill,
    enter_cells,
    fill_again,
    read_cells,
    refresh_fill,
    start_fill,
)
from jiedao.reports.forms.commands import form_group
from jiedao.reports.forms.comparing import Overlap, find_changes, find_conflicts
from jiedao.reports.forms.models import FILL, FillState, Form, FormFill
from jiedao.reports.forms.opening import open_blank
from jiedao.reports.forms.selectors import read_demands, read_known_words, read_overlaps
from jiedao.reports.forms.suggesting import KnownWords, suggest_bindings
from jiedao.reports.jobs import remind_of_forms
from jiedao.reports.tests.blanks import make_letter_blank, make_monthly_blank, make_rich_blank, save_workbook
from jiedao.reports.tests.form_parts import NOW, add_cases, add_house, add_monthly_form
from jiedao.testing.cast import Town

JUNE, JULY = parse_period("2020-06"), parse_period("2020-07")
BLANK = make_monthly_blank()
AUGUST = datetime(2020, 8, 3, 2, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _july() -> object:
    with clock.at(NOW):
        yield


@pytest.fixture
def form(town: Town) -> Form:
    """A monthly form that is bound to what its words suggest."""
    return add_monthly_form(town, BLANK)


def fill(town: Town, form: Form, period: str = "2020-06", who: str = "handler") -> FormFill:
    """Fill the form."""
    return start_fill(actor=town.actor(who), form=form, period=parse_period(period))


def send(town: Town, draft: FormFill, problem: str = "无") -> FormFill:
    """Enter the problem by hand and confirm the filling."""
    enter_cells(actor=town.actor("handler"), fill=draft, texts={"月报!B7": problem}, why="城管科会议记录")
    return confirm_fill(actor=town.actor("leader"), fill=draft, minutes=4, allow_empty=draft.period != JUNE)


def texts_of(draft: FormFill) -> dict[str, str]:
    """Return cell -> text of a filling, without the sheet's name."""
    return {cell.cell.partition("!")[2]: cell.text for cell in read_cells(draft)}


def read_sheet(draft: FormFill) -> dict[str, object]:
    """Return the cells of the stored file of a filling of one sheet."""
    with open_content(draft.digest) as file:
        content = file.read()
    assert hashlib.sha256(content).hexdigest() == draft.digest
    sheet = load_workbook(io.BytesIO(content)).worksheets[0]
    return {
        cell.coordinate: cell.value for row in sheet.iter_rows() for cell in row if cell.value is not None
    }


@pytest.mark.parametrize(("shared", "total", "percent"), [(2, 35, 6), (1, 8, 13), (1, 3, 33), (0, 0, 0)])
def test_an_overlap_is_rounded_half_up(shared: int, total: int, percent: int) -> None:
    assert Overlap(Form(), shared, total).percent == percent


# -- binding -----------------------------------------------------------------------------------------------------


def test_the_words_of_a_blank_suggest_figures_facts_and_hand(town: Town) -> None:
    suggestions = suggest_bindings(open_blank(BLANK).grids, read_measures(), [])
    suggested = {item.ref.short: (item.spec.kind.value, item.spec.as_json()) for item in suggestions}
    river, hill = "990001001001", "990001001002"
    assert suggested["B4"] == ("FIGURE", {"measure": "due", "rule": "this", "aspect": "value", "area": river})
    assert suggested["C5"] == ("FIGURE", {"measure": "rate", "rule": "this", "aspect": "value", "area": hill})
    assert suggested["D5"] == (
        "FIGURE",
        {"measure": "due", "rule": "year_before", "aspect": "value", "area": hill},
    )
    assert suggested["B2"] == ("FACT", {"fact": "office"})
    assert (suggested["D2"], suggested["B8"]) == (
        ("FACT", {"fact": "filled_on"}),
        ("FACT", {"fact": "drafter"}),
    )
    assert suggested["B7"] == ("HAND", {})
    assert "B6" not in suggested  # a formula


def suggest_rows(*rows: tuple[str, ...]) -> dict[str, tuple[dict[str, object], float]]:
    """Return cell -> (spec, score) of what is suggested for a sheet of rows."""
    book = Workbook()
    for row in rows:
        book.active.append(row)
    suggestions = suggest_bindings(open_blank(save_workbook(book)).grids, read_measures(), [])
    return {item.ref.short: (item.spec.as_json(), item.score) for item in suggestions}


def test_a_total_is_that_of_the_town_only_where_every_community_is_listed(town: Town) -> None:
    head, river, hill = ("社区", "应处置", "处置率"), ("临江社区", "", ""), ("望山社区", "", "")
    rate = {"measure": "rate", "rule": "this", "aspect": "value"}
    suggested = suggest_rows(head, river, ("合计", "=SUM(B2:B2)", ""))
    assert suggested["C3"][0] == rate
    assert suggested["C3"][1] < 0.75  # is not ticked
    assert suggested["C2"][1] == 1
    assert suggest_rows(head, river, hill, ("合计", "", ""))["C4"] == (rate, 1)
    assert suggest_rows(head, river, hill, ("小计", "", ""))["C4"][1] < 0.75
    for words in ("全街道", "街道全部", "街道合计", "云溪街道", "云溪街道合计"):
        assert suggest_rows(head, river, (words, "", ""))["C3"] == (rate, 1), words


def test_the_day_of_filling_is_not_the_day_up_to_which_figures_count(town: Town) -> None:
    suggested = suggest_rows(
        ("填报日期：", "", "", "截至日期：", ""), ("社区", "应处置", "处置率", "备注", "备注")
    )
    assert suggested["B1"] == ({"fact": "filled_on"}, 1)
    assert suggested["E1"] == ({"fact": "date"}, 1)


def test_a_month_goes_into_the_room_that_the_title_leaves(town: Town) -> None:
    book = Workbook()
    sheet = book.active
    sheet.title = "表"
    sheet.merge_cells("A1:D1")
    sheet["A1"], sheet["A2"] = "城市管理统计表（2020年  月）", "填报日期：    年  月  日"
    sheet["A3"], sheet["A4"] = "社区", "合计"
    sheet["B3"], sheet["B4"] = "应处置", ""
    content = save_workbook(book)
    grids = open_blank(content).grids
    suggested = {item.ref.short: item for item in suggest_bindings(grids, read_measures(), [])}
    assert (suggested["A1"].spec.as_json(), suggested["A1"].score) == ({"fact": "period"}, 1)
    assert (suggested["A2"].spec.as_json(), suggested["A2"].score) == ({"fact": "filled_on"}, 1)
    form = add_monthly_form(town, content, bound=False)
    accept_suggestions(actor=town.actor("handler"), form=form, cells=["表!A1", "表!A2"])
    texts = texts_of(fill(town, form, "2020-05"))
    assert texts["A1"] == "城市管理统计表（2020年5月）"
    assert texts["A2"] == "填报日期：2020年7月1日"


def test_headers_of_a_register_suggest_a_list_without_personal_fields(houses: RegisterInfo) -> None:
    suggestions = suggest_bindings(open_blank(make_rich_blank()).grids, read_measures(), [houses])
    item = next(item for item in suggestions if item.spec.kind == "LIST")
    assert (item.ref.text, item.spec.last_row) == ("清单!A3", 4)
    assert item.spec.columns == {"A": "#", "B": "name", "C": "storeys", "D": "area_m2"}


def test_formulas_covered_cells_and_personal_fields_cannot_be_bound(town: Town, houses: RegisterInfo) -> None:
    form = add_monthly_form(town, BLANK, bound=False)
    listed = {"register": "houses", "columns": {"B": "owner"}, "last_row": 5}
    for cell, kind, spec, words in (
        ("月报!B6", "HAND", {}, "公式"),
        ("月报!B1", "HAND", {}, "没有单元格"),
        ("别的!B4", "HAND", {}, "没有单元格"),
        ("月报!B4", "FIGURE", {"measure": "gone"}, "没有指标"),
        ("月报!B4", "FIGURE", {"measure": "due", "as_unit": "平方米"}, "不能写成"),
        ("月报!B4", "LIST", listed, "个人信息"),
        ("月报!B4", "LIST", {**listed, "columns": {"B": "name"}, "last_row": 6}, "公式"),
        ("月报!B4", "LIST", {**listed, "columns": {"B": "name"}, "last_row": 3}, "末行"),
        ("月报!B4", "NO", {}, "无法识别"),
    ):
        with pytest.raises(UserError) as refusal:
            bind_cell(actor=town.actor("handler"), form=form, cell=cell, kind=kind, spec=spec)
        assert words in str(refusal.value)
    assert not form.bindings.exists()
    with pytest.raises(NotAllowed):
        bind_cell(actor=town.actor("leader"), form=form, cell="月报!B4", kind="HAND", spec={})


def test_a_blank_whose_cells_moved_is_refused_until_the_new_places_are_accepted(
    town: Town, form: Form
) -> None:
    book = load_workbook(io.BytesIO(BLANK))
    sheet = book.active
    sheet.unmerge_cells("A1:D1")
    sheet.insert_rows(4)
    sheet["A4"] = "中心社区"
    sheet["B7"] = "=SUM(B4:B6)"
    sheet["A8"] = "问题和建议"
    moved = replace_blank(
        actor=town.actor("handler"), form=form, content=save_workbook(book), file_name="月报新.xlsx"
    )
    places = {item.binding.cell: item.now.text if item.now else None for item in moved}
    assert (places["月报!B4"], places["月报!D5"], places["月报!B8"]) == ("月报!B5", "月报!D6", "月报!B9")
    assert places["月报!B7"] is None  # its words have changed
    with pytest.raises(UserError) as refusal:
        fill(town, form)
    assert "不在绑定时的位置" in str(refusal.value)
    assert "B5" in str(refusal.value)
    assert accept_moves(actor=town.actor("handler"), form=form) == (len(moved) - 1, 1)
    with pytest.raises(UserError, match="1 格"):
        fill(town, form)
    form.bindings.filter(label__startswith="｜存在的问题").delete()
    assert texts_of(fill(town, form))["B5"] == "2"


# -- filling -----------------------------------------------------------------------------------------------------


def test_filled_cells_hold_the_figures_with_their_rows(town: Town, form: Form) -> None:
    draft = fill(town, form)
    assert texts_of(draft) == {
        "B2": "云溪街道办事处",
        "D2": "2020年7月1日",
        "B4": "2",
        "B5": "3",
        "C4": "100.0",
        "C5": "33.3",
        "D4": "0",
        "D5": "0",
        "B7": "",
        "B8": "李强",
    }
    assert (draft.filled, draft.by_hand, draft.empty) == (9, 0, 1)
    cell = next(cell for cell in read_cells(draft) if cell.cell == "月报!C5")
    assert (cell.how, cell.measure_label, cell.place_label, cell.period) == (
        "1 ÷ 3",
        "处置率",
        "望山社区",
        "2020-06",
    )
    assert cell.link is not None
    assert ["measure", "handled"] in cell.link["query"]
    assert next(c for c in read_cells(draft) if c.cell == "月报!D4").period == "2019-06"


def test_a_rate_without_a_denominator_is_empty_and_not_zero(town: Town, form: Form) -> None:
    draft = fill(town, form, "2020-05")
    cell = next(cell for cell in read_cells(draft) if cell.cell == "月报!C4")
    assert (cell.text, cell.note) == ("", "应处置为 0，没有比率")


def test_figures_count_up_to_the_day_of_the_form(town: Town, form: Form) -> None:
    actor = town.actor("handler")
    draft = start_fill(actor=actor, form=form, period=JUNE, as_of=date(2020, 6, 19))
    assert texts_of(draft)["B4"] == "0"
    drop_fill(actor=actor, fill=draft, reason="截至日期选错")
    with pytest.raises(UserError, match="不能晚于今天"):
        start_fill(actor=actor, form=form, period=JULY, as_of=date(2020, 7, 20))
    with pytest.raises(UserError, match="还没有开始"):
        start_fill(actor=actor, form=form, period=parse_period("2020-08"))


def test_a_form_is_filled_for_one_community(town: Town, form: Form) -> None:
    bind_cell(actor=town.actor("handler"), form=form, cell="月报!C7", kind="FIGURE", spec={"measure": "due"})
    draft = start_fill(actor=town.actor("handler"), form=form, period=JUNE, place=find_place("990001001002"))
    assert texts_of(draft)["C7"] == "3"


def test_growth_target_and_completion_are_read_from_the_comparison(town: Town, form: Form) -> None:
    Target.objects.create(
        measure=read_measures()["due"], value=20, first_date=date(2020, 1, 1), last_date=date(2020, 12, 31)
    )
    specs = {
        "月报!B4": {"measure": "due", "rule": "to_date", "aspect": "completion"},
        "月报!B5": {"measure": "due", "rule": "to_date", "aspect": "target"},
        "月报!C4": {"measure": "due", "aspect": "growth"},
        "月报!C5": {"measure": "rate", "aspect": "denominator"},
    }
    for cell, spec in specs.items():
        bind_cell(actor=town.actor("handler"), form=form, cell=cell, kind="FIGURE", spec=spec)
    texts = texts_of(fill(town, form))
    assert (texts["B4"], texts["B5"], texts["C4"], texts["C5"]) == ("25", "20", "", "5")


def test_hand_cells_keep_who_and_why_and_a_second_person_confirms(town: Town, form: Form) -> None:
    draft = fill(town, form)
    with pytest.raises(UserError, match="依据"):
        enter_cells(actor=town.actor("handler"), fill=draft, texts={"月报!B7": "无"}, why=" ")
    with pytest.raises(UserError, match="不是手工填写"):
        enter_cells(actor=town.actor("handler"), fill=draft, texts={"月报!B4": "9"}, why="改成好看的数")
    with pytest.raises(UserError, match="1 格是空的"):
        confirm_fill(actor=town.actor("leader"), fill=draft)
    draft = enter_cells(actor=town.actor("shift"), fill=draft, texts={"月报!B7": "夜间占道"}, why="巡查日志")
    cell = next(cell for cell in read_cells(draft) if cell.cell == "月报!B7")
    assert (cell.by, cell.why, cell.text) == ("王磊 · 值班长", "巡查日志", "夜间占道")
    for who in ("shift", "handler"):  # one entered a cell, the other filled the form
        with pytest.raises(NotAllowed):
            confirm_fill(actor=town.actor(who), fill=draft)
    sent = confirm_fill(actor=town.actor("leader"), fill=draft, minutes=4)
    sheet = read_sheet(sent)
    assert (sheet["B4"], sheet["C5"], sheet["B6"], sheet["B7"]) == (2, 33.3, "=SUM(B4:B5)", "夜间占道")
    assert (sent.filled, sent.by_hand, sent.empty, sent.minutes) == (9, 1, 0, 4)
    with pytest.raises(Stale):
        enter_cells(actor=town.actor("handler"), fill=sent, texts={"月报!B7": "无"}, why="事后修改")
    actions = set(AuditEntry.objects.values_list("action", flat=True))
    assert {f"reports.form:{verb}" for verb in ("add", "bind", "fill", "enter", "confirm")} <= actions


def test_a_deputy_does_not_confirm_a_form_that_the_absent_person_filled(town: Town, form: Form) -> None:
    draft = fill(town, form)
    town.name_deputy("handler", "leader")
    with pytest.raises(NotAllowed):
        confirm_fill(actor=town.actor("leader"), fill=draft, allow_empty=True)


def test_a_deputy_does_not_confirm_a_cell_that_the_absent_person_entered(town: Town, form: Form) -> None:
    draft = fill(town, form, who="shift")
    draft = enter_cells(actor=town.actor("handler"), fill=draft, texts={"月报!B7": "无"}, why="巡查日志")
    town.name_deputy("handler", "leader")
    with pytest.raises(NotAllowed):
        confirm_fill(actor=town.actor("leader"), fill=draft)


def test_the_next_month_is_one_click_and_marks_what_changed(town: Town, form: Form) -> None:
    first = send(town, fill(town, form))
    draft = fill(town, form)
    with pytest.raises(UserError, match="已有一份"):
        fill(town, form)
    drop_fill(actor=town.actor("handler"), fill=draft, reason="重复填报")
    add_cases(town, 7, {"G1": 2}, {"G1": 1})
    with clock.at(AUGUST):
        second = fill_again(actor=town.actor("handler"), form=form)
        assert (second.period, second.previous) == (JULY, first)
        assert carry_over(actor=town.actor("handler"), fill=second) == 1
        second.refresh_from_db()
        changes = {
            change.cell: (change.before, change.now)
            for change in find_changes(read_cells(first), read_cells(second))
        }
        assert changes == {
            "月报!B4": ("2", "3"),
            "月报!B5": ("3", "0"),
            "月报!C4": ("100.0", "66.7"),
            "月报!C5": ("33.3", ""),
        }
        assert (
            next(cell for cell in read_cells(second) if cell.cell == "月报!B7").why
            == "沿用上次（2020 年 6 月）"
        )
    with open_content(first.digest) as file:  # what went out stays as it was
        assert load_workbook(io.BytesIO(file.read()))["月报"]["B4"].value == 2


def test_refreshing_a_draft_keeps_what_was_entered_by_hand(town: Town, form: Form) -> None:
    draft = fill(town, form)
    enter_cells(actor=town.actor("handler"), fill=draft, texts={"月报!B7": "无"}, why="城管科会议记录")
    add_cases(town, 6, {"G1": 1}, {})
    draft = refresh_fill(actor=town.actor("handler"), fill=draft)
    assert (texts_of(draft)["B4"], texts_of(draft)["B7"]) == ("3", "无")


def test_a_list_holds_the_records_of_its_day_and_grows(town: Town, houses: RegisterInfo) -> None:
    actor = town.actor("shift")
    demand = DemandInput(name="出租屋清单", sender="区住建局", cycle="month")
    form = add_form(actor=actor, demand=demand, content=make_rich_blank(), file_name="清单.xlsx")
    columns = {"A": "#", "B": "name", "C": "storeys", "D": "area_m2"}
    spec = {"register": "houses", "columns": columns, "last_row": 4}
    bind_cell(actor=actor, form=form, cell="清单!A3", kind="LIST", spec=spec)
    bind_cell(actor=actor, form=form, cell="清单!B6", kind="FACT", spec={"fact": "confirmer"})
    early = fill(town, form, who="shift")
    assert [len(cell.rows) for cell in read_cells(early) if cell.kind == "LIST"] == [
        0
    ]  # the records began in July
    first = confirm_fill(actor=town.actor("leader"), fill=fill(town, form, "2020-07", who="shift"))
    sheet = read_sheet(first)
    assert [sheet[f"B{row}"] for row in (3, 4, 5)] == ["H1号楼", "H2号楼", "H3号楼"]
    assert (sheet["C3"], sheet["D5"], sheet["D6"], sheet["B7"]) == (7, 502.5, "=SUM(D3:D5)", "郑国")


def test_records_of_a_list_are_recognised_in_another_row(town: Town, houses: RegisterInfo) -> None:
    actor = town.actor("shift")
    demand = DemandInput(name="出租屋清单", sender="区住建局", cycle="month")
    form = add_form(actor=actor, demand=demand, content=make_rich_blank(), file_name="清单.xlsx")
    spec = {"register": "houses", "columns": {"A": "#", "B": "name", "C": "storeys"}, "last_row": 4}
    bind_cell(actor=actor, form=form, cell="清单!A3", kind="LIST", spec=spec)
    before = read_cells(fill(town, form, "2020-07", who="shift"))
    draft = FormFill.objects.get()
    add_house(houses, "H0", 2)
    now = read_cells(refresh_fill(actor=actor, fill=draft))
    changes = [(change.cell, change.before, change.now) for change in find_changes(before, now)]
    assert changes == [("清单!B3", "", "H0号楼 2")]
    assert not may_see_lists(town.actor("supervisor"), draft)  # has no right to the register
    assert not may_see_lists(town.actor("grid1"), draft)  # sees one grid only
    assert may_see_lists(town.actor("leader"), FormFill.objects.get())


def test_a_word_form_is_filled(town: Town, houses: RegisterInfo) -> None:
    actor = town.actor("shift")
    demand = DemandInput(name="专项统计", sender="区应急局", cycle="once")
    form = add_form(actor=actor, demand=demand, content=make_letter_blank(), file_name="统计.docx")
    bind_cell(actor=actor, form=form, cell="表1!B2", kind="FIGURE", spec={"measure": "due"})
    spec = {"register": "houses", "columns": {"A": "#", "B": "name", "C": "storeys"}, "last_row": 2}
    bind_cell(actor=actor, form=form, cell="表2!A2", kind="LIST", spec=spec)
    draft = fill(town, form, "2020-07", who="shift")
    sent = confirm_fill(actor=town.actor("leader"), fill=draft, allow_empty=True)
    with open_content(sent.digest) as file:
        figures, records = Document(io.BytesIO(file.read())).tables
    assert figures.cell(1, 1).text == "0"
    assert [row.cells[1].text for row in records.rows] == ["名称", "H1号楼", "H2号楼", "H3号楼", ""]


# -- the register of demands -------------------------------------------------------------------------------------


def test_another_value_of_the_same_figure_is_a_warning(town: Town, form: Form) -> None:
    send(town, fill(town, form))
    other = add_monthly_form(town, BLANK, name="另一张月报")
    draft = fill(town, other)
    assert find_conflicts(draft, read_cells(draft)) == []
    add_cases(town, 6, {"G1": 1}, {})
    draft = refresh_fill(actor=town.actor("handler"), fill=draft)
    conflicts = find_conflicts(draft, read_cells(draft))
    assert [
        (c.cell.cell, c.cell.text, str(c.value.normalize()), c.other.form.name) for c in conflicts if c.value
    ] == [("月报!B4", "3", "2", "城管月报")]


def test_overlap_with_earlier_forms_is_stated_in_per_cent(town: Town, form: Form) -> None:
    other = add_monthly_form(town, BLANK, bound=False, name="另一张月报")
    for cell, spec in (
        ("月报!B4", {"measure": "due", "area": "990001001001"}),
        ("月报!B5", {"measure": "rate"}),
    ):
        bind_cell(actor=town.actor("handler"), form=other, cell=cell, kind="FIGURE", spec=spec)
    overlap = read_overlaps(other)[0]
    assert (overlap.other, overlap.shared, overlap.percent) == (form, 1, 50)
    assert read_overlaps(form) == []  # the earlier form repeats nothing


def test_the_register_of_demands_knows_what_is_due(town: Town, form: Form) -> None:
    line = read_demands()[0]
    assert (line.next_period, line.due_date, line.is_late) == (JUNE, date(2020, 7, 5), False)
    with clock.at(datetime(2020, 7, 6, 2, tzinfo=UTC)):
        assert read_demands()[0].is_late
    send(town, fill(town, form))
    line = read_demands()[0]
    assert (line.next_period, line.sent, line.minutes, line.share) == (JULY, 1, 4, 90)


@pytest.mark.parametrize("count", [3, 30])
def test_the_register_of_demands_costs_the_same_for_many_forms(
    town: Town, form: Form, count: int, django_assert_num_queries: object
) -> None:
    for number in range(count):
        Form.objects.create(
            key=f"X{number}", name=f"表{number}", sender="区里", cycle="month", created_by="甲"
        )
    with django_assert_num_queries(4):  # type: ignore[operator]
        assert len(read_demands()) == count + 1


def test_nobody_without_the_right_fills_or_confirms(town: Town, form: Form) -> None:
    with pytest.raises(NotAllowed):
        fill(town, form, who="leader")
    draft = fill(town, form)
    with pytest.raises(NotAllowed):
        confirm_fill(actor=town.actor("supervisor"), fill=draft, allow_empty=True)
    assert FormFill.objects.get().state == FillState.DRAFT


# -- command -----------------------------------------------------------------------------------------------------


def test_the_command_writes_the_file_and_states_what_changed(town: Town, form: Form, tmp_path: Path) -> None:
    send(town, fill(town, form))
    add_cases(town, 6, {"G1": 1}, {})
    out, marked = tmp_path / "月报.xlsx", tmp_path / "标出变化.xlsx"
    run = CliRunner().invoke(
        form_group, ["fill", form.key, "--period", "2020-06", "--out", str(out), "--json"]
    )
    assert run.exit_code == 0, run.output
    answer = json.loads(run.stdout)
    assert answer | {"changed": []} == {"cells": 10, "filled": 8, "by_hand": 1, "empty": 1, "changed": []}
    assert load_workbook(out)["月报"]["B4"].value == 3
    options = ["--period", "2020-07", "--out", str(out), "--marked", str(marked)]
    assert CliRunner().invoke(form_group, ["fill", form.key, *options]).exit_code == 0
    assert load_workbook(out)["月报"]["B4"].comment is None
    assert load_workbook(marked)["月报"]["B4"].comment.text == "上次（2020 年 6 月）：2"
    assert FormFill.objects.count() == 1
    listed = json.loads(CliRunner().invoke(form_group, ["list", "--json"]).stdout)
    assert [(row["key"], row["sent"], row["due"]) for row in listed] == [(form.key, 1, "2020-08-05")]


# -- words of superiors ------------------------------------------------------------------------------------------


def make_wordy_blank() -> bytes:
    """Return a form with two rows of headers, a column of units, and words that the catalogue does not use."""
    book = Workbook()
    sheet = book.active
    sheet.title = "统计"
    sheet.merge_cells("B1:D1")
    sheet["A2"], sheet["B1"], sheet["E1"] = "社区", "办理情况", "单位"
    for column, words in zip("BCD", ("收件总数", "处置数", "超应处置数"), strict=True):
        sheet[f"{column}2"] = words
    sheet["A3"], sheet["A4"], sheet["B4"], sheet["C5"] = "临江社区", "二、处 置 率", "%", "填表人："
    return save_workbook(book)


def suggest(content: bytes, known: list[KnownWords]) -> dict[str, dict[str, object]]:
    """Return cell -> what the words suggest, for cells that name a figure."""
    suggestions = suggest_bindings(open_blank(content).grids, read_measures(), [], known)
    return {item.ref.short: item.spec.as_json() for item in suggestions if item.spec.measure}


def test_units_and_count_words_do_not_hide_a_figure_and_a_prefix_makes_another_one(town: Town) -> None:
    suggested = suggest(make_wordy_blank(), [])
    river = {"rule": "this", "area": "990001001001"}
    assert suggested["C3"] == {**river, "measure": "rate", "aspect": "numerator"}
    assert suggested["C4"] == {"measure": "rate", "rule": "this", "aspect": "value"}
    assert "B3" not in suggested  # no measure has this name
    assert "D3" not in suggested  # 超应处置数 is no 应处置数


def test_words_that_were_bound_before_are_suggested_in_other_forms(town: Town, form: Form) -> None:
    bind_cell(actor=town.actor("handler"), form=form, cell="月报!B4", kind="FIGURE", spec={"measure": "due"})
    form.bindings.filter(cell="月报!B4").update(label="｜临江社区｜收件数")
    found = suggest(make_wordy_blank(), read_known_words())
    assert found["B3"]["measure"] == "due"
    two = [KnownWords("｜临江社区｜收件数", key, "value") for key in ("due", "rate")]
    assert "B3" not in suggest(make_wordy_blank(), two)  # one word for two figures suggests neither


# -- reminders ---------------------------------------------------------------------------------------------------


def read_notices(username: str) -> list[tuple[str, bool]]:
    """Return (text, whether it still asks) of the user's notices of forms, the oldest first."""
    rows = Notice.objects.filter(user__username=username, object_type="reports.form").order_by("pk")
    return [(describe_notice(row), row.settled_at is None) for row in rows]


def test_the_unit_that_fills_a_form_is_reminded_before_the_day_and_again_when_it_is_late(
    town: Town, form: Form
) -> None:
    Form.objects.filter(pk=form.pk).update(unit=town.posts["handler"].unit)
    assert remind_of_forms() == 0  # due on 5 July, and it is 1 July
    with clock.at(datetime(2020, 7, 2, 2, tzinfo=UTC)):
        assert (remind_of_forms(), remind_of_forms()) == (1, 1)
    assert read_notices("handler") == [("2020 年 6 月的表 2020-07-05 前要报出", True)]
    assert read_notices("shift") == []  # another unit
    with clock.at(datetime(2020, 7, 6, 2, tzinfo=UTC)):
        remind_of_forms()
        remind_of_forms()
        assert read_notices("handler") == [
            ("2020 年 6 月的表 2020-07-05 前要报出", False),
            ("2020 年 6 月的表已逾期（2020-07-05）", True),
        ]
        send(town, fill(town, form))
        assert [asks for _text, asks in read_notices("handler")] == [False, False]
        assert remind_of_forms() == 0


def test_a_correction_of_an_earlier_month_leaves_the_alarm_of_the_month_that_is_due(
    town: Town, form: Form
) -> None:
    send(town, fill(town, form, "2020-05"))
    with clock.at(datetime(2020, 7, 6, 2, tzinfo=UTC)):
        remind_of_forms()
        draft = fill(town, form, "2020-05")
        enter_cells(actor=town.actor("handler"), fill=draft, texts={"月报!B7": "漏报一处"}, why="城管科更正")
        confirm_fill(actor=town.actor("leader"), fill=draft, allow_empty=True)
    assert [asks for _text, asks in read_notices("shift")] == [True]


def test_a_list_is_not_filled_with_only_the_records_that_the_user_sees(
    town: Town, houses: RegisterInfo
) -> None:
    actor = town.actor("shift")
    demand = DemandInput(name="出租屋清单", sender="区住建局", cycle="month")
    form = add_form(actor=actor, demand=demand, content=make_rich_blank(), file_name="清单.xlsx")
    spec = {"register": "houses", "columns": {"B": "name"}, "last_row": 4}
    bind_cell(actor=actor, form=form, cell="清单!B3", kind="LIST", spec=spec)
    add_house(houses, "H9", 3, grid="G3")
    grid_post = town.posts["grid1"]
    grid_post.permissions = [*grid_post.permissions, FILL]
    grid_post.save()
    Form.objects.filter(pk=form.pk).update(unit=grid_post.unit)
    form.refresh_from_db()
    forget_all()
    with pytest.raises(NotAllowed, match="清单会不全"):
        fill(town, form, "2020-07", who="grid1")


def test_a_new_form_begins_with_the_first_period_that_is_due_after_it_was_registered(
    town: Town, form: Form
) -> None:
    for due_days, period in ((5, JUNE), (1, JUNE), (0, JULY)):  # registered on 1 July
        Form.objects.filter(pk=form.pk).update(due_days=due_days)
        assert read_demands()[0].next_period == period
        assert not read_demands()[0].is_late


def test_the_name_of_the_confirmer_is_no_empty_cell(town: Town, form: Form) -> None:
    bind_cell(actor=town.actor("handler"), form=form, cell="月报!D8", kind="FACT", spec={"fact": "confirmer"})
    draft = fill(town, form)
    draft = enter_cells(actor=town.actor("handler"), fill=draft, texts={"月报!B7": "无"}, why="城管科记录")
    assert draft.empty == 0
    assert read_sheet(confirm_fill(actor=town.actor("leader"), fill=draft))["D8"] == "郑国"


def test_a_form_that_is_demanded_once_has_a_day_and_is_done_when_it_has_gone_out(town: Town) -> None:
    actor, day = town.actor("handler"), date(2020, 7, 4)
    demand = DemandInput(name="专项统计", sender="区应急局", cycle="once", due_days=9, due_date=day)
    form = add_form(actor=actor, demand=demand, content=BLANK, file_name="统计.xlsx")
    bind_cell(actor=actor, form=form, cell="月报!B4", kind="FIGURE", spec={"measure": "due"})
    assert [(line.due_date, line.is_due) for line in read_demands()] == [(day, True)]
    confirm_fill(actor=town.actor("leader"), fill=fill(town, form))
    with clock.at(AUGUST):
        assert [(line.due_date, line.is_late, line.is_done) for line in read_demands()] == [
            (None, False, True)
        ]
        with pytest.raises(UserError, match="一次性"):
            fill_again(actor=actor, form=form)


def test_parts_under_a_merged_header_are_suggested_by_their_synonyms(town: Town) -> None:
    declare_measure(
        "on_time",
        "rate",
        {
            "numerator": {"source": "cases", "measure": "on_time"},
            "denominator": {"source": "cases", "measure": "due"},
            "denominator_name": "应处置",
        },
        name="按期处置率",
        unit_label="%",
    )
    book = Workbook()
    sheet = book.active
    for row in (
        ("社区", "群众诉求（件）", "", ""),
        ("", "应处置数", "办结数", "按时办结数"),
        ("临江社区", "", "", ""),
    ):
        sheet.append(row)
    sheet.merge_cells("B1:D1")
    sheet.merge_cells("A1:A2")
    grids = open_blank(save_workbook(book)).grids
    suggested = {item.ref.short: item for item in suggest_bindings(grids, read_measures(), [])}
    named = {cell: (item.spec.measure, item.spec.aspect.value) for cell, item in suggested.items()}
    assert named["B3"] == ("due", "value")
    assert named["C3"] == ("rate", "numerator")
    assert named["D3"] == ("on_time", "numerator")
    assert {item.spec.area for item in suggested.values()} == {"990001001001"}
