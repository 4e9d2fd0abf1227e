"""The command `jiedao report check`."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from jiedao.kernel.errors import UserError
from jiedao.reports.commands import check

TEXT = "应办结工单420件,办结399件,办结率93%。5月份受理320件,办结312件,办结率97.5%。"


def test_the_findings_are_printed_with_their_computation(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_text(TEXT, encoding="utf-8")

    result = CliRunner().invoke(check, [str(file)])

    assert result.exit_code == 0
    assert "有误" in result.output
    assert "399 ÷ 420 = 95" in result.output


def test_the_json_has_findings_claims_and_offsets() -> None:
    document = json.loads(CliRunner().invoke(check, ["-", "--json"], input=TEXT).output)

    (finding,) = document["findings"]
    assert (finding["kind"], finding["verdict"]) == ("ratio", "wrong")
    assert finding["sentence"] in TEXT
    assert TEXT[finding["start"] : finding["end"]] == "93%"
    assert finding["numbers"] == ["399", "420", "93"]
    assert {claim["verdict"] for claim in document["claims"]} == {"holds"}


def test_standard_input_in_gb18030_is_read() -> None:
    assert "有误" in CliRunner().invoke(check, ["-"], input=TEXT.encode("gb18030")).output


@pytest.mark.parametrize(("data", "word"), [(b"", "没有文字"), (b"\xff\xff\xff", "不是文字")])
def test_standard_input_without_text_is_refused(data: bytes, word: str) -> None:
    result = CliRunner().invoke(check, ["-"], input=data)

    assert isinstance(result.exception, UserError)
    assert word in result.exception.message
