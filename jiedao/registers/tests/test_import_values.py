"""Single values of a sheet: keys in every spelling, formats of cells, and texts that a spreadsheet has changed."""

import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.apps import apps
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from jiedao.kernel import clock
from jiedao.kernel.memo import forget_all
from jiedao.places.models import Premise
from jiedao.registers.catalogue import RegisterInfo
from jiedao.registers.definition import Choice, Field, FieldKind
from jiedao.registers.importing.account import SheetAccount
from jiedao.registers.importing.actions import SheetFile, check_sheet, import_sheet
from jiedao.registers.models import Record
from jiedao.registers.selectors.filters import RecordFilters
from jiedao.registers.sheets.export import choose_records
from jiedao.registers.tests.parts import HOUSES, declare
from jiedao.registers.tests.sheets import G1, HEADER, house_row, workbook
from jiedao.testing.cast import Town

FIELDS = (
    Field("rate", "出租率", FieldKind.NUMBER, unit="%", least=0, most=100),
    Field("door", "门牌"),
    Field(
        "tenure",
        "权属",
        FieldKind.CHOICE,
        choices=(Choice("OWN", "自有（含共有）", "Owned"), Choice("RENT", "租赁", "Rented")),
    ),
)
MORE = (*HEADER, "出租率", "门牌", "权属")


@pytest.fixture(autouse=True)
def _july() -> Any:
    with clock.at(datetime(2020, 7, 10, 2, 0, tzinfo=UTC)):
        yield


@pytest.fixture
def wide_houses(town: Town) -> RegisterInfo:
    """Return the register of buildings with a percentage, a door number and a choice with brackets."""
    return declare(replace(HOUSES, fields=(*HOUSES.fields, *FIELDS)))


def import_rows(town: Town, info: RegisterInfo, path: Path) -> SheetAccount:
    return import_sheet(actor=town.actor("handler"), info=info, file=SheetFile(path), why="核对")


def make_sheet(path: Path, rate: Any, door: Any, change: Callable[[Any], None]) -> Path:
    """Write the sheet of one building, whose cells `change` may format."""
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(MORE)
    sheet.append([*house_row(1), rate, door, "租赁"])
    change(sheet)
    book.save(path)
    return path


def test_a_record_is_found_in_every_spelling_of_its_code(
    town: Town, houses: RegisterInfo, tmp_path: Path
) -> None:
    import_rows(town, houses, workbook(tmp_path / "a.xlsx", [house_row(1)]))
    for number, code in enumerate(("Ｈ００００１", "\u200bH00001", "'H00001", "H 00001", "H00001\ufeff")):
        path = workbook(tmp_path / f"{number}.xlsx", [house_row(1, 编码=code)])
        assert import_rows(town, houses, path).existing == 1

    twice = [house_row(2), house_row(2, 编码="Ｈ００００２")]
    account = check_sheet(town.actor("handler"), houses, SheetFile(workbook(tmp_path / "b.xlsx", twice)))
    assert ["第 3 行的编码相同" in error.reason for error in account.errors[:1]] == [True]
    assert Record.objects.get().code == "H00001"


def test_a_stored_code_of_an_earlier_version_is_folded_by_the_migration(
    town: Town, houses: RegisterInfo, tmp_path: Path
) -> None:
    import_rows(town, houses, workbook(tmp_path / "a.xlsx", [house_row(1), house_row(2), house_row(3)]))
    Record.objects.filter(code="H00001").update(code="Ｈ１")
    Record.objects.filter(code="H00002").update(code="H（2）")
    Record.objects.filter(code="H00003").update(code="H(2)")

    import_module("jiedao.registers.migrations.0007_fold_record_codes").fold_record_codes(apps, None)

    assert list(Record.objects.order_by("pk").values_list("code", flat=True)) == ["H1", "H（2）", "H(2)"]


def test_names_that_serve_as_keys_are_compared_folded(
    town: Town, houses: RegisterInfo, tmp_path: Path
) -> None:
    grid = "临江社区·第１网格\u200b"
    unit = town.units["URBAN"].name
    path = workbook(tmp_path / "a.xlsx", [[*house_row(1, 网格=grid), f"\ufeff{unit} "]], (*HEADER, "单位"))

    account = import_rows(town, houses, path)

    assert (account.errors, account.created) == ([], 1)
    assert Record.objects.get().area == town.areas["G1"]


@pytest.mark.parametrize(
    "grid", ["临江社区第1网格", "临江社区 第1网格", "临江社区/第1网格", "临江社区-第1网格"]
)
def test_community_and_grid_are_found_whatever_sign_is_between_them(
    town: Town, houses: RegisterInfo, tmp_path: Path, grid: str
) -> None:
    account = import_rows(town, houses, workbook(tmp_path / "a.xlsx", [house_row(1, 网格=grid)]))
    assert account.errors == []
    assert Record.objects.get().area == town.areas["G1"]


def test_a_premise_is_found_by_its_name(town: Town, houses: RegisterInfo, tmp_path: Path) -> None:
    row = [*house_row(1), "临江 花园"]
    account = import_rows(town, houses, workbook(tmp_path / "a.xlsx", [row], (*HEADER, "处所")))
    assert account.errors == []
    assert Record.objects.get().premise == town.premises["GARDEN"]


