"""Composes the texts of demonstration cases from a pack's phrases, by seed. Nothing here is a real message."""

import random
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Place:
    """Where a text says it is."""

    area_id: int
    area_path: str
    name: str
    lon: float
    lat: float
    premise_id: int | None


@dataclass(frozen=True)
class Written:
    """The words of one case."""

    title: str
    subject: str
    detail: str
    place: str
    result: str


class Phrases:
    """The phrase book of a pack: `demo/phrases.toml`."""

    def __init__(self, folder: Path, rng: random.Random) -> None:
        book: dict[str, Any] = tomllib.loads((folder / "phrases.toml").read_text(encoding="utf-8"))
        self.common: dict[str, list[str]] = book["common"]
        self.kinds: list[dict[str, Any]] = book["kind"]
        self.live: dict[str, Any] = book["live"]
        self._weights = [float(kind["weight"]) for kind in self.kinds]
        self._rng = rng
        self._recent: list[str] = []

    def kind(self) -> dict[str, Any]:
        """Draw a kind of matter by weight."""
        return self._rng.choices(self.kinds, self._weights)[0]

    def one(self, name: str) -> str:
        """Draw one common phrase."""
        return self._rng.choice(self.common[name])

    def _fill(self, text: str, **values: str) -> str:
        return text.format(n=self._rng.choice([2, 3, 3, 4, 5, 6, 7, 8, 9, 12, 15, 20]), **values)

    def write(self, kind: dict[str, Any], place: Place, *, patrol: bool) -> Written:
        """Compose a case; a detail that was written lately is composed anew."""
        for _attempt in range(6):
            written = self._compose(kind, place, patrol=patrol)
            if written.subject not in self._recent:
                break
        self._recent = [*self._recent[-300:], written.subject]
        return written

    def _compose(self, kind: dict[str, Any], place: Place, *, patrol: bool) -> Written:
        rng = self._rng
        spot, when = self.one("spots"), self.one("whens")
        opener = self._fill(
            self.one("patrol" if patrol else "openers"), place=place.name, spot=spot, when=when
        )
        title, what = str(kind["title"]), self._fill(rng.choice(kind["what"]))
        sentences = [f"{opener}{what}。"]
        if rng.random() < (0.3 if patrol else 0.85):
            sentences.append(self._fill(rng.choice(kind["effect"])))
        if not patrol:
            if rng.random() < 0.25:
                sentences.append(self._fill(rng.choice(kind["effect"])))
            sentences.append(self.one("asks"))
        detail = "".join(dict.fromkeys(sentences))
        result = self._fill(rng.choice(kind["result"]))
        short = what.split("，")[0]
        words = short if len(short) <= 16 and rng.random() < 0.6 else title
        return Written(title, f"{place.name}{spot}{words}", detail, f"{place.name}{spot}", result)
