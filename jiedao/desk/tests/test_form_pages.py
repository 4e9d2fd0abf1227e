"""The pages of forms: a blank of our own is bound and filled twice, and every number opens its rows."""

import errno
import io
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from openpyxl import Workbook, load_workbook

from jiedao.audit.models import Entry
from jiedao.kernel import clock
from jiedao.kernel.memo import forget_all
from jiedao.kernel.periods import parse_period
from jiedao.registers.tests.parts import HOUSES, declare
from jiedao.reports.forms.actions.filling import confirm_fill, start_fill
from jiedao.reports.forms.models import Form, FormFill
from jiedao.reports.tests.blanks import make_monthly_blank, make_rich_blank, save_workbook
from jiedao.reports.tests.form_parts import NOW, add_cases, add_house, add_monthly_form, prepare_town
from jiedao.testing.cast import Town

SignedIn = Callable[[str], Client]
AUGUST = datetime(2020, 8, 3, 2, tzinfo=UTC)
BLANK = make_monthly_blank()
CELLS = [f"月报!{cell}" for cell in ("B4", "B5", "C4", "C5", "D4", "D5", "B2", "D2", "B7", "B8")]


@pytest.fixture
def town(db: None) -> Iterator[Town]:
    made = prepare_town()
    post = made.posts["handler"]
    post.permissions = [*post.permissions, "cases.board:view"]
    post.save()
    forget_all()
    with clock.at(NOW):
        yield made


def text(client: Client, url: str, status: int = 200) -> str:
    """Return the page of an address."""
    page = client.get(url)
    assert page.status_code == status, page.content.decode()
    return page.content.decode()


def upload(content: bytes, name: str = "月报.xlsx") -> SimpleUploadedFile:
    """Return a file as a browser sends it."""
    return SimpleUploadedFile(name, content)


