"""Comparing the office's own figures with those of a published report."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from jiedao.indicators.models import Measure
from jiedao.indicators.tests.conftest import declare_measure
from jiedao.kernel.errors import UserError
from jiedao.kernel.periods import parse_period
from jiedao.reports.commands import report_group
from jiedao.reports.tests.conftest import ReportTown
from jiedao.reports.verifying import Status, read_published, verify_figures

HEADER = "id,value,unit,qualifier,period\n"
JUNE = parse_period("2020-06")


@pytest.fixture
def town(report_town: ReportTown) -> ReportTown:
    """Let measures stand for the figures A to E."""

    def stand(key: str, *references: tuple[str, str]) -> None:
        rows = [{"figure": figure, "part": part, "period": ""} for figure, part in references]
        Measure.objects.filter(key=key).update(stands_for=rows)

    stand("works.gone", ("A", "value"))
    stand("works.area", ("B", "value"), ("C", "target"), ("D", "completion"))
    declare_measure("people", "entered", {})
    stand("people", ("E", "value"))
    return report_town


def write(folder: Path, *rows: str) -> Path:
    path = folder / "figures.csv"
    path.write_text(HEADER + "\n".join(rows), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("row", "status"),
    [
        ("A,2,处,exact,2020-06", Status.REPRODUCED),
        ("A,3,处,exact,2020-06", Status.DIFFERS),
        ("B,540,平方米,exact,2020-06", Status.REPRODUCED),
        ("B,550,平方米,approx_below,2020-06", Status.REPRODUCED),
        ("B,540,平方米,approx_below,2020-06", Status.DIFFERS),
        ("B,700,平方米,approx_below,2020-06", Status.DIFFERS),
        ("B,500,平方米,above,2020-06", Status.REPRODUCED),
        ("B,550,平方米,above,2020-06", Status.DIFFERS),
        ("B,550,平方米,approx,2020-06", Status.REPRODUCED),
        ("B,600,平方米,approx,2020-06", Status.DIFFERS),
        ("C,600,平方米,target,2020-06", Status.REPRODUCED),
        ("D,90,%,exact,2020-06", Status.REPRODUCED),
        ("E,5,名,exact,2020-06", Status.DIFFERS),
        ("Z,5,名,exact,2020-06", Status.DIFFERS),
    ],
)
def test_a_published_figure_is_reproduced_or_differs(
    town: ReportTown, tmp_path: Path, row: str, status: Status
) -> None:
    result = verify_figures(read_published(write(tmp_path, row)), JUNE)[0]
    assert result.status is status
    assert result.note or status is Status.REPRODUCED


def test_the_command_prints_the_document_of_the_interface(town: ReportTown, tmp_path: Path) -> None:
    path = write(tmp_path, "A,2,处,exact,2020-06", "Z,1,处,exact,2020-06")
    answer = CliRunner().invoke(report_group, ["verify", "2020-06", "--seed", str(path), "--json"])
    rows = json.loads(answer.output)["figures"]
    assert answer.exit_code == 1
    assert {name: rows[0][name] for name in ("id", "status", "value", "expected", "rows")} == {
        "id": "A",
        "status": "reproduced",
        "value": "2",
        "expected": "2",
        "rows": 2,
    }
    assert (rows[1]["status"], rows[1]["value"], rows[1]["rows"]) == ("differs", None, None)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\xff\xfe\x00", "UTF-8"),
        (b"id,value\nA,1\n", "qualifier"),
        ("id,value,qualifier,period\nA,两,exact,2020-06\n".encode(), "第 2 行"),
    ],
)
def test_a_list_that_cannot_be_read_is_refused_with_its_fault(
    tmp_path: Path, content: bytes, words: str
) -> None:
    path = tmp_path / "figures.csv"
    path.write_bytes(content)
    with pytest.raises(UserError, match=words):
        read_published(path)


def test_the_command_builds_three_files(town: ReportTown, tmp_path: Path) -> None:
    answer = CliRunner().invoke(report_group, ["build", "2020-06", "--out", str(tmp_path / "out")])
    assert answer.exit_code == 0, answer.output
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "monthly-2020-06.docx",
        "monthly-2020-06.html",
        "monthly-2020-06.pdf",
    ]
    assert "拆除违建<span" in (tmp_path / "out" / "monthly-2020-06.html").read_text(encoding="utf-8")


def test_an_unknown_report_is_refused_with_the_known_ones(town: ReportTown, tmp_path: Path) -> None:
    answer = CliRunner().invoke(report_group, ["build", "2020H1", "--out", str(tmp_path)])
    assert isinstance(answer.exception, UserError)
    assert "monthly" in str(answer.exception.hint)
    assert not list(tmp_path.iterdir())
