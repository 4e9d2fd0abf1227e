"""The sheet of a 12345 hotline: its own terms, its later answers, and the way back."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from jiedao.audit.models import Entry
from jiedao.cases.jobs import watch_source_limits
from jiedao.cases.models import Case, CaseMove, CaseSource
from jiedao.exchange.account import Account
from jiedao.exchange.mapping import parse_mapping
from jiedao.exchange.mapping_text import read_file_columns, write_mapping_text
from jiedao.exchange.messages import check_messages, import_messages
from jiedao.exchange.outgoing import count_sources, select_source, write_outgoing_sheet
from jiedao.exchange.tests.books import make_xlsx
from jiedao.kernel import clock
from jiedao.notices.models import Notice
from jiedao.orgs.actor import make_system_actor
from jiedao.testing.cast import Town, make_town, walk

pytestmark = pytest.mark.django_db
TITLES = (
    *(
        "工单号",
        "诉求标题",
        "诉求内容",
        "诉求时间",
        "事发时间",
        "诉求类型",
        "办理时限",
        "是否回复",
        "是否回访",
    ),
    *("诉求人", "联系电话", "办理状态", "答复内容", "答复时间"),
)


@pytest.fixture
def town() -> Town:
    return make_town()


def make_order(number: str, **changed: Any) -> tuple[Any, ...]:
    values: dict[str, Any] = {
        "工单号": number,
        "诉求标题": "路灯不亮",
        "诉求内容": "门口的路灯不亮。",
        "诉求时间": "2020/3/2 9:00",
        "诉求类型": "投诉",
        "诉求人": "陈先生",
        "联系电话": "13800138000",
        **changed,
    }
    return tuple(values.get(title) for title in TITLES)


def run(tmp_path: Path, *orders: Sequence[Any], **options: Any) -> Account:
    path = make_xlsx(tmp_path / "12345.xlsx", [TITLES, *orders])
    return import_messages(make_system_actor(), path, channel="HOTLINE", **options)


def test_the_terms_of_the_hotline_are_taken_over_beside_our_limits(town: Town, tmp_path: Path) -> None:
    order = make_order("A1", 事发时间="2020-03-01", 办理时限="2020-03-05", 是否回复="是", 是否回访="不需要")
    account = run(tmp_path, order)

    case = Case.objects.get()
    source = case.source
    assert account.counts() == {"read": 1, "created": 1, "existing": 0, "refused": 0}
    assert account.passed_over.unread_columns == []
    assert case.source_key == "hotline:A1"
    assert source.due_at == datetime(2020, 3, 5, 15, 59, tzinfo=UTC)  # a date lasts until its end
    assert source.event_at == datetime(2020, 2, 29, 16, tzinfo=UTC)
    assert (source.demand, source.wants_reply, source.wants_visit) == ("投诉", True, False)
    assert case.due_at != source.due_at


@pytest.mark.parametrize(
    ("text", "due_at"),
    [
        ("5个工作日", datetime(2020, 3, 9, 1, tzinfo=UTC)),
        ("24小时", datetime(2020, 3, 3, 1, tzinfo=UTC)),
        ("3 天", datetime(2020, 3, 5, 1, tzinfo=UTC)),
        ("2020年3月6日 17:30", datetime(2020, 3, 6, 9, 30, tzinfo=UTC)),
    ],
)
def test_a_limit_may_be_a_time_or_an_amount(town: Town, tmp_path: Path, text: str, due_at: datetime) -> None:
    run(tmp_path, make_order("A1", 办理时限=text))

    assert CaseSource.objects.get().due_at == due_at


@pytest.mark.parametrize(
    ("column", "text", "reason"),
    [
        ("办理时限", "尽快", "5个工作日"),
        ("办理时限", "2020-02-01", "时限早于"),
        ("是否回复", "看情况", "是还是否"),
    ],
)
def test_a_term_that_cannot_be_read_refuses_the_row(
    town: Town, tmp_path: Path, column: str, text: str, reason: str
) -> None:
    account = run(tmp_path, make_order("A1", **{column: text}), make_order("A2"))

    assert (account.created, account.refused) == (1, 1)
    assert (account.errors[0].column, reason in account.errors[0].reason) == (column, True)


def test_only_the_stricter_limit_warns(town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = datetime(2020, 3, 2, 2, tzinfo=UTC)
    monkeypatch.setattr(clock, "now", lambda: now)
    run(
        tmp_path, make_order("A1", 办理时限="2020-03-03 12:00"), make_order("A2", 办理时限="2021-03-03 12:00")
    )
    strict, loose = Case.objects.order_by("id")
    Case.objects.filter(pk=loose.pk).update(close_due_at=datetime(2020, 3, 20, tzinfo=UTC))

    now = datetime(2020, 3, 3, 5, tzinfo=UTC)
    assert watch_source_limits() == 1
    assert watch_source_limits() == 0
    kinds = set(Notice.objects.filter(object_id=strict.pk).values_list("kind", flat=True))
    assert "cases.case:source_overdue" in kinds

    now = datetime(2021, 3, 4, tzinfo=UTC)
    watch_source_limits()
    watch_source_limits()
    assert not Notice.objects.filter(object_id=loose.pk, kind__contains="source").exists()


def test_a_deadline_that_passed_before_the_import_alarms_nobody(town: Town, tmp_path: Path) -> None:
    run(tmp_path, make_order("A1", 办理时限="2020-03-03"))

    assert watch_source_limits() == 0
    assert not Notice.objects.exists()


def test_a_changed_deadline_is_followed_while_the_case_is_open(town: Town, tmp_path: Path) -> None:
    run(tmp_path, make_order("A1", 办理时限="2020-03-05"))
    account = run(tmp_path, make_order("A1", 办理时限="2020-03-09 12:00"))

    assert CaseSource.objects.get().due_at == datetime(2020, 3, 9, 4, tzinfo=UTC)
    assert any("时限或要求有变" in note for note in account.notes)
    assert Entry.objects.filter(action="cases.case:source_terms").count() == 1
    assert run(tmp_path, make_order("A1", 办理时限="2020-03-09 12:00")).notes.total() == 0


def test_a_later_answer_closes_a_case_on_which_nobody_works(town: Town, tmp_path: Path) -> None:
    run(tmp_path, make_order("A1"))
    answer = make_order("A1", 办理状态="已办结", 答复内容="已修好。", 答复时间="2020-03-04 10:00")

    checked = check_messages(
        make_system_actor(), make_xlsx(tmp_path / "b.xlsx", [TITLES, answer]), None, "HOTLINE"
    )
    assert (checked.account.answered, Case.objects.get().state) == (1, "REPORTED")

    account = run(tmp_path, answer)
    case = Case.objects.get()
    end = datetime(2020, 3, 4, 2, tzinfo=UTC)
    assert (account.existing, account.answered, account.left_open) == (1, 1, [])
    assert (case.state, case.closed_at, case.replied_at, case.ended_at) == ("DONE", end, end, end)
    assert (case.closed_on_time, case.due_at, case.clocks.filter(stopped_at=None).count()) == (True, None, 0)
    assert run(tmp_path, answer).answered == 0


def test_a_later_answer_to_a_case_in_work_is_recorded_and_named(town: Town, tmp_path: Path) -> None:
    case = walk(town, to="HANDLING")
    Case.objects.filter(pk=case.pk).update(source_key="hotline:A1")
    local = case.reported_at.astimezone(clock.TOWN_TZ)
    end = local + timedelta(minutes=1)
    order = make_order(
        "A1",
        诉求时间=f"{local:%Y-%m-%d %H:%M:%S}",
        答复内容="市里已答复。",
        答复时间=f"{end:%Y-%m-%d %H:%M:%S}",
    )
    account = run(tmp_path, order)

    assert (account.existing, account.answered) == (1, 0)
    assert [(row.column, "已记下答复" in row.reason) for row in account.left_open] == [(case.number, True)]
    assert Case.objects.get(pk=case.pk).state == "HANDLING"
    assert "早已记下" in run(tmp_path, order).left_open[0].reason
    assert CaseMove.objects.filter(case=case, move="REPLY").count() == 1


def test_cases_go_back_in_their_shape_and_come_in_again_unchanged(town: Town, tmp_path: Path) -> None:
    run(
        tmp_path,
        make_order("A1", 事发时间="2020-03-01 8:00", 办理时限="2020-03-05 12:00", 是否回复="是"),
        make_order("A2", 答复内容="已修好。", 答复时间="2020-03-04 10:00"),
        make_order("A3"),
    )
    actor = make_system_actor()
    ids = list(Case.objects.order_by("id").values_list("id", flat=True))
    back = tmp_path / "back.xlsx"
    assert (count_sources(ids), select_source(ids, "web")) == ({"hotline": 3}, [])
    write_outgoing_sheet(actor, select_source(ids, "hotline"), back)

    sheet = openpyxl.load_workbook(back).active
    assert sheet is not None
    rows = list(sheet.iter_rows(values_only=True))
    by_title = {row[0]: dict(zip(rows[1], row, strict=True)) for row in rows[2:]}
    assert (by_title["A1"]["办理状态"], by_title["A1"]["是否回复"]) == ("办理中", "是")
    assert (by_title["A2"]["办理状态"], by_title["A2"]["答复内容"]) == ("已办结", "已修好。")
    assert str(by_title["A2"]["答复时间"]) == "2020-03-04 10:00:00"
    assert "13800138000" not in str(rows)
    before = (
        list(Case.objects.order_by("id").values()),
        list(CaseSource.objects.values()),
        CaseMove.objects.count(),
    )
    account = import_messages(actor, back, channel="HOTLINE")
    assert account.counts() == {"read": 3, "created": 0, "existing": 3, "refused": 0}
    assert (account.answered, account.left_open) == (0, [])
    after = (
        list(Case.objects.order_by("id").values()),
        list(CaseSource.objects.values()),
        CaseMove.objects.count(),
    )
    assert after == before


def test_chosen_columns_become_a_mapping_that_reads_and_writes_the_file(town: Town, tmp_path: Path) -> None:
    rows = [
        ("某市统计表",),
        ("流水", "啥事", "啥时候", "进度", "回话", "回话日"),
        ("X1", "下水道堵", "2020/3/2", "了", "通了", "2020/3/4"),
    ]
    path = make_xlsx(tmp_path / "odd.xlsx", rows)
    file = read_file_columns(path)
    assert [column.header for column in file.columns] == list(rows[1])
    assert file.columns[1].samples == ("下水道堵",)
    columns = dict(
        zip(("number", "detail", "reported_at", "status", "reply", "replied_at"), rows[1], strict=True)
    )
    text = write_mapping_text(source="odd", columns=columns, constants={}, closed_words=["了"])
    mapping = parse_mapping(text, "odd")
    actor = make_system_actor()

    account = import_messages(actor, path, mapping, "HOTLINE")
    case = Case.objects.get()
    assert (account.created, case.source_key, case.state) == (1, "odd:X1", "DONE")

    back = tmp_path / "back.xlsx"
    write_outgoing_sheet(actor, [case.pk], back, mapping)
    assert import_messages(actor, back, mapping, "HOTLINE").counts()["existing"] == 1
    sheet = openpyxl.load_workbook(back).active
    assert sheet is not None
    row = dict(zip([cell.value for cell in sheet[2]], [cell.value for cell in sheet[3]], strict=True))
    assert (row["进度"], row["回话"]) == ("了", "通了")


def test_quotes_and_backslashes_in_headers_survive_the_mapping_file() -> None:
    columns = {"number": 'a"b\\c', "reported_at": "时\t间", "detail": "内容"}
    text = write_mapping_text(source="", columns=columns, constants={"channel": "HOTLINE"})
    mapping = parse_mapping(text, "x")

    assert {field: headers[0] for field, headers in mapping.columns.items()} == columns
    assert mapping.constants == {"channel": "HOTLINE"}