def test_a_blank_is_uploaded_bound_and_filled_twice(town: Town, signed_in: SignedIn) -> None:
    clerk, leader = signed_in("handler"), signed_in("leader")
    demand = {"name": "城管月报", "sender": "区城管局", "cycle": "month", "due_days": "5"}
    sent = clerk.post("/desk/forms/new/", {**demand, "blank": upload(BLANK)})
    assert sent["Location"] == "/desk/forms/F001/bind/"
    page = text(clerk, sent["Location"])
    assert "按表头文字的建议" in page
    assert "应处置 · 临江社区" in page
    clerk.post("/desk/forms/F001/bind/", {"what": "suggest", "cells": CELLS})
    bound = {"cell": "月报!C7", "kind": "FIGURE", "measure": "due", "rule": "to_date", "aspect": "value"}
    assert clerk.post("/desk/forms/F001/bind/", bound).status_code == 302
    assert "应处置 · 本年累计" in text(clerk, "/desk/forms/F001/bind/")
    begun = clerk.post("/desk/forms/F001/fill/", {"period": "2020-06"})
    fill = FormFill.objects.get()
    assert begun["Location"] == f"/desk/forms/fills/{fill.pk}/"
    page = text(clerk, begun["Location"])
    assert "33.3" in page
    cell = text(clerk, f"{begun['Location']}cell/?{urlencode({'cell': '月报!C5'})}")
    assert "1 ÷ 3" in cell
    own = f"{begun['Location']}cell/?{urlencode({'cell': '月报!C5'})}"
    figure = text(leader, own).split('href="/desk/figures/rate/')[1].split('"')[0].replace("&amp;", "&")
    assert "33.3" in text(leader, f"/desk/figures/rate/{figure}")
    rows = cell.split('class="btn btn-primary" href="')[1].split('"')[0].replace("&amp;", "&")
    assert text(clerk, rows).count("<tr data-row") == 1
    refused = clerk.post(f"{begun['Location']}enter/", {"cell:月报!B7": "夜间占道", "why": ""})
    assert refused.status_code == 422
    assert "夜间占道" in refused.content.decode()  # what was typed is not lost
    clerk.post(f"{begun['Location']}enter/", {"cell:月报!B7": "夜间占道", "why": "巡查日志 6 月"})
    assert clerk.post(f"{begun['Location']}confirm/").status_code == 403
    assert leader.post(f"{begun['Location']}confirm/", {"minutes": "6"}).status_code == 302
    fill.refresh_from_db()
    file = leader.get(f"{begun['Location']}file/")
    sheet = load_workbook(io.BytesIO(b"".join(file.streaming_content)))["月报"]  # type: ignore[attr-defined]
    assert (sheet["B4"].value, sheet["C7"].value, sheet["B7"].value, sheet["B8"].value) == (
        2,
        5,
        "夜间占道",
        "李强",
    )
    assert "草稿" not in file["Content-Disposition"]
    leader.get("/desk/forms/F001/blank/")
    entries = Entry.objects.filter(action="reports.form:export").order_by("pk")
    assert [(entry.object_type, entry.object_id, entry.after) for entry in entries] == [
        ("reports.fill", fill.pk, {"file": "filled", "draft": False}),
        ("reports.form", fill.form_id, {"file": "blank"}),
    ]
    assert fill.digest in text(leader, begun["Location"])

    add_cases(town, 7, {"G1": 2}, {"G1": 1})
    with clock.at(AUGUST):
        clerk, leader = signed_in("handler"), signed_in("leader")  # a month ends every session
        again = clerk.post("/desk/forms/F001/fill/", {"again": "1"})
        page = text(clerk, again["Location"])
        assert "与上次（2020 年 6 月）不同的" in page
        assert page.count("is-changed") >= 4
        assert "上次：夜间占道" in page
        clerk.post(f"{again['Location']}carry/")
        assert leader.post(f"{again['Location']}confirm/", {"allow_empty": "on"}).status_code == 302
        file = leader.get(f"{again['Location']}file/")
        sheet = load_workbook(io.BytesIO(b"".join(file.streaming_content)))["月报"]  # type: ignore[attr-defined]
        assert (sheet["B4"].value, sheet["C7"].value, sheet["B7"].value) == (3, 8, "夜间占道")
        assert "2 次" in text(clerk, "/desk/forms/")


def test_a_list_is_bound_column_by_column(town: Town, signed_in: SignedIn) -> None:
    info = declare(HOUSES)
    add_house(info, "H1", 7)
    clerk = signed_in("shift")
    demand = {"name": "清单", "sender": "区住建局", "cycle": "month"}
    clerk.post("/desk/forms/new/", {**demand, "blank": upload(make_rich_blank())})
    url = "/desk/forms/F001/bind/"
    page = text(clerk, f"{url}?{urlencode({'cell': '清单!A3', 'kind': 'LIST'})}")
    assert "C 层数" in page
    assert "业主" not in page  # personal data never leave the register by a form
    posted = {"cell": "清单!A3", "kind": "LIST", "register": "houses", "last_row": "4"}
    refused = clerk.post(url, posted)
    assert refused.status_code == 422
    assert clerk.post(url, {**posted, "column_B": "name", "column_C": "storeys"}).status_code == 302
    begun = clerk.post("/desk/forms/F001/fill/", {"period": "2020-07"})
    assert "H1号楼" in text(clerk, begun["Location"])
    assert "H1号楼" not in text(signed_in("supervisor"), begun["Location"])
    text(signed_in("supervisor"), f"{begun['Location']}file/", 403)


def test_a_changed_blank_shows_where_its_cells_are_now(town: Town, signed_in: SignedIn) -> None:
    add_monthly_form(town, BLANK)
    book = load_workbook(io.BytesIO(BLANK))
    book.active.unmerge_cells("A1:D1")
    book.active.insert_rows(1)
    clerk = signed_in("handler")
    demand = {"name": "城管月报", "sender": "区城管局", "cycle": "month", "active": "on"}
    sent = clerk.post("/desk/forms/F001/edit/", {**demand, "blank": upload(save_workbook(book), "新表.xlsx")})
    assert sent["Location"] == "/desk/forms/F001/bind/"
    page = text(clerk, sent["Location"])
    assert "空白表变了：10 格不在绑定时的位置" in page
    refused = clerk.post("/desk/forms/F001/fill/", {"period": "2020-06"})
    assert refused.status_code == 422
    assert "不在绑定时的位置" in refused.content.decode()
    clerk.post("/desk/forms/F001/bind/", {"what": "move"})
    assert "空白表变了" not in text(clerk, sent["Location"])


