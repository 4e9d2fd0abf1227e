"""Every text colour holds WCAG 2.2 AA (4.5:1) on the grounds it stands on, in light and in dark."""

import re
from pathlib import Path

import pytest

TOKENS = Path(__file__).parents[1] / "static" / "css" / "tokens.css"
TONES = ["neutral", "info", "good", "warn", "bad", "hold", "brand"]
PAIRS = [
    *[(tone, f"{tone}-soft") for tone in TONES],
    *[(tone, ground) for tone in TONES for ground in ("surface", "page")],
    *[
        (text, ground)
        for text in ("text", "quiet")
        for ground in ("surface", "page", "sunken", "hover", "raised")
    ],
    ("faint", "surface"),
    ("on-brand", "brand"),
    ("on-brand", "brand-strong"),
    ("surface", "good"),
    ("surface", "bad"),
    ("text", "mark"),
    *[("text", f"{tone}-soft") for tone in TONES],
]


def values(selector):
    css = TOKENS.read_text(encoding="utf-8")
    body = css[css.index(selector) :].split("}")[0]
    return dict(re.findall(r"--j-([\w-]+): (#[0-9a-f]{6});", body))


def luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, two):
    high, low = sorted((luminance(one), luminance(two)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [":root {", ":root[data-bs-theme=dark] {"])
def test_text_is_readable_on_its_ground(theme):
    colours = values(":root {") | values(theme)
    low = {
        pair: round(contrast(colours[pair[0]], colours[pair[1]]), 2)
        for pair in PAIRS
        if contrast(colours[pair[0]], colours[pair[1]]) < 4.5
    }
    assert low == {}


@pytest.mark.parametrize("theme", [":root {", ":root[data-bs-theme=dark] {"])
def test_the_border_of_a_control_can_be_seen(theme):
    colours = values(":root {") | values(theme)
    assert contrast(colours["control"], colours["surface"]) >= 3


def test_the_two_dark_blocks_are_the_same():
    assert values(":root[data-bs-theme=dark] {") == values(":root:not([data-bs-theme=light]) {")
