"""Faults of the address of map tiles in `pack.toml`."""

import pytest

from jiedao.packs.tests.tiny import TinyPack

GOOD = 'map_tiles = "https://tiles.example.cn/{z}/{x}/{y}.png"'
CREDIT = 'map_tiles_credit = "© 示例"'


def set_policies(tiny: TinyPack, *lines: str) -> None:
    tiny.edit("pack.toml", "max_returns = 2", "\n".join([*lines, "max_returns = 2"]))


def test_tiles_with_their_attribution_are_accepted(tiny: TinyPack) -> None:
    set_policies(tiny, GOOD, CREDIT)
    assert tiny.report().errors == []


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        ((GOOD,), "missing"),
        ((GOOD.replace("https", "http"), CREDIT), "bad-value"),
        ((GOOD.replace("{z}", "{s}"), CREDIT), "bad-value"),
    ],
)
def test_a_mistake_in_the_tiles_is_reported(tiny: TinyPack, lines: tuple[str, ...], code: str) -> None:
    set_policies(tiny, *lines)
    fault = tiny.only_error()
    assert (fault.file, fault.code) == ("pack.toml", code)
    assert fault.hint
