"""Compose invented texts for the cases of the demonstration from the pack's phrases."""

import random
import tomllib
from collections import deque
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

# The openers of staff channels and of the press; other reports open as a resident would write.
OPENERS = {"PATROL": "patrol", "SUPERIOR": "superior", "INSPECTION": "inspection", "MEDIA": "media"}


@dataclass(frozen=True)
class Place:
    """The place of a case."""

    area_id: int
    area_path: str
    name: str
    lon: float
    lat: float
    premise_id: int | None
    village: bool = False


@dataclass(frozen=True)
class CaseText:
    """The text of one case."""

    title: str
    subject: str
    detail: str
    place: str
    result: str


class Phrases:
    """The phrase book of a pack: `demo/phrases.toml`."""

    def __init__(self, folder: Path, rng: random.Random) -> None:
        book: dict[str, Any] = tomllib.loads((folder / "phrases.toml").read_text(encoding="utf-8"))
        self.common: dict[str, list[Any]] = book["common"]
        self.spots: dict[str, list[str]] = book["spots"]
        self.kinds: list[dict[str, Any]] = book["kind"]
        self.live: dict[str, Any] = book["live"]
        self._weights = [float(kind["weight"]) for kind in self.kinds]
        self._rng = rng
        self._recent: deque[str] = deque(maxlen=300)

    def draw_kind(self) -> dict[str, Any]:
        """Draw a kind of matter by weight."""
        return self._rng.choices(self.kinds, self._weights)[0]

    def pick_phrase(self, name: str) -> str:
        """Draw a common phrase."""
        return str(self._rng.choice(self.common[name]))

    def _fill(self, text: str, **values: str) -> str:
        rng = self._rng
        return text.format(
            n=rng.choice([3, 4, 5, 6, 7, 8, 9, 10, 12, 15, 20]),
            few=rng.choice(["两", "两", "三", "三", "四"]),
            many=rng.choice(["十", "十", "二十", "三十"]),
            late=rng.choice(["十一", "十二"]),
            early=rng.choice(["三", "四", "五"]),
            **values,
        )

    def _draw_time_phrase(self, at: datetime) -> str:
        """Draw a phrase for the time of the event that fits the hour and month of the report."""
        fitting = [
            text
            for text, first, last, *months in self.common["whens"]
            if first <= at.hour < last and (not months or months[0] <= at.month <= months[1])
        ]
        return str(self._rng.choice(fitting))

    def _draw_spot(self, where: str, place: Place) -> str:
        village = f"village_{where}" if place.village else where
        return self._rng.choice(self.spots.get(village, self.spots[where]))

    def write(self, kind: dict[str, Any], place: Place, *, channel: str, at: datetime) -> CaseText:
        """Compose the text of a case reported at the local time `at`, and avoid the subjects of recent cases."""
        for _attempt in range(6):
            text = self._compose(kind, place, channel, at)
            if text.subject not in self._recent:
                break
        self._recent.append(text.subject)
        return text

    def _compose(self, kind: dict[str, Any], place: Place, channel: str, at: datetime) -> CaseText:
        rng = self._rng
        spot = self._draw_spot(kind["where"], place)
        phrase = rng.choice(kind["what"])
        phrase, *own_effects = phrase if isinstance(phrase, list) else [phrase]
        what = self._fill(phrase)
        opener = self._fill(
            self.pick_phrase(OPENERS.get(channel, "openers")),
            place=place.name,
            spot=spot,
            when=self._draw_time_phrase(at),
        )
        sentences = [f"{opener}{what}。"]
        if channel in OPENERS:
            if rng.random() < 0.35:
                sentences.append(self.pick_phrase("staff_more"))
        else:
            if rng.random() < 0.85:
                sentences.append(self._fill(rng.choice(own_effects or kind["effect"])))
            if not own_effects and rng.random() < 0.25:
                sentences.append(self._fill(rng.choice(kind["effect"])))
            if rng.random() < 0.75:
                sentences.append(self.pick_phrase("asks"))
        detail = "".join(dict.fromkeys(sentences))
        result = self._fill(rng.choice(kind["result"]))
        title, short = str(kind["title"]), what.split("，")[0]
        words = short if len(short) <= 16 and rng.random() < 0.6 else title
        return CaseText(title, f"{place.name}{spot}{words}", detail, f"{place.name}{spot}", result)
