from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from jiedao.exchange.dates import DateReader
from jiedao.kernel.tables.rows import Cell, CellFault

TOWN = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
READER = DateReader(TOWN, NOW)


def make_moment(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=TOWN)  # type: ignore[arg-type, misc]


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("2019/2/28 11:25:05", make_moment(2019, 2, 28, 11, 25, 5)),
        ("2018/3/19 9:05:04", make_moment(2018, 3, 19, 9, 5, 4)),
        ("2019-02-28T11:25:05.123", make_moment(2019, 2, 28, 11, 25, 5, 123000)),
        ("2019-02-28T11:25:05Z", datetime(2019, 2, 28, 11, 25, 5, tzinfo=UTC)),
        ("2019-02-28T11:25:05+0530", datetime(2019, 2, 28, 5, 55, 5, tzinfo=UTC)),
        ("2019.2.28 11:25", make_moment(2019, 2, 28, 11, 25)),
        ("2019年2月28日 11时25分", make_moment(2019, 2, 28, 11, 25)),
        ("2019年2月28日11时25分3秒", make_moment(2019, 2, 28, 11, 25, 3)),
        ("2019年2月28日 下午3点", make_moment(2019, 2, 28, 15)),
        ("2019-02-28 星期四 11:25:05", make_moment(2019, 2, 28, 11, 25, 5)),
        ("2019年2月28日（四）11:25", make_moment(2019, 2, 28, 11, 25)),
        ("2019-02-28 11:25:05,123", make_moment(2019, 2, 28, 11, 25, 5, 123000)),
        ("2019-02-28 24:00", make_moment(2019, 3, 1)),
        ("Feb 28, 2019 11:25:05 PM", make_moment(2019, 2, 28, 23, 25, 5)),
        ("Thursday, February 28, 2019 11:25", make_moment(2019, 2, 28, 11, 25)),
        ("28-Feb-2019 11:25", make_moment(2019, 2, 28, 11, 25)),
        ("2019-2-28 上午11:25", make_moment(2019, 2, 28, 11, 25)),
        ("２０１９／２／２８ １１：２５", make_moment(2019, 2, 28, 11, 25)),
        ("04/16/2024 03:03:15 AM", make_moment(2024, 4, 16, 3, 3, 15)),
        ("04/05/2024 12:03:15 AM", make_moment(2024, 4, 5, 0, 3, 15)),
        ("04/05/2024 12:03:15 PM", make_moment(2024, 4, 5, 12, 3, 15)),
        ("25/12/2020 10:00", make_moment(2020, 12, 25, 10)),
        (43524.475752, make_moment(2019, 2, 28, 11, 25, 5)),
        ("43524.475752", make_moment(2019, 2, 28, 11, 25, 5)),
        (20190228112505, make_moment(2019, 2, 28, 11, 25, 5)),
        (make_moment(2019, 2, 28, 11, 25, 5).replace(tzinfo=None), make_moment(2019, 2, 28, 11, 25, 5)),
    ],
)
def test_the_common_forms_are_read(cell: Cell, expected: datetime) -> None:
    moment = READER.read(cell)

    assert moment.at == expected
    assert moment.at.tzinfo is UTC
    assert not moment.whole_day


@pytest.mark.parametrize(
    "cell", ["2019-02-28", "2019年2月28日 周四", "28 Feb 2019", 43524, date(2019, 2, 28)]
)
def test_a_date_without_a_time_is_the_first_moment_of_the_day(cell: Cell) -> None:
    moment = READER.read(cell)

    assert (moment.at, moment.whole_day) == (make_moment(2019, 2, 28), True)


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("2019/2/30", "2 月只有 28 天"),
        ("2020/2/30", "2 月只有 29 天"),
        ("2019/13/1", "没有 13 月"),
        ("0000-00-00 00:00:00", "没有 0 月"),
        ("2019-02-28 25:00", "时间不存在"),
        ("1880-01-01", "1880"),
        ("0000-01-01", "年份 0"),
        ("9999-12-31 23:59:59", "9999"),
        ("2030-01-01", "在将来"),
        ("2026-11-23 12:30", "在将来"),
        ("04/05/2024", "分不清月和日"),
        ("昨天", "请写成"),
        ("19/2/28", "请写成"),
        ("", "没有填"),
        (-5, "请写成"),
        (1e300, "请写成"),
        (float("nan"), "请写成"),
        (float("inf"), "请写成"),
        (True, "请写成"),
    ],
)
def test_an_impossible_moment_is_refused_with_the_reason(cell: Cell, message: str) -> None:
    with pytest.raises(CellFault, match=message):
        READER.read(cell)


def test_a_moment_a_little_in_the_future_counts_as_now() -> None:
    assert READER.read("2026-11-23 12:05").at == NOW


def test_a_time_is_in_the_time_zone_of_its_file() -> None:
    reader = DateReader(ZoneInfo("America/New_York"), NOW)

    assert reader.read("2024-04-16T03:03:15.000").at == datetime(2024, 4, 16, 7, 3, 15, tzinfo=UTC)


def test_only_a_given_pattern_is_accepted() -> None:
    reader = DateReader(TOWN, NOW, "%d/%m/%Y")

    assert reader.read("04/05/2024").at == make_moment(2024, 5, 4)
    assert reader.read("04/05/2024").whole_day
    with pytest.raises(CellFault, match="%d/%m/%Y"):
        reader.read("2024-05-04")
