from collections.abc import Sequence
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.apps import apps
from django.db import connection
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from jiedao.audit.models import Entry
from jiedao.cases.models import Case, CaseMove, Reporter
from jiedao.exchange.account import Account
from jiedao.exchange.messages import import_messages
from jiedao.exchange.tests.books import FIRST, HEADER, make_csv, make_xlsx
from jiedao.kernel.crypto import decrypt
from jiedao.kernel.errors import NotAllowed, UserError
from jiedao.orgs.actor import make_system_actor
from jiedao.testing.cast import Town, make_town

pytestmark = pytest.mark.django_db
REPLIED = ("留言编号", "留言用户", "留言主题", "留言时间", "留言详情", "答复意见", "答复时间")
WIDE = ("编号", "标题", "留言时间", "姓名", "电话", "来源", "分类", "地点", "经度", "纬度")


@pytest.fixture
def town() -> Town:
    return make_town()


def run_import(tmp_path: Path, rows: Sequence[Sequence[Any]], **options: Any) -> Account:
    return import_messages(make_system_actor(), make_xlsx(tmp_path / "a.xlsx", rows), **options)


def make_row(number: int, **changed: Any) -> tuple[Any, ...]:
    values: dict[str, Any] = {"编号": number, "标题": "路灯不亮", "留言时间": "2020/3/1 9:00", **changed}
    return tuple(values.get(name) for name in WIDE)


def test_a_message_becomes_an_open_case_with_its_own_time(town: Town, tmp_path: Path) -> None:
    account = run_import(tmp_path, [HEADER, FIRST])

    case = Case.objects.get()
    assert account.counts() == {"read": 1, "created": 1, "existing": 0, "refused": 0}
    assert (case.state, case.channel, case.source_key) == ("REPORTED", "WEB", "web:188006")
    assert (case.subject, case.detail) == ("A3区一米阳光影楼是否合法纳税？", "请查一下。")
    assert case.reported_at == datetime(2019, 2, 28, 3, 25, 5, tzinfo=UTC)
    assert case.votes_for == 3
    assert case.reporter_key


def test_importing_twice_changes_nothing(town: Town, tmp_path: Path) -> None:
    replied = (2, "u", "x", "2019/4/25 9:32:09", "y", "已处理", "2019/5/10 14:56:53")
    rows = [(*REPLIED,), replied, (3, "u", "z", "2019/4/25 9:32:09", "w")]
    run_import(tmp_path, rows)
    before = (list(Case.objects.values()), CaseMove.objects.count())

    account = run_import(tmp_path, rows)

    assert account.counts() == {"read": 2, "created": 0, "existing": 2, "refused": 0}
    assert (list(Case.objects.values()), CaseMove.objects.count()) == before


def test_importing_a_longer_file_adds_its_new_messages(town: Town, tmp_path: Path) -> None:
    run_import(tmp_path, [WIDE, make_row(1)])

    assert run_import(tmp_path, [WIDE, make_row(1), make_row(2)]).counts() == {
        "read": 2,
        "created": 1,
        "existing": 1,
        "refused": 0,
    }


def test_a_reply_with_its_time_makes_a_closed_case_with_both_times(town: Town, tmp_path: Path) -> None:
    run_import(tmp_path, [REPLIED, (2, "u", "x", "2019/4/25 9:32:09", "y", "已处理。", "2019/5/10 14:56:53")])

    case = Case.objects.get()
    end = datetime(2019, 5, 10, 6, 56, 53, tzinfo=UTC)
    assert case.state == "DONE"
    assert case.reported_at == datetime(2019, 4, 25, 1, 32, 9, tzinfo=UTC)
    assert case.closed_at == case.replied_at == case.ended_at == end
    assert case.closed_on_time is (end <= case.close_due_at)
    assert (case.accepted_at, case.dispatched_at, case.checked_at) == (None, None, None)
    assert [(move.move, move.at) for move in case.moves.order_by("id")] == [
        ("REPORT", case.reported_at),
        ("CLOSE", end),
    ]
    assert case.moves.get(move="CLOSE").text == "已处理。"
    assert case.moves.get(move="CLOSE").public
    assert not case.clocks.filter(stopped_at__isnull=True).exists()


