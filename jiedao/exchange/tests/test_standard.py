"""Cases as the tables of GB/T 47678."""

import csv
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from jiedao.audit.models import Entry
from jiedao.exchange.commands_endpoints import exchange_group
from jiedao.exchange.models import Endpoint
from jiedao.exchange.standard import write_standard_table
from jiedao.kernel import clock
from jiedao.kernel.errors import NotAllowed, UserError
from jiedao.testing.cast import Town, make_town, walk


@pytest.fixture
def town(db: None) -> Town:
    return make_town()


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_a_matter_has_its_codes_grid_and_times(town: Town, tmp_path: Path) -> None:
    case = walk(town, to="DISPATCHED")
    walk(town, to="REPORTED")
    path, today = tmp_path / "matters.csv", clock.today()

    assert write_standard_table(town.actor("shift"), path, "MATTER", today, today) == 1

    (row,) = read(path)
    case.refresh_from_db()
    code = case.category.code
    assert row["事项代码"] == f"990001{code[:5]}"
    assert len(row["事项代码"]) == 11
    assert (row["小类代码"], row["案件编号"]) == (code[:5], case.number)
    assert row["所在单元网格"] == town.areas["G1"].code
    assert row["主管部门名称"] == case.lead_unit.name
    assert (row["案件状态"], row["结案时间"]) == ("待接单", "")
    assert "13800138000" not in path.read_text(encoding="utf-8-sig")
    assert Entry.objects.filter(action="cases.case:export").count() == 1


def test_components_are_a_table_of_their_own(town: Town, tmp_path: Path) -> None:
    walk(town, to="FILED")
    component = walk(town, to="REPORTED", detail="井盖破损。", category_id=town.categories["COVER"].pk)
    path, today = tmp_path / "components.csv", clock.today()
    assert write_standard_table(town.actor("shift"), path, "COMPONENT", today, today) == 1
    (row,) = read(path)
    assert (row["案件编号"], row["部件名称"]) == (component.number, town.categories["COVER"].name)
    assert row["部件标识码"] == row["权属单位名称"] == ""


def test_only_visible_cases_are_written(town: Town, tmp_path: Path) -> None:
    walk(town, to="FILED")
    path, today = tmp_path / "x.csv", clock.today()
    with pytest.raises(NotAllowed):
        write_standard_table(town.actor("handler"), path, "MATTER", today, today)


@pytest.mark.parametrize(
    ("table", "first", "last"),
    [("OTHER", date(2020, 1, 1), date(2020, 2, 1)), ("MATTER", date(2020, 2, 1), date(2020, 1, 1))],
)
def test_bad_requests_are_refused(town: Town, tmp_path: Path, table: str, first: date, last: date) -> None:
    with pytest.raises(UserError):
        write_standard_table(town.actor("shift"), tmp_path / "x.csv", table, first, last)


def test_too_many_rows_are_refused(town: Town, tmp_path: Path) -> None:
    walk(town, to="FILED")
    walk(town, to="FILED", detail="另一件事，路灯不亮。")
    today = clock.today()
    with pytest.raises(UserError):
        write_standard_table(town.actor("shift"), tmp_path / "x.csv", "MATTER", today, today, most=1)


def test_the_commands_list_reconcile_and_export(town: Town, platform: Endpoint, tmp_path: Path) -> None:
    walk(town, to="FILED", source_key="12345:A1")
    path = tmp_path / "orders.csv"
    path.write_text("工单号,办理状态\nA1,办理中\nA2,办理中\n", encoding="utf-8")
    run = CliRunner().invoke

    listed = run(exchange_group, ["list", "--json"])
    assert '"code": "CITY"' in listed.output
    compared = run(exchange_group, ["reconcile", "CITY", "--file", str(path), "--json"])
    assert compared.exit_code == 1
    assert '"MISSING_HERE": 1' in compared.output
    assert run(exchange_group, ["again", "CITY"]).exit_code == 0
    day, out = clock.today().isoformat(), str(tmp_path / "out.csv")
    made = run(exchange_group, ["standard", "--table", "MATTER", "--from", day, "--to", day, "--out", out])
    assert (made.exit_code, len(read(Path(out)))) == (0, 1)