def test_macros_and_foreign_files_are_refused_on_the_page(town: Town, signed_in: SignedIn) -> None:
    clerk = signed_in("handler")
    demand = {"name": "月报", "sender": "区里", "cycle": "month"}
    for content, words in ((b"%PDF-1.4", "文件已损坏"), (b"\xd0\xcf\x11\xe0" + bytes(600), "旧版")):
        refused = clerk.post("/desk/forms/new/", {**demand, "blank": upload(content)})
        assert (refused.status_code, words in refused.content.decode()) == (422, True)
    assert not Form.objects.exists()


def test_demands_are_listed_with_what_was_asked_before(town: Town, signed_in: SignedIn) -> None:
    add_monthly_form(town, BLANK)
    add_monthly_form(town, BLANK, name="又一张月报")
    page = text(signed_in("leader"), "/desk/forms/")
    assert "100%" in page
    assert "2020-07-05" in page
    assert "登记一张表" not in page  # the leader may not
    own = text(signed_in("leader"), "/desk/forms/F002/")
    assert "早先的表已经要过" in own
    text(signed_in("registrar"), "/desk/forms/", 403)
    text(signed_in("leader"), "/desk/forms/F009/", 404)
    text(signed_in("leader"), "/desk/forms/F001/bind/", 403)


def send_june(town: Town) -> FormFill:
    """Return the form of June as it went out."""
    form = add_monthly_form(town, BLANK)
    draft = start_fill(actor=town.actor("handler"), form=form, period=parse_period("2020-06"))
    return confirm_fill(actor=town.actor("leader"), fill=draft, allow_empty=True)


def test_the_page_of_a_figure_names_the_forms_in_which_it_went_out(town: Town, signed_in: SignedIn) -> None:
    fill = send_june(town)
    url = "/desk/figures/due/?period=2020-06&place=area:990001001001"
    page = text(signed_in("leader"), url)
    assert "在这些表里报出过" in page
    assert f"/desk/forms/fills/{fill.pk}/cell/?cell=%E6%9C%88%E6%8A%A5%21B4" in page
    assert "与现在不同" not in page
    add_cases(town, 6, {"G1": 1}, {})
    assert "与现在不同" in text(signed_in("leader"), url)
    assert "在这些表里报出过" not in text(signed_in("leader"), "/desk/figures/due/?period=2020-05")


def test_the_home_page_lists_forms_to_fill_and_to_confirm(town: Town, signed_in: SignedIn) -> None:
    form = add_monthly_form(town, BLANK)
    Form.objects.filter(pk=form.pk).update(unit=town.posts["handler"].unit)
    with clock.at(datetime(2020, 7, 3, 2, tzinfo=UTC)):
        page = text(signed_in("handler"), "/desk/")
        assert "等我办的表" in page
        assert "2 天后要报" in page
        assert 'href="/desk/forms/?show=mine"' in page
        assert text(signed_in("handler"), "/desk/forms/?show=mine").count("<tr data-row") == 1
        assert "没有等您办的表" in text(signed_in("leader"), "/desk/forms/?show=mine")
        assert "等我办的表" not in text(signed_in("grid1"), "/desk/")
        draft = start_fill(actor=town.actor("handler"), form=form, period=parse_period("2020-06"))
        assert "等我办的表" not in text(signed_in("handler"), "/desk/")  # another user confirms
        page = text(signed_in("leader"), "/desk/")
        assert f'href="/desk/forms/fills/{draft.pk}/"' in page
        assert "待确认" in page


