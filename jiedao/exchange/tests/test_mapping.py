import time
from pathlib import Path

import pytest

from jiedao.exchange.mapping import parse_mapping, read_mapping
from jiedao.exchange.mapping_faults import MappingError
from jiedao.exchange.template import Template
from jiedao.kernel.errors import UserError

GOOD = """\
source = "nyc-311"

[columns]
number = "unique_key"
reported_at = "created"
subject = "title"
"""


def list_faults(text: str) -> list[tuple[int, str]]:
    with pytest.raises(MappingError) as caught:
        parse_mapping(text, "m.toml")
    return [(fault.line, f"{fault.message}{fault.hint}") for fault in caught.value.faults]


def test_a_short_file_is_enough() -> None:
    mapping = parse_mapping(GOOD, "m.toml")

    assert mapping.columns["number"] == ("unique_key",)
    assert (mapping.source, mapping.system, mapping.zone.key) == ("nyc-311", "WGS84", "Asia/Shanghai")


@pytest.mark.parametrize(
    ("added", "line", "message"),
    [
        ('phon = "x"', 7, "是不是 phone"),
        ("detail = 5", 7, "列名的列表"),
        ('[colums]\nplace = "x"', 7, "是不是 columns"),
        ('[texts]\ndetail = "no column"', 8, "没有列名"),
        ('[texts]\ndetail = "{a} {b"', 8, "花括号不成对"),
        ('[texts]\nsubject = "{a}"', 8, "写了两次"),
        ('[constants]\nnumber = "1"', 8, "不认识“number”"),
        ('[values.status]\n"Closed" = "CLOSE"', 8, "OPEN"),
        ('[values.channel]\n"PHONE" = "HOTLIN"', 8, "是不是 HOTLINE"),
        ('[constants]\nchannel = "12346"', 8, "没有来源"),
        ('[values]\nstatus = "x"', 8, "[values.status]"),
        ('[dates]\ntime_zone = "Asia/Shanghia"', 8, "是不是 Asia/Shanghai"),
        ('[dates]\nformat = "MM/DD/YYYY"', 8, "不能用"),
        ('[dates]\nformat = "%H:%M"', 8, "不能用"),
        ('[coordinates]\nsystem = "GCJ-20"', 8, "是不是 GCJ02"),
        ("留言 = 1", 7, "英文引号"),
        ('number = "again"', 7, "TOML"),
    ],
)
def test_each_fault_is_reported_with_its_line(added: str, line: int, message: str) -> None:
    listed = list_faults(f"{GOOD}{added}\n")

    assert [(number, message in text) for number, text in listed] == [(line, True)]


def test_all_faults_are_reported_at_once() -> None:
    assert len(list_faults('source = "a b"\n[columns]\nnumbr = "x"\n[dates]\ntime_zone = "Mars"\n')) == 6


def test_missing_required_fields_are_reported() -> None:
    text = " ".join(message for _line, message in list_faults('[columns]\nplace = "x"\n'))

    assert "number" in text
    assert "reported_at" in text
    assert "subject" in text


def test_spellings_of_a_coordinate_system_are_accepted() -> None:
    assert parse_mapping(f'{GOOD}[coordinates]\nsystem = "gcj-02"\n', "m").system == "GCJ02"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_file_in_utf_8_or_gb18030_is_read(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "m.toml"
    path.write_bytes(GOOD.replace("title", "标题").encode(encoding))

    assert read_mapping(path).columns["subject"] == ("标题",)


def test_a_missing_mapping_file_is_reported(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="打不开"):
        read_mapping(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("a", "b", "c", "text"),
    [
        ("A", "B", "C", "<A: B, C>"),
        ("A", "", "C", "<A, C>"),
        ("", "B", "", "<B>"),
        ("", "", "C", "<C>"),
        ("", "", "", ""),
    ],
)
def test_a_template_leaves_out_separators_beside_empty_columns(a: str, b: str, c: str, text: str) -> None:
    assert Template("<{a}: {b}, {c}>").fill({"a": a, "b": b, "c": c}) == text


@pytest.mark.parametrize(
    "text",
    [
        GOOD + '[dates]\nformat = "%Y%Y-%m-%d"\n',  # a part twice is an error of regular expressions
        "x = " + "[" * 5000 + "]" * 5000,
        "x = " + "{a = " * 3000 + "1" + "}" * 3000,
        ".".join(["a"] * 20_000) + " = 1",  # tomllib would need a minute
        "[" + ".".join(["a"] * 20_000) + "]",
        f"source = {'9' * 5000}\n{GOOD}",
        f"{GOOD}[coordinates]\nsystem = 0x{'f' * 6000}\n",
        '"' * 50_000,
        "x = '''" + "'''\"\"\"" * 8000,
        "\n".join(f"unknown{number} = 1" for number in range(4000)),
    ],
)
def test_a_hostile_text_is_refused_in_words_and_soon(text: str) -> None:
    began = time.process_time()
    with pytest.raises(UserError):
        parse_mapping(text, "x.toml")
    assert time.process_time() - began < 5


def test_dots_and_brackets_in_texts_are_no_levels() -> None:
    headers = ", ".join(f'"[第{number}栏]..........{{.}}"' for number in range(40))
    mapping = parse_mapping(f'[columns]\nnumber = [{headers}]\nreported_at = "b"\nsubject = "c"\n', "x.toml")
    assert len(mapping.columns["number"]) == 40
