"""The texts of the demonstration: phrases fit the place, hour and channel of a case, and a page repeats none."""

import random
import re
from datetime import datetime

import pytest

from jiedao.demo.commands import PACK
from jiedao.demo.texts import Phrases, Place
from jiedao.kernel.clock import TOWN_TZ
from jiedao.packs.check import check_pack

ESTATE = Place(1, "0001", "翠湖苑", 114.1, 22.6, 1)
VILLAGE = Place(2, "0001", "大芬老围", 114.1, 22.6, 2, village=True)
NOON = datetime(2020, 3, 5, 12, 30, tzinfo=TOWN_TZ)


@pytest.fixture
def phrases() -> Phrases:
    return Phrases(PACK / "demo", random.Random(7))


def test_every_kind_names_a_category_of_the_pack_and_a_kind_of_place(phrases: Phrases) -> None:
    codes = {
        row.values["code"]
        for row in check_pack(PACK)[0].rows("categories.csv")
        if row.values["kind"] == "MATTER"
    }
    assert {kind["code"] for kind in phrases.kinds} <= codes
    assert {kind["where"] for kind in phrases.kinds} <= phrases.spots.keys()


def test_every_phrase_can_be_filled_in(phrases: Phrases) -> None:
    for kind in phrases.kinds:
        what = [text for phrase in kind["what"] for text in ([phrase] if isinstance(phrase, str) else phrase)]
        for text in [*what, *kind["effect"], *kind["result"]]:
            assert not re.search(r"[{}]", phrases._fill(text))
            assert not re.search(r"[,;:?!](?=[^\x00-\x7f])", text), text


def test_a_page_repeats_no_title_and_hardly_a_sentence(phrases: Phrases) -> None:
    places = [Place(n, "0001", f"第{n}花园", 114.1, 22.6, n) for n in range(180)]
    rng = random.Random(3)
    page = [
        phrases.write(phrases.draw_kind(), rng.choice(places), channel="HOTLINE", at=NOON) for _ in range(50)
    ]
    assert len({written.subject for written in page}) == len({written.detail for written in page}) == 50
    closing = [written.detail.rstrip("。？").rsplit("。", 1)[-1] for written in page]
    assert max(map(closing.count, closing)) <= 6


@pytest.mark.parametrize(
    ("month", "hour", "never"), [(1, 10, "入夏以来"), (6, 10, "春节后"), (3, 7, "今天中午")]
)
def test_a_time_phrase_fits_the_hour_and_the_month(
    phrases: Phrases, month: int, hour: int, never: str
) -> None:
    at = NOON.replace(month=month, hour=hour)
    details = [phrases.write(phrases.draw_kind(), ESTATE, channel="WEB", at=at).detail for _ in range(300)]
    assert not [text for text in details if never in text]


@pytest.mark.parametrize(
    ("channel", "words"),
    [("SUPERIOR", "区|上级"), ("INSPECTION", "检查|行走|夜查|测评"), ("PATROL", "巡查|走访|复查")],
)
def test_texts_of_staff_channels_read_as_written_by_staff(phrases: Phrases, channel: str, words: str) -> None:
    residents = set(phrases.common["asks"])
    for _ in range(200):
        detail = phrases.write(phrases.draw_kind(), VILLAGE, channel=channel, at=NOON).detail
        assert re.search(words, detail)
        assert not any(ask in detail for ask in residents)


def test_lanes_are_mentioned_in_villages_but_not_in_estates(phrases: Phrases) -> None:
    upstairs = next(kind for kind in phrases.kinds if kind["where"] == "building")
    lanes = {phrases.write(upstairs, place, channel="WEB", at=NOON).place for place in (VILLAGE,) * 40}
    assert any("巷" in lane for lane in lanes)
    assert not any("巷" in phrases.write(upstairs, ESTATE, channel="WEB", at=NOON).place for _ in range(40))