def test_a_copy_with_marks_can_be_downloaded_and_the_file_that_goes_out_has_none(
    town: Town, signed_in: SignedIn
) -> None:
    send_june(town)
    add_cases(town, 7, {"G1": 2}, {"G1": 1})
    with clock.at(AUGUST):
        clerk = signed_in("handler")
        url = clerk.post("/desk/forms/F001/fill/", {"again": "1"})["Location"]
        assert f"{url}file/?marked=1" in text(clerk, url)
        sheets = {}
        for query in ("", "?marked=1"):
            file = clerk.get(f"{url}file/{query}")
            content = b"".join(file.streaming_content)  # type: ignore[attr-defined]
            sheets[query] = load_workbook(io.BytesIO(content))["月报"]
    assert sheets["?marked=1"]["B4"].value == sheets[""]["B4"].value == 3
    assert sheets["?marked=1"]["B4"].comment.text == "上次（2020 年 6 月）：2"
    assert sheets[""]["B4"].comment is None
    assert sheets["?marked=1"]["D4"].comment is None  # unchanged
    entries = Entry.objects.filter(action="reports.form:export").order_by("pk")
    assert [entry.after["file"] for entry in entries] == ["filled", "marked"]


def test_the_first_filling_has_no_copy_with_marks(town: Town, signed_in: SignedIn) -> None:
    fill = send_june(town)
    assert "marked=1" not in text(signed_in("leader"), f"/desk/forms/fills/{fill.pk}/")
    text(signed_in("leader"), f"/desk/forms/fills/{fill.pk}/file/?marked=1", 404)


def test_a_second_click_fills_and_confirms_nothing_twice(town: Town, signed_in: SignedIn) -> None:
    clerk, leader = signed_in("handler"), signed_in("leader")
    form = add_monthly_form(town, BLANK)
    address = f"/desk/forms/{form.key}/fill/"
    begun = clerk.post(address, {"period": "2020-06"})
    again = clerk.post(address, {"period": "2020-06"})
    assert "这个时段已有一份待确认的表" in again.content.decode()
    assert FormFill.objects.count() == 1
    confirm = f"{begun['Location']}confirm/"
    assert leader.post(confirm, {"allow_empty": "on"}).status_code == 302
    digest = FormFill.objects.get().digest
    second = leader.post(confirm, {"allow_empty": "on"}, follow=True)
    assert "已确认" in second.content.decode()
    assert FormFill.objects.get().digest == digest
    assert Entry.objects.filter(action="reports.form:confirm").count() == 1


