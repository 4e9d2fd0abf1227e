"""Open data: only what a person released, nothing personal, the same rows in every format, and the rows of figures."""

import csv
import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from datetime import date
from pathlib import Path
from threading import Barrier
from time import sleep
from typing import Any

import pytest

from jiedao.cases.models import Case
from jiedao.cases.selectors.counting import find_cases
from jiedao.kernel import clock
from jiedao.kernel.errors import NotAllowed, NotFoundError, Stale, UserError
from jiedao.kernel.figures import RowsLink
from jiedao.kernel.memo import forget_all
from jiedao.kernel.periods import parse_period
from jiedao.orgs.actor import make_system_actor
from jiedao.publishing.actions.releasing import close_data_set, release_data_set
from jiedao.publishing.models import DataSet, PublicCase
from jiedao.publishing.open_data import files
from jiedao.publishing.open_data.columns import may_open_field
from jiedao.publishing.open_data.definition import OpenSet, get_open_set, list_open_sets, read_set
from jiedao.publishing.open_data.files import WRITERS, get_file
from jiedao.publishing.open_data.narrowing import (
    MEASURE_COLUMNS,
    find_rows_query,
    read_row_filter,
    take_names,
)
from jiedao.publishing.open_data.rows import CELL, _select_cases, count_rows, iterate_rows
from jiedao.publishing.private_numbers import mask_numbers
from jiedao.publishing.review.positions import blur_point
from jiedao.publishing.tests.people import PUBLISHER, REVIEWER
from jiedao.registers.actions.records import add_record
from jiedao.registers.definition import Field, FieldKind
from jiedao.registers.models import Register
from jiedao.registers.rows import RecordInput
from jiedao.registers.tests.parts import HOUSES, declare
from jiedao.testing.cast import Town, walk

CASE_COLUMNS = [
    "reported_date",
    "due_date",
    "handled_date",
    "handled_on_time",
    "closed_date",
    "category",
    "state",
]


@pytest.fixture
def houses(town: Town) -> DataSet:
    """A data set over the register of buildings to let, with two records."""
    info = declare(HOUSES)
    for code, storeys in (("H1", 7), ("H2", 3)):
        values = {"storeys": storeys, "use": "HOME", "owner": "张三 13800000000", "second_exit": False}
        data = RecordInput(code, f"{code}栋 13912345678", area=town.areas["G1"].code, values=values)
        add_record(actor=make_system_actor(), info=info, data=data)
    return DataSet.objects.create(
        key="houses",
        name="出租屋",
        source="register",
        register="houses",
        columns=["code", "name", "area", "storeys", "use", "grade"],
        position_kind="blurred",
        licence="CC-BY-4.0",
    )


@pytest.fixture
def cases(town: Town) -> DataSet:
    """A data set over cases: one that a grid worker found, and one of a reporter who asked for secrecy."""
    walk(town, to="HANDLED", lon=114.1053, lat=22.6048, reporter_name="", reporter_phone="")
    walk(town, to="FILED", subject="另一处垃圾", lon=114.1057, lat=22.6042, reporter_name="李四", secret=True)
    return DataSet.objects.create(
        key="cases",
        name="案件",
        source="cases",
        columns=CASE_COLUMNS,
        position_kind="blurred",
        licence="CC0-1.0",
    )


def release(town: Town, row: DataSet) -> OpenSet:
    return release_data_set(actor=town.actor(PUBLISHER), key=row.key, digest=read_set(row).digest)


@pytest.fixture
def data_folder(tmp_path: Path, settings: Any) -> Path:
    settings.JIEDAO_DATA = tmp_path
    return tmp_path / "open-data"


def test_a_data_set_is_public_only_once_a_person_has_released_it(town: Town, houses: DataSet) -> None:
    with pytest.raises(NotFoundError):
        get_open_set("houses")
    with pytest.raises(NotAllowed):
        release_data_set(actor=town.actor(REVIEWER), key="houses", digest=read_set(houses).digest)
    with pytest.raises(Stale):
        release_data_set(actor=town.actor(PUBLISHER), key="houses", digest="another")
    assert release(town, houses).is_open
    assert [data_set.row.key for data_set in list_open_sets()] == ["houses"]
    close_data_set(actor=town.actor(PUBLISHER), key="houses")
    assert list_open_sets() == []


def test_a_changed_definition_has_to_be_released_again(town: Town, houses: DataSet) -> None:
    release(town, houses)
    DataSet.objects.update(columns=["code", "storeys", "area_m2"])
    assert list_open_sets() == []


def test_a_field_that_becomes_personal_is_closed_and_left_out_at_once(town: Town, houses: DataSet) -> None:
    DataSet.objects.update(columns=["code", "licence"])
    release(town, DataSet.objects.get())
    stored = Register.objects.get(key="houses")
    for field in stored.definition["fields"]:  # the action refuses this, but a restored backup could have it
        field["personal"] = field["key"] in {"licence", "owner"}
    stored.save()
    forget_all()
    assert list_open_sets() == []
    columns = {column.key for column in read_set(DataSet.objects.get()).columns}
    assert "licence" not in columns


