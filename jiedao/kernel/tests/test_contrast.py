"""Every text colour has the contrast of WCAG 2.2 AA (4.5:1) on its backgrounds, in light and in dark."""

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


def read_values(selector):
    css = TOKENS.read_text(encoding="utf-8")
    body = css[css.index(selector) :].split("}")[0]
    return dict(re.findall(r"--j-([\w-]+): (#[0-9a-f]{6});", body))


def compute_luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def compute_contrast(first, second):
    high, low = sorted((compute_luminance(first), compute_luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [":root {", ":root[data-bs-theme=dark] {"])
def test_text_has_enough_contrast_on_its_background(theme):
    colours = read_values(":root {") | read_values(theme)
    low = {
        pair: round(compute_contrast(colours[pair[0]], colours[pair[1]]), 2)
        for pair in PAIRS
        if compute_contrast(colours[pair[0]], colours[pair[1]]) < 4.5
    }
    assert low == {}


@pytest.mark.parametrize("theme", [":root {", ":root[data-bs-theme=dark] {"])
def test_the_border_of_a_control_has_enough_contrast(theme):
    colours = read_values(":root {") | read_values(theme)
    assert compute_contrast(colours["control"], colours["surface"]) >= 3


def test_the_two_dark_blocks_are_the_same():
    assert read_values(":root[data-bs-theme=dark] {") == read_values(":root:not([data-bs-theme=light]) {")
