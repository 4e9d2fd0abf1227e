"""The reference of rights is complete, in both languages, and agrees with the reference pack."""

import re
import tomllib
from pathlib import Path

import pytest
from django.utils import translation

from jiedao.orgs.rights import PERMISSIONS
from jiedao.pages.right_names import RIGHT_NAMES, get_right_name

ROOT = Path(__file__).resolve().parents[2]
LINE = re.compile(r"^\| `([^`]+)` \| ([^|]+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)
LINES = {
    match[1]: tuple(cell.strip() for cell in match.groups()[1:])
    for match in LINE.finditer((ROOT / "docs/reference/rights.md").read_text(encoding="utf-8"))
}


def test_every_right_has_a_name_and_a_line() -> None:
    assert set(RIGHT_NAMES) == PERMISSIONS
    assert set(LINES) == PERMISSIONS


@pytest.mark.parametrize("right", sorted(PERMISSIONS))
def test_a_right_has_the_names_of_the_pages(right: str) -> None:
    chinese, english, meaning, _roles = LINES[right]
    with translation.override("zh-hans"):
        assert get_right_name(right) == chinese
    with translation.override("en"):
        assert get_right_name(right) == english != chinese
    assert meaning


def test_the_roles_beside_a_right_are_those_of_the_reference_pack() -> None:
    posts = tomllib.loads((ROOT / "packs/buji/posts.toml").read_text(encoding="utf-8"))
    for right, (_chinese, _english, _meaning, roles) in LINES.items():
        holders = [role["key"] for role in posts["role"] if right in role["permissions"]]
        assert re.findall(r"`(\w+)`", roles) == holders, right
