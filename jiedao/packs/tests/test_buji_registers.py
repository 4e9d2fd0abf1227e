"""The demonstration records of the reference pack count what the seed report counts on 30 June 2020."""

import csv
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import shapely
from shapely.geometry import shape

from jiedao.kernel.packs.pack import Pack
from jiedao.packs.check import check_pack
from jiedao.registers.definition import Definition, merge_definition
from jiedao.registers.grading import Grader
from jiedao.registers.pack.definitions import read_registers
from jiedao.registers.values import read_value

ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT / "packs" / "buji" / "demo" / "registers"
PLACE = {"编码", "名称", "网格", "处所", "所属", "地点", "经度", "纬度", "自"}
AS_OF = date(2020, 6, 30)

Records = dict[str, list[dict[str, Any]]]


@pytest.fixture(scope="module")
def buji() -> Pack:
    return check_pack(ROOT / "packs" / "buji")[0]


@pytest.fixture(scope="module")
def declared(buji: Pack) -> dict[str, Definition]:
    return {
        key: merge_definition(declared.definition, None, {}).definition
        for key, declared in read_registers(buji).items()
    }


@pytest.fixture(scope="module")
def rows() -> dict[str, list[dict[str, str]]]:
    """Return the rows of every file as written."""
    rows_by_key = {}
    for path in sorted(FOLDER.glob("*.csv")):
        with path.open(encoding="utf-8") as file:
            rows_by_key[path.stem] = list(csv.DictReader(file))
    return rows_by_key


@pytest.fixture(scope="module")
def records(declared: dict[str, Definition], rows: dict[str, list[dict[str, str]]]) -> Records:
    """Return every record as an import reads it, by the keys of its fields, with the day from which it is valid."""
    rows_by_key: Records = {}
    for key, lines in rows.items():
        fields = {field.name: field for field in declared[key].active_fields}
        assert set(lines[0]) <= PLACE | set(fields), key
        rows_by_key[key] = [
            {
                fields[name].key: read_value(fields[name], text)
                for name, text in line.items()
                if name in fields
            }
            | {"code": line["编码"], "on": line.get("处所", ""), "since": date.fromisoformat(line["自"])}
            for line in lines
        ]
        for field in declared[key].active_fields:
            if field.required:
                assert all(record[field.key] is not None for record in rows_by_key[key]), field.key
    return rows_by_key


def count(records: Records, key: str, **wanted: Any) -> int:
    return sum(all(record[name] == value for name, value in wanted.items()) for record in records[key])


def total(records: Records, key: str, name: str, **wanted: Any) -> float:
    matches = [
        record for record in records[key] if all(record[other] == value for other, value in wanted.items())
    ]
    return round(sum(record[name] for record in matches), 2)


def test_every_register_has_records_that_are_valid_on_the_last_day_of_the_half_year(
    declared: dict[str, Definition], records: Records
) -> None:
    assert set(records) == set(declared)
    for key, rows in records.items():
        assert len({record["code"] for record in rows}) == len(rows), key
        assert max(record["since"] for record in rows) <= AS_OF, key
        for record in rows:
            past = [value for name, value in record.items() if name.endswith("_date") and name != "due_date"]
            assert all(value <= str(record["since"]) for value in past if value), (key, record["code"])
    assert sum(map(len, records.values())) < 6200


def test_villages_estates_and_blocks_count_what_the_report_counts(records: Records) -> None:
    assert count(records, "urban_villages", enclosed=True) == len(records["urban_villages"]) == 43
    assert count(records, "urban_villages", unplanned=True) == 34
    assert count(records, "urban_villages", improvement="WORKS") == 5
    assert count(records, "estates", enclosed=True) == len(records["estates"]) == 102
    assert count(records, "estates", bins_removed=True) == 91
    assert count(records, "blocks", enclosed=True) == len(records["blocks"]) == 40
    assert len(records["checkpoints"]) == 281
    assert {record["code"][:18] for record in records["sorting_points"]} == {
        record["code"] for record in records["estates"] if record["bins_removed"]
    }
    old = records["old_estates"]
    assert len(old) == 19
    assert total(records, "old_estates", "land_m2") == 500_000
    assert max(record["completed_year"] for record in old) < 2000


def test_the_safety_registers_and_the_workforce_count_what_the_report_counts(records: Records) -> None:
    assert len(records["rental_buildings"]) == 2380
    small, mines = records["small_premises"], count(records, "enterprises", kind="MINE")
    assert round(100 * count(records, "small_premises", resumed=True) / len(small), 1) == 85.7
    assert count(records, "enterprises", kind="ABOVE", resumed=False) == 0
    assert round(100 * count(records, "enterprises", kind="MINE", resumed=True) / mines, 1) == 99.8
    years = Counter(record["happened_date"][:4] for record in records["accidents"])
    assert years["2020"] * 2 == years["2019"] > 0
    assert (len(records["demo_sites"]), count(records, "demo_sites", named=True)) == (12, 3)
    assert count(records, "key_matters", stable=True) == len(records["key_matters"]) == 47
    assert len(records["redevelopments"]) == 26
    weekdays = {"NIGHT": {0}, "WALK": {4}}
    for kind, days in weekdays.items():
        round_days = [record["round_date"] for record in records["leader_rounds"] if record["kind"] == kind]
        assert {date.fromisoformat(day).weekday() for day in round_days} == days


