"""The tones (docs/reference/front-end.md) in which pages show the lights of projects and campaigns."""

from jiedao.projects.selectors.lights import Colour

LIGHT_TONES = {Colour.GREEN: "good", Colour.YELLOW: "warn", Colour.RED: "bad"}