def test_bad_rows_are_reported_and_the_others_imported(town: Town, tmp_path: Path) -> None:
    rows = [
        WIDE,
        make_row(1),
        make_row(2, 留言时间="2020/2/30"),
        make_row(3),
        make_row(4, 标题=None),
        make_row(5, 标题="字" * 201),
    ]

    account = run_import(tmp_path, rows)

    assert account.counts() == {"read": 5, "created": 2, "existing": 0, "refused": 3}
    assert [(error.row, error.column) for error in account.errors] == [
        (3, "留言时间"),
        (5, "内容"),
        (6, "标题"),
    ]
    assert all(error.reason for error in account.errors)
    assert Case.objects.count() == 2


SQLITE_TRIGGER = """
CREATE TRIGGER refuse_subject BEFORE INSERT ON cases_case WHEN NEW.subject = '拒收'
BEGIN SELECT RAISE(ABORT, 'refused by the database'); END
"""
POSTGRES_TRIGGER = """
CREATE FUNCTION refuse_subject() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'refused by the database' USING ERRCODE = 'check_violation'; END $$;
CREATE TRIGGER refuse_subject BEFORE INSERT ON cases_case FOR EACH ROW
WHEN (NEW.subject = '拒收') EXECUTE FUNCTION refuse_subject()
"""


def test_a_row_that_fails_when_written_does_not_affect_the_others(town: Town, tmp_path: Path) -> None:
    with connection.cursor() as cursor:
        cursor.execute(SQLITE_TRIGGER if connection.vendor == "sqlite" else POSTGRES_TRIGGER)
    rows = [WIDE, make_row(1), make_row(2, 标题="拒收"), make_row(3)]

    account = run_import(tmp_path, rows)

    assert account.counts() == {"read": 3, "created": 2, "existing": 0, "refused": 1}
    assert (account.errors[0].row, "refused by the database" in account.errors[0].reason) == (3, True)
    assert Case.objects.count() == CaseMove.objects.count() == 2
    assert not Case.objects.filter(source_key="web:2").exists()


def test_a_text_of_a_hundred_thousand_characters_is_refused(town: Town, tmp_path: Path) -> None:
    path = make_csv(
        tmp_path / "a.csv", f"编号,标题,留言时间,内容\n1,x,2020-03-01,{'长' * 100_000}\n2,y,2020-03-01,z\n"
    )

    account = import_messages(make_system_actor(), path)

    assert account.counts() == {"read": 2, "created": 1, "existing": 0, "refused": 1}
    assert "最多 20000 字" in account.errors[0].reason
    assert account.errors[0].column == "内容"


def test_a_repeated_number_with_other_content_is_refused(town: Town, tmp_path: Path) -> None:
    account = run_import(tmp_path, [WIDE, make_row(1), make_row(1), make_row(1, 标题="另一件事")])

    assert account.counts() == {"read": 3, "created": 1, "existing": 1, "refused": 1}
    assert "编号与第 2 行相同" in account.errors[0].reason


def test_the_channel_of_a_row_overrides_that_of_the_call(town: Town, tmp_path: Path) -> None:
    rows = [
        WIDE,
        make_row(1, 来源="12345热线"),
        make_row(2),
        make_row(3, 来源="飞鸽传书"),
        make_row(4, 来源="app"),
    ]

    account = run_import(tmp_path, rows, channel="SUPERIOR")

    assert list(Case.objects.order_by("id").values_list("channel", flat=True)) == [
        "HOTLINE",
        "SUPERIOR",
        "APP",
    ]
    assert [(error.row, error.column) for error in account.errors] == [(4, "来源")]


def test_equal_numbers_of_two_sources_are_two_messages(town: Town, tmp_path: Path) -> None:
    run_import(tmp_path, [WIDE, make_row(1)])

    other = make_row(1, 留言时间="2020/3/2 9:00")

    assert run_import(tmp_path, [WIDE, other], channel="HOTLINE").created == 1


def test_a_category_is_matched_by_name_or_code_and_an_unknown_one_is_noted(
    town: Town, tmp_path: Path
) -> None:
    rows = [
        WIDE,
        make_row(1, 分类="无照经营"),
        make_row(2, 分类="04001"),
        make_row(3, 分类="COMPONENT:01001"),
        make_row(4, 分类="外星人"),
    ]

    account = run_import(tmp_path, rows)

    keys = ["STALL", "STALL", "COVER"]
    expected = [town.categories[key].pk for key in keys]
    assert list(Case.objects.order_by("id").values_list("category_id", flat=True)) == [*expected, None]
    assert [count for text, count in account.notes.items() if "外星人" in text] == [1]