def test_city_quality_and_land_count_what_the_report_counts(records: Records) -> None:
    assert (len(records["illegal_new"]), count(records, "illegal_new", demolished=True)) == (21, 21)
    assert total(records, "illegal_new", "area_m2") == 180_000
    assert total(records, "illegal_stock", "area_m2", settled=True) == 322_800
    assert count(records, "illegal_stock", settled=False) > 0
    days = [record["settled_date"] for record in records["illegal_stock"] if record["settled"]]
    assert "2020-01-01" <= min(days) <= max(days) <= "2020-06-30"
    assert len(records["scattered_polluters"]) == 474
    assert count(records, "scattered_polluters", rectified=True) == 460
    assert count(records, "markets", upgrading=True) == len(records["markets"]) == 5
    assert count(records, "waste_stations", refitted=True) / len(records["waste_stations"]) == 0.8
    land = total(records, "land_parcels", "hectares")
    vacant = [total(records, "land_parcels", "hectares", state=state) for state in ("VACANT", "WORKS")]
    assert (land, round(sum(vacant), 2)) == (378.53, 24.61)
    assert round(100 * total(records, "land_parcels", "hectares", conforms=True) / land, 2) == 38.89
    assert round(100 * total(records, "land_parcels", "hectares", titled=False) / land, 2) == 41.64


def test_the_party_registers_count_what_the_report_counts(records: Records) -> None:
    organisations = records["party_organisations"]
    assert [count(records, "party_organisations", level=level) for level in ("STREET", "COMMUNITY")] == [
        1,
        17,
    ]
    assert count(records, "party_organisations", temporary=True) == 33
    covered = [count(records, key, party_branch=True) for key in ("urban_villages", "estates")]
    assert sum(covered) / (43 + 102) > 0.8
    assert sum(record["covers"] or 0 for record in organisations) == sum(covered)
    assert {record["above"] for record in organisations} - {None} <= {
        record["code"] for record in organisations
    }
    assert total(records, "talk_reminders", "talks") == 128
    assert len(records["inspections_unannounced"]) == 34
    assert total(records, "inspections_unannounced", "notified") == 8


def test_health_stations_count_what_the_report_counts(records: Records) -> None:
    assert (len(records["health_stations"]), total(records, "health_stations", "rooms")) == (3, 300)
    assert {total(records, "health_stations", name) for name in ("accidents", "lapses", "complaints")} == {0}


def test_every_place_exists_and_every_point_lies_in_its_grid(
    buji: Pack, rows: dict[str, list[dict[str, str]]]
) -> None:
    grids = {code: shape(row.values["geometry"]) for code, row in buji.by_key("grids.geojson").items()}
    premises = {code: row.values["area"] for code, row in buji.by_key("premises.csv").items()}
    areas = {row.values["code"] for row in buji.rows("areas.csv")} | set(grids)
    for key, lines in rows.items():
        for line in lines:
            premise = line.get("处所") or line.get("所属") or ""
            area = line.get("网格") or premises.get(premise, "")
            assert (area in areas and (not premise or premise in premises)) or (not area and not premise), key
            if line.get("经度"):
                assert grids[area].covers(shapely.Point(float(line["经度"]), float(line["纬度"]))), line


def test_each_grade_has_records_and_most_are_not_in_the_worst(
    declared: dict[str, Definition], records: Records
) -> None:
    for key, definition in declared.items():
        if not definition.grades:
            continue
        grader = Grader(definition)
        grades = Counter(grader.grade(record, AS_OF).grade for record in records[key])
        worst, *others = [grades[grade.code] for grade in definition.grades]
        assert 0 < worst < 0.3 * len(records[key]), (key, grades)
        assert min(others) > 0, (key, grades)


def test_every_part_has_a_name_in_both_languages_and_an_icon_of_ours(declared: dict[str, Definition]) -> None:
    icons = (ROOT / "tools" / "icons.txt").read_text(encoding="utf-8").split()
    for key, definition in declared.items():
        assert definition.icon in icons, key
        named = [definition, *definition.fields, *definition.grades, *definition.checklists]
        named += [choice for field in definition.fields for choice in field.choices]
        named += [item for checklist in definition.checklists for item in checklist.items]
        assert [part.name for part in named if not part.name_en] == [], key
        assert all(rule.because_en for rule in definition.rules), key
        pairs = [
            (definition.note, definition.note_en),
            (definition.group, definition.group_en),
            (definition.code_name, definition.code_name_en),
        ]
        pairs += [(field.help, field.help_en) for field in definition.fields]
        pairs += [(field.unit, field.unit_en) for field in definition.fields]
        assert all(bool(chinese) == bool(english) for chinese, english in pairs), key
        assert any(field.filter for field in definition.fields), key
        assert any(field.column for field in definition.fields), key


def test_only_contacts_are_personal_and_no_phone_number_can_be_real(
    declared: dict[str, Definition], records: Records
) -> None:
    for key, definition in declared.items():
        for field in definition.fields:
            if field.personal:
                values = [record[field.key] for record in records[key] if record[field.key]]
                assert values
                assert all(text.split()[1].startswith("100") for text in values)
