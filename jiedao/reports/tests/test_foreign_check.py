"""Foreign texts are checked in a confined process, with the result of a check in this one."""

import sys
from pathlib import Path

import pytest
from django.utils import translation

from jiedao.reports.checker import check_text
from jiedao.reports.confined import Limits, run_confined
from jiedao.reports.foreign_check import check_foreign_text

TEXT = (
    "共受理诉求1250件,其中咨询类500件,占40%;投诉类375件,占35%;其他375件,占30%。\n"
    "全年办结480件,完成年度任务的96%。共排查42处,其中整改30处、移交21处。"
)


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_result_is_that_of_a_check_in_this_process(language: str) -> None:
    with translation.override(language):
        result, expected = check_foreign_text(TEXT), check_text(TEXT)

    assert result == expected
    assert result.alarms


@pytest.mark.skipif(sys.platform != "linux", reason="limits of processes are those of Linux")
@pytest.mark.parametrize(
    ("program", "limits", "fault"),
    [
        ("while True: pass", Limits(seconds=1, wait=60), "TIME"),
        ("import time; time.sleep(60)", Limits(seconds=5, wait=0.5), "TIME"),
        ("b'x' * 500_000_000", Limits(seconds=20, wait=60, megabytes=200), "MEMORY"),
    ],
)
def test_a_limit_stops_a_process(tmp_path: Path, program: str, limits: Limits, fault: str) -> None:
    file = tmp_path / "program.py"
    file.write_text(program, encoding="utf-8")

    assert run_confined(file, [], limits) == {"fault": fault}