def test_a_point_decides_the_grid_and_one_outside_the_town_is_noted(town: Town, tmp_path: Path) -> None:
    inside, outside = (
        make_row(1, 经度=114.105, 纬度=22.605),
        make_row(2, 经度=113.93, 纬度=22.53, 地点="南山"),
    )

    account = run_import(tmp_path, [WIDE, inside, outside])

    inside_case, outside_case = Case.objects.order_by("id")
    assert (inside_case.area, inside_case.outside) == (town.areas["G1"], False)
    assert (outside_case.area, outside_case.outside, outside_case.place_text) == (None, True, "南山")
    assert sum(account.notes.values()) == 1


@pytest.mark.parametrize(
    ("lon", "lat", "reason"),
    [
        (0, 0, "没有定位"),
        ("0.000", "0.0", "没有定位"),
        (22.605, 114.105, "填反了"),
        ("N22.605", "E114.105", "填反了"),
        (-73.7, 40.6, "不在中国境内"),
        (38511234.5, 2501234.5, "读不出"),
        ("在路口", "附近", "读不出"),
        (114.105, None, "只填了一个"),
    ],
)
def test_what_is_no_point_is_left_out_with_a_note_and_the_message_is_filed(
    town: Town, tmp_path: Path, lon: Any, lat: Any, reason: str
) -> None:
    account = run_import(tmp_path, [WIDE, make_row(1, 经度=lon, 纬度=lat, 地点="文景路口")])

    case = Case.objects.get()
    assert (account.created, account.refused) == (1, 0)
    assert (case.lon, case.lat, case.place_text, case.outside) == (None, None, "文景路口", False)
    assert [reason in text for text in account.notes] == [True]


def test_degrees_are_read_as_people_write_them(town: Town, tmp_path: Path) -> None:
    spellings = [
        ("114.105°", "22.605°"),
        ("１１４．１０５", "２２．６０５"),
        ("E114.105", "22.605N"),
        ("东经114.105度", "北纬22.605度"),
        ("114°6′18″", "22°36'18\""),
        ("\u200b114.105", "22.605\ufeff"),
    ]
    rows = [make_row(number, 经度=lon, 纬度=lat) for number, (lon, lat) in enumerate(spellings, 1)]

    account = run_import(tmp_path, [WIDE, *rows])

    points = {(round(case.lon, 6), round(case.lat, 6)) for case in Case.objects.all()}
    assert (account.created, points, sum(account.notes.values())) == (6, {(114.105, 22.605)}, 0)


def test_a_message_is_recognised_in_every_spelling_of_its_number(town: Town, tmp_path: Path) -> None:
    run_import(tmp_path, [WIDE, make_row("00077610")])
    spellings = [
        '"=""00077610"""',
        "０００７７６１０",
        "\ufeff00077610",
        "'00077610",
        "0007 7610",
        "\u00ad00077610",
    ]
    lines = [f"{spelling},路灯不亮,2020/3/1 9:00" for spelling in spellings]
    text = "\n".join(["编号,标题,留言时间", *lines])

    account = import_messages(make_system_actor(), make_csv(tmp_path / "b.csv", text))

    assert account.counts() == {"read": 6, "created": 0, "existing": 6, "refused": 0}
    assert Case.objects.get().source_key == "web:00077610"


def test_a_number_shown_with_leading_zeros_is_the_number_as_shown(town: Town, tmp_path: Path) -> None:
    run_import(tmp_path, [WIDE, make_row("00077610")])
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for row in (WIDE, make_row(77610)):
        sheet.append(row)
    sheet["A2"].number_format = "00000000"
    book.save(tmp_path / "b.xlsx")

    assert import_messages(make_system_actor(), tmp_path / "b.xlsx").existing == 1


def test_a_stored_key_of_an_earlier_version_is_folded_by_the_migration(town: Town, tmp_path: Path) -> None:
    run_import(tmp_path, [WIDE, make_row(1), make_row(2), make_row(3)])
    Case.objects.filter(source_key="web:1").update(source_key="web:\u200bＡ１")
    Case.objects.filter(source_key="web:2").update(source_key='web:="B2"')
    Case.objects.filter(source_key="web:3").update(source_key="web:B2")

    import_module("jiedao.cases.migrations.0007_fold_source_keys").fold_source_keys(apps, None)

    keys = list(Case.objects.order_by("pk").values_list("source_key", flat=True))
    assert keys == ["web:A1", 'web:="B2"', "web:B2"]  # the last two are two cases already: none is renamed
    assert run_import(tmp_path, [WIDE, make_row("A1")]).existing == 1