def test_nothing_personal_is_in_the_rows_even_if_it_was_chosen(town: Town, houses: DataSet) -> None:
    DataSet.objects.update(columns=["code", "name", "owner", "storeys"])
    rows = list(iterate_rows(read_set(DataSet.objects.get())))
    assert set(rows[0]) == {"code", "name", "storeys", "lon", "lat"}
    assert rows[0]["name"] == "H2栋 ＊＊＊"
    assert "13800000000" not in json.dumps(rows, ensure_ascii=False)


def test_cases_have_no_text_no_number_and_no_reporter(town: Town, cases: DataSet) -> None:
    rows = list(iterate_rows(read_set(cases)))
    assert [row["state"] for row in rows] == ["OPEN", "OPEN"]
    words = json.dumps(rows, ensure_ascii=False, default=str)
    for case in Case.objects.all():
        assert case.number not in words
        assert case.subject not in words
    assert "李四" not in words


def test_a_position_is_blurred_and_left_out_where_a_person_reported(town: Town, cases: DataSet) -> None:
    walk(town, to="FILED", subject="第三处垃圾", lon=114.1057, lat=22.6042)  # without a wish for secrecy
    places = sorted(((row["lon"], row["lat"]) for row in iterate_rows(read_set(cases))), key=str)
    assert places == [blur_point(114.1053, 22.6048, CELL), (None, None), (None, None)]


def test_the_order_of_cases_does_not_reveal_their_numbers(town: Town, cases: DataSet) -> None:
    numbered = [walk(town, to="FILED", subject=f"第{number}处垃圾").pk for number in range(12)]
    ids = list(_select_cases(read_set(cases), None).values_list("pk", flat=True))
    assert sorted(ids)[-12:] == numbered
    assert ids not in (sorted(ids), sorted(ids, reverse=True))


@pytest.mark.parametrize(
    ("decision", "precision", "is_shown"),
    [
        ("PUBLIC", "NEAR", True),
        ("PUBLIC", "NONE", False),
        ("WITHHELD", "NEAR", False),
        ("WITHDRAWN", "NEAR", False),
    ],
)
def test_a_case_that_the_reviewer_keeps_off_the_map_has_no_position(
    town: Town, cases: DataSet, decision: str, precision: str, is_shown: bool
) -> None:
    case = Case.objects.get(reporter=None)
    PublicCase.objects.create(
        case=case, decision=decision, precision=precision, decided_at=clock.now(), decided_label="审核人"
    )
    assert any(row["lat"] is not None for row in iterate_rows(read_set(cases))) == is_shown


def test_points_of_one_square_are_one_point_of_that_size() -> None:
    lon, lat = blur_point(114.1053, 22.6048, CELL)
    points = {blur_point(lon + step / 1000, lat + step / 1000, CELL) for step in range(-2, 3)}
    assert points == {(lon, lat)}
    assert lat == 22.6025
    assert blur_point(lon + 0.004, lat, CELL)[0] - lon == pytest.approx(CELL / 0.9232, abs=1e-4)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("老王杂货 13800138000", "老王杂货 ＊＊＊"),
        ("138 0013 8000", "＊＊＊"),
        ("44030719800101123X号", "＊＊＊号"),
        ("0755-12345678", "＊＊＊"),
        ("0755-28281234.", "＊＊＊."),
        ("身份证440301199001011234.", "身份证＊＊＊."),
        ("电话8613812345678.", "电话＊＊＊."),
        ("138.1234.5678", "＊＊＊"),
        ("１３８—1234—5678", "＊＊＊"),
        ("2828-1234", "＊＊＊"),
        ("1.13812345678", "1.＊＊＊"),
        ("粤B12345", "＊＊＊"),
        ("2019-2024年", "2019-2024年"),
        ("12345678.50元", "12345678.50元"),
        ("１２号楼", "１２号楼"),
        ("布吉路123号7栋", "布吉路123号7栋"),
        ("面积1234.5678901", "面积1234.5678901"),
    ],
)
def test_numbers_that_may_belong_to_a_person_are_masked(text: str, masked: str) -> None:
    assert mask_numbers(text) == masked


def test_the_three_formats_have_the_same_rows(town: Town, houses: DataSet, data_folder: Path) -> None:
    data_set = release(town, houses)
    with get_file(data_set, "csv").open(encoding="utf-8-sig") as file:
        table = list(csv.reader(file))
    content = json.loads(get_file(data_set, "json").read_text(encoding="utf-8"))
    features = json.loads(get_file(data_set, "geojson").read_text(encoding="utf-8"))["features"]
    assert table[0][:5] == ["编码", "名称", "社区", "层数（层）", "用途"]
    assert [row[0] for row in table[1:]] == [row["code"] for row in content["rows"]] == ["H2", "H1"]
    assert table[1][4] == "居住"
    assert content["rows"][0]["use"] == "HOME"
    assert [feature["properties"]["code"] for feature in features] == ["H2", "H1"]
    assert content["licence"]["url"] == "https://creativecommons.org/licenses/by/4.0/"
    assert {"key": "HOME", "label": "居住"} not in content["columns"]
    assert content["columns"][4]["choices"] == {"HOME": "居住", "SHOP": "商铺"}