def test_a_name_of_two_premises_asks_for_the_code(town: Town, houses: RegisterInfo, tmp_path: Path) -> None:
    Premise.objects.create(code="P8", kind="ESTATE", name="临江花园", area=town.areas["G4"])
    forget_all()
    path = workbook(tmp_path / "a.xlsx", [[*house_row(1), "临江花园"]], (*HEADER, "处所"))
    account = import_rows(town, houses, path)
    assert [error.reason for error in account.errors] == ["有几个处所都叫“临江花园”，请填编码。"]


def test_a_choice_with_full_width_brackets_is_found_by_its_own_export(
    town: Town, wide_houses: RegisterInfo, tmp_path: Path
) -> None:
    row = [*house_row(1, 业主=""), 85, "3-5", "自有(含共有)"]
    import_rows(town, wide_houses, workbook(tmp_path / "a.xlsx", [row], MORE))
    exported = tmp_path / "b.xlsx"
    choose_records(town.actor("handler"), wide_houses, RecordFilters()).write(exported)

    account = import_rows(town, wide_houses, exported)

    assert (account.errors, account.existing) == ([], 1)
    assert Record.objects.get().values["tenure"] == "OWN"


@pytest.mark.parametrize("code", ["0%", "0.00%", '0.0"约"%'])
def test_a_percent_cell_is_the_percentage_that_it_shows(
    town: Town, wide_houses: RegisterInfo, tmp_path: Path, code: str
) -> None:
    def show_percent(sheet: Any) -> None:
        sheet["K2"].number_format = code

    account = import_rows(town, wide_houses, make_sheet(tmp_path / "a.xlsx", 0.85, "3-5", show_percent))

    assert account.errors == []
    assert Record.objects.get().values["rate"] == 85


def test_a_percent_sign_in_quotes_is_no_percentage(
    town: Town, wide_houses: RegisterInfo, tmp_path: Path
) -> None:
    def show_sign(sheet: Any) -> None:
        sheet["K2"].number_format = '0.0"%"'

    import_rows(town, wide_houses, make_sheet(tmp_path / "a.xlsx", 85, "3-5", show_sign))

    assert Record.objects.get().values["rate"] == 85


def test_a_door_that_became_a_date_is_a_fault(town: Town, wide_houses: RegisterInfo, tmp_path: Path) -> None:
    path = make_sheet(tmp_path / "a.xlsx", 85, date(2026, 3, 5), lambda _sheet: None)

    account = import_rows(town, wide_houses, path)

    assert [error.cell for error in account.errors] == ["L2"]
    assert "2026-03-05" in account.errors[0].reason
    assert not Record.objects.exists()


@pytest.mark.parametrize(
    ("cell", "style"),
    [
        (43831, "General"),
        (43831.75, "General"),
        (43831, "BUILTIN_31"),
        (20200101, "00000000"),
        ("20200101", "@"),
        ("2020-01-01 08:30", "General"),
        ("2020年1月1日 上午8时", "General"),
        ("1 Jan 2020", "General"),
    ],
)
def test_dates_are_read_in_all_forms(
    town: Town, houses: RegisterInfo, tmp_path: Path, cell: Any, style: str
) -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append([*HEADER, "生效日期"])
    sheet.append([*house_row(1, 消防检测日期=cell), cell])
    if not style.startswith("BUILTIN"):
        sheet["H2"].number_format = sheet["K2"].number_format = style
    else:
        sheet["H2"].number_format = sheet["K2"].number_format = "0.00"
    path = tmp_path / "a.xlsx"
    book.save(path)
    if style.startswith("BUILTIN"):
        replace_format(path, b'numFmtId="2"', b'numFmtId="31"')

    account = import_rows(town, houses, path)

    record = Record.objects.get()
    assert (account.errors, record.values["tested"]) == ([], "2020-01-01")
    assert record.since_date == date(2020, 1, 1)


def replace_format(path: Path, old: bytes, new: bytes) -> None:
    """Replace the id of a number format: openpyxl does not write those that East Asian versions have built in."""
    part = "xl/styles.xml"
    with zipfile.ZipFile(path) as book:
        parts = {info.filename: book.read(info) for info in book.infolist()}
    parts[part] = parts[part].replace(old, new)
    with zipfile.ZipFile(path, "w") as book:
        for name, content in parts.items():
            book.writestr(name, content)


def test_serial_numbers_of_a_calendar_that_starts_in_1904_are_read(
    town: Town, houses: RegisterInfo, tmp_path: Path
) -> None:
    book = openpyxl.Workbook()
    book.epoch = CALENDAR_MAC_1904
    sheet = book.worksheets[0]
    sheet.append(HEADER)
    sheet.append(house_row(1, 消防检测日期=43831 - 1462))
    book.save(tmp_path / "a.xlsx")

    import_rows(town, houses, tmp_path / "a.xlsx")

    assert Record.objects.get().values["tested"] == "2020-01-01"


def test_degrees_with_signs_are_read(town: Town, houses: RegisterInfo, tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "a.xlsx", [[*house_row(1), "１１４．１０５°", "N22.605"]], (*HEADER, "经度", "纬度")
    )

    account = import_rows(town, houses, path)

    record = Record.objects.get()
    assert (account.errors, record.lon, record.lat) == ([], 114.105, 22.605)
    assert record.area.code == G1