@pytest.mark.parametrize("word", ["匿名", "无", "不详", "０", "-", "／", "N/A", "（不愿透露）"])
def test_a_placeholder_is_no_reporter(town: Town, tmp_path: Path, word: str) -> None:
    account = run_import(tmp_path, [WIDE, make_row(1, 姓名=word, 电话=word)])

    case = Case.objects.get()
    assert (case.has_reporter, case.reporter_key, Reporter.objects.count()) == (False, "", 0)
    assert [count for text, count in account.notes.items() if "不算姓名" in text] == [1]


def test_a_reporter_with_a_placeholder_for_a_phone_is_known_by_name(town: Town, tmp_path: Path) -> None:
    run_import(
        tmp_path,
        [WIDE, make_row(1, 姓名="张三丰", 电话="无"), make_row(2, 姓名="李四光", 电话="无")],
    )

    assert len(set(Case.objects.values_list("reporter_key", flat=True)) - {""}) == 2


def test_a_text_that_became_a_date_is_refused(town: Town, tmp_path: Path) -> None:
    account = run_import(
        tmp_path,
        [WIDE, make_row(1, 地点=datetime(2026, 3, 5)), make_row(2, 地点="3-5")],  # noqa: DTZ001
    )

    assert (account.created, account.refused, account.errors[0].column) == (1, 1, "地点")
    assert "2026-03-05" in account.errors[0].reason
    assert Case.objects.get().place_text == "3-5"


def test_a_reporter_is_stored_encrypted(town: Town, tmp_path: Path) -> None:
    run_import(tmp_path, [WIDE, make_row(1, 姓名="张三丰", 电话="13800138000")])

    row = Reporter.objects.get()
    assert row.name
    assert row.phone
    assert "张三丰" not in row.name
    assert "13800138000" not in row.phone


def test_the_rows_before_a_broken_one_are_imported(town: Town, tmp_path: Path) -> None:
    text = (
        "编号,标题,留言时间\n" + "".join(f"{n},x,2020-03-01\n" for n in range(30)) + '31,"' + "y" * 2_100_000
    )
    path = make_csv(tmp_path / "a.csv", text)

    account = import_messages(make_system_actor(), path)

    assert account.counts() == {"read": 30, "created": 30, "existing": 0, "refused": 0}
    assert "第 32 行" in account.stopped
    assert not account.complete


def test_an_unusable_file_or_mapping_imports_nothing(town: Town, tmp_path: Path) -> None:
    mapping = make_csv(
        tmp_path / "m.toml", '[columns]\nnumber = "nowhere"\nreported_at = "x"\nsubject = "y"\n'
    )
    with pytest.raises(UserError):
        run_import(tmp_path, [("一", "二"), (1, 2)])
    with pytest.raises(UserError, match="nowhere"):
        run_import(tmp_path, [WIDE, make_row(1)], mapping=mapping)
    with pytest.raises(UserError, match="PIGEON"):
        run_import(tmp_path, [WIDE, make_row(1)], channel="PIGEON")

    assert not Case.objects.exists()
    assert not Entry.objects.filter(action="exchange.messages:import").exists()


def test_importing_requires_the_right(town: Town, tmp_path: Path) -> None:
    with pytest.raises(NotAllowed):
        import_messages(town.actor("registrar"), make_xlsx(tmp_path / "a.xlsx", [WIDE, make_row(1)]))


def test_an_import_is_audited_with_its_counts(town: Town, tmp_path: Path) -> None:
    run_import(tmp_path, [WIDE, make_row(1)])

    entry = Entry.objects.get(action="exchange.messages:import")
    assert entry.after["created"] == 1
    assert len(entry.after["sha256"]) == 64


def test_progress_is_reported_until_the_end(town: Town, tmp_path: Path) -> None:
    calls: list[tuple[int, int | None]] = []

    run_import(
        tmp_path,
        [WIDE, *(make_row(number) for number in range(250))],
        progress=lambda read, total: calls.append((read, total)),
    )

    assert [read for read, _total in calls] == [100, 200, 250]
    assert calls[-1] == (250, 250)