def test_a_file_is_made_once_a_day_and_for_each_definition(
    town: Town, houses: DataSet, data_folder: Path
) -> None:
    data_set = release(town, houses)
    first = get_file(data_set, "csv")
    made_at = first.stat().st_mtime_ns
    assert get_file(data_set, "csv").stat().st_mtime_ns == made_at
    DataSet.objects.update(columns=["code"])
    second = get_file(release(town, DataSet.objects.get()), "csv")
    assert list(data_folder.iterdir()) == [second]
    assert "storeys" not in second.read_text(encoding="utf-8-sig")


def test_simultaneous_first_downloads_write_the_file_once(
    town: Town, houses: DataSet, data_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data_set, written, waiting = release(town, houses), [], Barrier(3)

    def write(path: Path, _data_set: OpenSet) -> None:
        written.append(path)
        sleep(0.05)
        path.write_text("rows", encoding="utf-8")

    def download(_number: int) -> str:
        waiting.wait()
        return get_file(data_set, "csv").read_text(encoding="utf-8")

    monkeypatch.setitem(WRITERS, "csv", write)
    monkeypatch.setattr(files, "read_snapshot", nullcontext)  # the rows of this test are in one transaction
    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(download, range(3))) == ["rows"] * 3
    assert len(written) == 1


def test_a_data_set_without_positions_has_no_geojson(town: Town, houses: DataSet, data_folder: Path) -> None:
    DataSet.objects.update(position_kind="none")
    with pytest.raises(NotFoundError):
        get_file(release(town, DataSet.objects.get()), "geojson")


@pytest.mark.parametrize("measure", sorted(MEASURE_COLUMNS))
def test_the_rows_behind_a_figure_are_those_that_it_counts(town: Town, cases: DataSet, measure: str) -> None:
    DataSet.objects.update(columns=[*CASE_COLUMNS, "filed_date"])
    data_set = read_set(DataSet.objects.get())
    period = parse_period("2020-07")
    link = RowsLink("cases.measure", (), (("measure", measure), ("period", "2020-07")))
    match = find_rows_query([data_set], link, period.last)
    assert match is not None
    narrowed = read_row_filter(data_set, dict(link.query))
    assert count_rows(data_set, narrowed) == find_cases(make_system_actor(), measure, period).count()


def test_rows_are_not_selected_by_a_column_that_is_not_open(
    town: Town, cases: DataSet, houses: DataSet
) -> None:
    sets = [read_set(cases), read_set(houses)]
    hidden = [
        RowsLink("cases.measure", (), (("measure", "unsatisfied"), ("period", "2020-07"))),
        RowsLink("cases.measure", (), (("measure", "due"), ("period", "2020-07"), ("unit", "3"))),
        RowsLink("registers.records", ("houses",), (("f.second_exit", "1"),)),
        RowsLink("registers.records", ("other",), (("f.storeys", "7"),)),
        None,
    ]
    assert [find_rows_query(sets, link, date(2020, 7, 1)) for link in hidden] == [None] * 5
    with pytest.raises(UserError):
        read_row_filter(sets[1], {"f.second_exit": "1"})


def test_the_rows_of_a_register_are_narrowed_by_open_columns(town: Town, houses: DataSet) -> None:
    data_set = read_set(houses)
    link = RowsLink("registers.records", ("houses",), (("f.storeys.from", "5"), ("f.storeys.to", "9")))
    match = find_rows_query([data_set], link, date(2020, 7, 1))
    query = {"f.storeys.from": "5", "f.storeys.to": "9", "on": "2020-07-01"}
    assert match == (data_set, query)
    rows = list(iterate_rows(data_set, read_row_filter(data_set, dict(link.query))))
    assert [row["code"] for row in rows] == ["H1"]
    past = read_row_filter(data_set, {"f.storeys": "7", "on": "2020-06-01"})  # before the records were added
    assert list(iterate_rows(data_set, past)) == []


def test_what_apps_add_to_a_shared_link_does_not_narrow(town: Town, houses: DataSet) -> None:
    data_set = read_set(houses)
    assert take_names(data_set, {"from": "singlemessage", "f.use": "HOME"}) == {"f.use": "HOME"}
    assert read_row_filter(data_set, {}) is None


def test_a_person_field_is_never_open() -> None:
    assert not may_open_field(Field("keeper", "看护人", FieldKind.PERSON))
    assert not may_open_field(Field("licence", "证号", personal=True))
    assert may_open_field(Field("licence", "证号"))
