"""`jiedao board` prints what the board page shows."""

import json
from datetime import datetime

import pytest
from click.testing import CliRunner

from jiedao.cases.commands_board import board
from jiedao.kernel import clock
from jiedao.kernel.errors import UserError
from jiedao.testing.cast import make_cases, make_town

pytestmark = pytest.mark.django_db
MAY = datetime(2020, 5, 4, 10, tzinfo=clock.TOWN_TZ)


@pytest.fixture(autouse=True)
def cases() -> None:
    town = make_town()
    done = {"handled_at": MAY, "handle_due_at": MAY, "handled_on_time": True, "state": "HANDLED"}
    make_cases(town, [{"reported_at": MAY, "unit": "URBAN", **done}, {"reported_at": MAY}], index=False)


def run(*arguments: str) -> str:
    result = CliRunner().invoke(board, arguments, catch_exceptions=False)
    assert result.exit_code == 0
    return result.output


def test_json_gives_a_row_a_unit_with_counts_and_rates() -> None:
    rows = json.loads(run("--period", "2020-05", "--json"))
    assert [row["key"] for row in rows] == ["URBAN", "-"]
    wanted = {
        "label",
        "due",
        "handled",
        "on_time",
        "closed",
        "returned",
        "rework",
        "satisfied",
        "on_time_rate",
    }
    assert wanted <= set(rows[0])
    assert (rows[0]["due"], rows[0]["on_time_rate"], rows[1]["on_time_rate"]) == (1, 1.0, None)


def test_the_table_ends_with_the_total() -> None:
    lines = run("--from", "2020-05-01", "--to", "2020-05-31", "--by", "area").splitlines()
    assert lines[0].startswith("2020 年 5 月")
    assert lines[-1].split()[:2] == ["合计", "2"]


def test_without_a_period_everything_counts() -> None:
    assert json.loads(run("--by", "category", "--json"))[0]["reported"] == 2


def test_a_period_written_twice_is_refused() -> None:
    with pytest.raises(UserError):
        run("--period", "2020", "--from", "2020-01-01")