def test_more_rows_than_a_batch_are_imported(town: Town, tmp_path: Path) -> None:
    lines = "".join(f"{number},x,2020-03-01\n" for number in range(2500))

    account = import_messages(
        make_system_actor(), make_csv(tmp_path / "a.csv", f"编号,标题,留言时间\n{lines}")
    )

    assert account.created == Case.objects.count() == 2500


def test_a_known_number_with_another_time_is_refused(town: Town, tmp_path: Path) -> None:
    run_import(tmp_path, [WIDE, make_row(1)])

    account = run_import(tmp_path, [WIDE, make_row(1, 留言时间="2021/6/1 9:00")])

    assert account.counts() == {"read": 1, "created": 0, "existing": 0, "refused": 1}
    assert Case.objects.get().number in account.errors[0].reason
    assert account.errors[0].column == "编号"


def test_a_reply_after_the_first_import_closes_the_case(town: Town, tmp_path: Path) -> None:
    run_import(tmp_path, [REPLIED, (2, "u", "x", "2019/4/25 9:32:09", "y", "", "")])

    account = run_import(
        tmp_path, [REPLIED, (2, "u", "x", "2019/4/25 9:32:09", "y", "已处理。", "2019/5/10")]
    )

    case = Case.objects.get()
    assert (account.counts()["existing"], account.answered, account.left_open) == (1, 1, [])
    assert (case.state, case.closed_at) == ("DONE", datetime(2019, 5, 9, 16, tzinfo=UTC))
    assert CaseMove.objects.get(public=True, move="END_ANSWERED").text == "已处理。"


def test_a_failed_formula_is_refused(town: Town, tmp_path: Path) -> None:
    account = run_import(tmp_path, [WIDE, make_row(1, 标题="#N/A")])

    assert account.errors[0].column == "标题"
    assert "公式出错" in account.errors[0].reason


def test_plain_day_numbers_use_the_calendar_of_their_workbook(town: Town, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.epoch = CALENDAR_MAC_1904
    sheet = book.active
    assert sheet is not None
    sheet.append(WIDE)
    sheet.append(make_row(1, 留言时间=42062.5))
    book.save(tmp_path / "mac.xlsx")

    import_messages(make_system_actor(), tmp_path / "mac.xlsx")

    assert Case.objects.get().reported_at == datetime(2019, 2, 28, 4, tzinfo=UTC)


def test_a_file_without_rows_is_noted(town: Town, tmp_path: Path) -> None:
    account = run_import(tmp_path, [WIDE])

    assert account.complete
    assert "没有一行内容" in next(iter(account.notes))


def test_other_sheets_are_named_and_can_be_chosen(town: Town, tmp_path: Path) -> None:
    path = make_xlsx(tmp_path / "a.xlsx", [("请看下一张表",)], title="说明")
    book = openpyxl.load_workbook(path)
    sheet = book.create_sheet("数据")
    sheet.append(WIDE)
    sheet.append(make_row(1))
    book.save(path)

    with pytest.raises(UserError, match="读的是工作表“说明”；也许要的是另一张：数据"):
        import_messages(make_system_actor(), path)

    assert import_messages(make_system_actor(), path, sheet="数据").created == 1


def test_faults_of_the_mapping_and_missing_headers_are_reported_together(town: Town, tmp_path: Path) -> None:
    text = '[columns]\nnumber = "编号"\nreported_at = "时间"\nsubject = "标题"\n[dates]\ntime_zone = "Mars"\n'
    mapping = make_csv(tmp_path / "m.toml", text)

    with pytest.raises(UserError) as caught:
        run_import(tmp_path, [WIDE, make_row(1)], mapping=mapping)

    assert "第 3 行" in str(caught.value)
    assert "第 6 行" in str(caught.value)


def test_a_phone_that_cannot_be_one_is_stored_marked_and_counted(town: Town, tmp_path: Path) -> None:
    rows = [WIDE, make_row(1, 电话="139 1234 5678"), make_row(2, 电话="138", 姓名="李四"), make_row(3)]
    account = run_import(tmp_path, rows)
    assert account.counts()["created"] == 3
    phones = {row.case.source_key: (decrypt(row.phone), row.phone_check) for row in Reporter.objects.all()}
    assert phones == {"web:1": ("13912345678", "GOOD"), "web:2": ("138", "BAD")}
    assert [count for note, count in account.notes.items() if "号码有误" in note] == [1]
