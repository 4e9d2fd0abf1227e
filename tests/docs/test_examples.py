"""The examples in the documents work."""

import re
import tomllib
from pathlib import Path

from jiedao.exchange.mapping import parse_mapping, read_mapping

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/how-to/map-another-citys-file.md"


def test_the_mapping_file_beside_the_page_can_be_read() -> None:
    mapping = read_mapping(PAGE.with_name("nyc-311.toml"))
    assert mapping.source == "nyc-311"


def test_the_mapping_on_the_page_is_an_excerpt_of_the_file() -> None:
    example = re.search(r"```toml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert example
    parse_mapping(example[1], "page")
    mapping = tomllib.loads(PAGE.with_name("nyc-311.toml").read_text(encoding="utf-8"))
    for section, content in tomllib.loads(example[1]).items():
        for key, value in content.items() if isinstance(content, dict) else []:
            expected = mapping[section][key]
            assert value == expected or value.items() <= expected.items()
