"""The tone in which a page shows a state; see the tones of docs/reference/front-end.md."""

from jiedao.projects.selectors.lights import Colour

LIGHT_TONES = {Colour.GREEN: "good", Colour.YELLOW: "warn", Colour.RED: "bad"}
