"""Near-duplicates and likely duplicates."""

from datetime import UTC, datetime, timedelta

import pytest

from jiedao.cases.text.near import Text, group_near_duplicates, rank_duplicates, split_bigrams
from jiedao.cases.text.proximity import compute_distance, find_neighbours
from jiedao.kernel.folding import normalise_words

NOON = datetime(2026, 3, 1, 4, 0, tzinfo=UTC)
LAMP = "松岗路与东街路口的路灯坏了三天，晚上一片漆黑，老人经过时摔倒了。"


def test_normalising_removes_width_case_and_punctuation() -> None:
    assert normalise_words("ＫＴＶ 太吵！（12楼）") == "ktv太吵12楼"
    assert split_bigrams("Ａ、b c") == ["ab", "bc"]
    assert split_bigrams("路") == ["路"]
    assert split_bigrams("，") == []


def test_near_duplicates_share_a_group() -> None:
    texts = [
        LAMP,
        "【转】松岗路与东街路口的路灯坏了三天,晚上一片漆黑,老人经过时摔倒了!",
        "补充：" + LAMP + "请尽快派人来修，谢谢各位领导，我们已经打过两次电话。",
        "青竹小区门口垃圾堆放一周无人清运，气味难闻。",
        "",
        "",
    ]
    assert group_near_duplicates(texts) == [0, 0, 0, 1, 2, 3]


def test_short_texts_about_different_places_are_no_near_duplicates() -> None:
    assert group_near_duplicates(["青竹小区停水", "望江苑小区停电", "青竹小区停水"]) == [0, 1, 0]


def test_the_same_wording_ranks_first_with_its_reasons() -> None:
    others = [
        Text("垃圾没人清运", "青竹小区门口垃圾堆了一周", 114.1, 22.6, at=NOON),
        Text("路灯坏了", "松岗路东街路口路灯坏了，晚上漆黑", 114.1001, 22.6001, at=NOON - timedelta(days=2)),
        Text("路灯坏了", LAMP, 114.1, 22.6, at=NOON - timedelta(days=1)),
    ]
    matches = rank_duplicates(Text("路灯坏了", LAMP, 114.1, 22.6, at=NOON), others)
    assert [match.index for match in matches] == [2, 1]
    assert matches[0].score > 0.9
    assert {reason.code: reason.value for reason in matches[0].reasons} == {
        "TEXT": 1.0,
        "DISTANCE": 0.0,
        "TIME": 1.0,
    }


def test_same_wording_far_away_is_no_duplicate() -> None:
    candidate = Text("路灯坏了", LAMP, 114.1, 22.6)
    assert rank_duplicates(candidate, [Text("路灯坏了", LAMP, 114.2, 22.6)]) == []


def test_nearness_alone_is_no_duplicate() -> None:
    here = {"lon": 114.1, "lat": 22.6, "at": NOON}
    assert (
        rank_duplicates(Text("路灯坏了", "晚上漆黑", **here), [Text("有人遛狗不牵绳", "孩子害怕", **here)])
        == []
    )


def test_place_text_counts_where_points_are_missing() -> None:
    others = [
        Text("下水道堵塞", "污水流到路面", place="望江苑3栋"),
        Text("下水道堵塞", "污水流到路面", place="石桥村"),
    ]
    matches = rank_duplicates(
        Text("下水道堵了", "污水漫到路面上", place="望江苑小区3栋"), others, min_score=0
    )
    assert [match.index for match in matches] == [0, 1]
    assert matches[0].score > matches[1].score
    assert matches[0].reasons[1].code == "PLACE"


@pytest.mark.parametrize(
    ("place", "other"),
    [
        ("桂花苑16栋", "桂花苑6栋"),
        ("桂花苑十六栋", "桂花苑六栋"),
        ("桂花苑16号楼", "桂花苑6栋"),
        ("青山路28号", "青山路128号"),
        ("九号路", "十九号路"),
        ("9号路", "十九号路"),
        ("桂花苑", "新桂花苑"),
        ("桂花苑B座", "桂花苑C座"),
    ],
)
@pytest.mark.parametrize("in_subject", [False, True])
def test_another_number_or_a_longer_name_is_another_place(
    place: str, other: str, *, in_subject: bool
) -> None:
    texts = [
        Text(
            f"{name}电梯故障" if in_subject else "电梯故障",
            "电梯停在半空",
            place="" if in_subject else name,
            at=NOON,
        )
        for name in (place, other)
    ]
    assert rank_duplicates(texts[0], texts[1:], min_score=0.45) == []
    assert rank_duplicates(texts[1], texts[:1], min_score=0.45) == []


@pytest.mark.parametrize(
    ("place", "other"),
    [
        ("桂花苑六栋", "桂花苑6栋"),
        ("桂花苑６栋", "桂花苑6号楼"),
        ("九号路", "9号路"),
        ("桂花苑", "桂花苑6栋"),
        ("桂花苑", "河西区桂花苑"),
    ],
)
def test_a_number_in_other_signs_is_the_same_place(place: str, other: str) -> None:
    texts = [Text(f"{name}电梯故障", "电梯停在半空", place=name, at=NOON) for name in (place, other)]
    assert rank_duplicates(texts[0], texts[1:])[0].score > 0.7


def test_the_limit_applies_and_empty_texts_match_nothing() -> None:
    assert len(rank_duplicates(Text("路灯坏了"), [Text("路灯坏了")] * 9, limit=5)) == 5
    assert rank_duplicates(Text(), [Text("路灯坏了")]) == []
    assert rank_duplicates(Text("路灯坏了"), [Text(), Text("。")]) == []


def test_distances_are_in_metres_and_neighbours_are_near() -> None:
    assert compute_distance(114.0, 22.6, 114.0, 22.601) == pytest.approx(111.2, abs=0.1)
    points = [(114.1, 22.6), None, (114.1012, 22.6), (114.1025, 22.6), (114.1, 22.6)]
    assert sorted(find_neighbours(points)) == [(0, 2), (0, 4), (2, 3), (2, 4)]
    assert find_neighbours([(114.1, 22.6)] * 300) == []