def test_a_full_disk_stores_no_form_and_states_it(
    town: Town, signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # Contents that an earlier test has stored would not be written again.
    monkeypatch.setattr("jiedao.files.storage.get_content_path", lambda sha256: tmp_path / sha256)

    def fail(_handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    clerk, leader = signed_in("handler"), signed_in("leader")
    clerk.raise_request_exception = leader.raise_request_exception = False
    demand = {"name": "城管月报", "sender": "区城管局", "cycle": "month", "due_days": "5"}
    form = add_monthly_form(town, BLANK)
    begun = clerk.post(f"/desk/forms/{form.key}/fill/", {"period": "2020-06"})
    monkeypatch.setattr("jiedao.files.storage.os.fsync", fail)
    refused = clerk.post("/desk/forms/new/", {**demand, "blank": upload(make_rich_blank())})
    assert (refused.status_code, Form.objects.count()) == (507, 1)
    refused = leader.post(f"{begun['Location']}confirm/", {"allow_empty": "on"})
    assert (refused.status_code, FormFill.objects.get().state) == (507, "DRAFT")
    assert "磁盘已满" in refused.content.decode()


def test_a_second_click_registers_no_second_form(town: Town, signed_in: SignedIn) -> None:
    clerk = signed_in("handler")
    demand = {"name": "城管月报", "sender": "区城管局", "cycle": "month", "due_days": "5"}
    clerk.post("/desk/forms/new/", {**demand, "blank": upload(BLANK)})
    second = clerk.post("/desk/forms/new/", {**demand, "blank": upload(BLANK)})
    assert "这张表已经登记，编号 F001。" in second.content.decode()
    assert Form.objects.count() == 1
    other = clerk.post("/desk/forms/new/", {**demand, "name": "城管月报（补）", "blank": upload(BLANK)})
    assert other["Location"] == "/desk/forms/F002/bind/"


def test_a_long_sheet_is_shown_in_parts(town: Town, signed_in: SignedIn) -> None:
    book = Workbook()
    sheet = book.active
    sheet.title = "大表"
    sheet["A299"], sheet["A400"] = "从上一段开始", "末行"
    sheet.merge_cells("A299:B303")
    clerk = signed_in("handler")
    demand = {"name": "大表", "sender": "区里", "cycle": "month"}
    url = clerk.post("/desk/forms/new/", {**demand, "blank": upload(save_workbook(book))})["Location"]
    page = text(clerk, url)
    assert "301 到 400 行" in page
    row = '<th scope="row">400</th>'
    assert row not in page
    later = text(clerk, f"{url}?{urlencode({'sheet': '大表', 'from': 301})}")
    assert row in later
    assert 'rowspan="3" colspan="2"' in later  # what is left of the merged cell
    assert row in text(clerk, f"{url}?{urlencode({'cell': '大表!B400'})}")


def test_who_may_not_see_figures_gets_none_from_a_form(town: Town, signed_in: SignedIn) -> None:
    fill = send_june(town)
    Form.objects.filter(pk=fill.form_id).update(unit=town.posts["cleaner"].unit)
    post = town.posts["cleaner"]
    post.permissions = [*post.permissions, "reports.form:view", "reports.form:fill"]
    post.save()
    forget_all()
    contractor, own = signed_in("cleaner"), f"/desk/forms/fills/{fill.pk}/"
    text(contractor, "/desk/figures/due/?period=2020-06", 403)
    refused = contractor.post("/desk/forms/F001/fill/", {"period": "2020-05"})
    assert refused.status_code == 403
    assert "您的岗位不能查看指标" in refused.content.decode()
    assert FormFill.objects.count() == 1
    page = text(contractor, own)
    assert "无权查看的指标数据" in page
    assert "33.3" not in page
    text(contractor, f"{own}cell/?{urlencode({'cell': '月报!C5'})}", 403)
    text(contractor, f"{own}file/", 403)
    text(contractor, f"{own}file/?marked=1", 403)


def test_only_the_unit_of_a_form_fills_it(town: Town, signed_in: SignedIn) -> None:
    form = add_monthly_form(town, BLANK)
    draft = start_fill(actor=town.actor("handler"), form=form, period=parse_period("2020-06"))
    Form.objects.filter(pk=form.pk).update(unit=town.posts["handler"].unit)
    rights = ["reports.form:view", "reports.form:fill", "indicators.figure:view"]
    for name in ("cleaner", "handler"):
        post = town.posts[name]
        post.permissions = [*{*post.permissions, *rights} - {"reports.form:edit"}]
        post.save()
    forget_all()
    stranger, clerk = signed_in("cleaner"), signed_in("handler")
    assert 'name="period"' not in text(stranger, "/desk/forms/F001/")
    refused = stranger.post("/desk/forms/F001/fill/", {"period": "2020-05"})
    assert refused.status_code == 403
    assert "不归您的单位" in refused.content.decode()
    own = f"/desk/forms/fills/{draft.pk}/"
    assert stranger.post(f"{own}enter/", {"cell:月报!B7": "无", "why": "巡查日志"}).status_code == 403
    assert stranger.post(f"{own}drop/", {"reason": "不要这份"}).status_code == 403
    assert 'name="period"' in text(clerk, "/desk/forms/F001/")
    assert clerk.post("/desk/forms/F001/fill/", {"period": "2020-05"}).status_code == 302


def test_the_page_of_a_filling_shows_what_its_sums_come_to(town: Town, signed_in: SignedIn) -> None:
    book = load_workbook(io.BytesIO(BLANK))
    book.active["C6"], book.active["D6"] = "=B6/B4", "=B6+B4"
    form = add_monthly_form(town, save_workbook(book))
    draft = start_fill(actor=town.actor("handler"), form=form, period=parse_period("2020-06"))
    page = text(signed_in("leader"), f"/desk/forms/fills/{draft.pk}/")
    sums = [part.split("</td>")[0] for part in page.split("is-formula")[1:]]
    results = [part.split('class="form-words">')[1].split("<")[0] for part in sums]
    assert results == ["5", "打开文件后计算", "7"]


def test_the_next_filling_opens_on_the_first_day_of_its_period(town: Town, signed_in: SignedIn) -> None:
    form = add_monthly_form(town, BLANK)
    with clock.at(datetime(2020, 6, 30, 2, tzinfo=UTC)):
        fill = start_fill(actor=town.actor("handler"), form=form, period=parse_period("2020-06"))
        confirm_fill(actor=town.actor("leader"), fill=fill, minutes=4, allow_empty=True)
        clerk = signed_in("handler")
        page = text(clerk, f"/desk/forms/fills/{fill.pk}/")
        assert "下一期（2020 年 7 月）2020-07-01 起可以填" in page
        assert 'name="again"' not in page
        page = text(clerk, f"/desk/forms/{form.key}/")
        assert "填下一期：2020 年 7 月" in page
        assert 'name="again" value="1" disabled' in page
        early = clerk.post(f"/desk/forms/{form.key}/fill/", {"again": "1"})
        assert early.status_code == 422
        assert "下一期（2020 年 7 月）还没有开始" in early.content.decode()
        assert "自动填表" in early.content.decode()  # the page of the form


def test_a_figure_is_bound_down_its_column(town: Town, signed_in: SignedIn) -> None:
    form, clerk = add_monthly_form(town, BLANK, bound=False), signed_in("handler")
    url = f"/desk/forms/{form.key}/bind/"
    assert 'name="spread"' in text(clerk, f"{url}?{urlencode({'cell': '月报!C4'})}")
    figure = {"kind": "FIGURE", "measure": "rate", "rule": "this", "aspect": "value", "spread": "1"}
    sent = {**figure, "cell": "月报!C4", "place": "area:990001001001"}
    assert clerk.post(url, sent).status_code == 302
    bound = {row.cell: (row.spec["measure"], row.spec["area"]) for row in form.bindings.all()}
    assert bound == {"月报!C4": ("rate", "990001001001"), "月报!C5": ("rate", "990001001002")}
    refused = clerk.post(url, {**figure, "cell": "月报!B7"})
    assert refused.status_code == 422
    assert "不能沿整列填" in refused.content.decode()


def test_a_part_that_exceeds_its_whole_is_pointed_out(town: Town, signed_in: SignedIn) -> None:
    book = Workbook()
    book.active.title = "月报"
    for row in (("社区", "办结数", "按时办结数"), ("临江社区", None, None), ("望山社区", None, None)):
        book.active.append(row)
    form, clerk = add_monthly_form(town, save_workbook(book), bound=False), signed_in("handler")
    cells = {"月报!B2": "3", "月报!C2": "5", "月报!B3": "4", "月报!C3": "4"}
    for cell in cells:
        clerk.post(f"/desk/forms/{form.key}/bind/", {"cell": cell, "kind": "HAND"})
    page = clerk.post(f"/desk/forms/{form.key}/fill/", {"period": "2020-06"})["Location"]
    assert "核对口径" not in text(clerk, page)
    typed = {f"cell:{cell}": value for cell, value in cells.items()}
    clerk.post(f"{page}enter/", {**typed, "why": "各社区报来"})
    shown = text(clerk, page)
    assert "核对口径" in shown
    assert "C2 临江社区" in shown
    assert "C3 望山社区" not in shown
