"""Hot matters: one place and one cause make a group, and heat follows people, votes, duration and recency."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from jiedao.cases.text.causes import CLASSES, find_classes
from jiedao.cases.text.heat import Message, compute_heat, find_hot_matters, group_matters
from jiedao.cases.text.names import find_names, guess_names, keep_word_breaks
from jiedao.cases.text.topics import find_topics

START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)

MIXER = [
    ("临江区石榴花园旁搅拌站噪音大", "石榴花园旁边的搅拌站彻夜开工，噪音和粉尘让人无法休息。"),
    ("石榴花园小区附近建搅拌站合理吗", "我住临江区石榴花园，几十米外的搅拌站粉尘飞扬，噪音不断。"),
    ("投诉搅拌站粉尘污染", "临江区石榴花园门口搅拌站的粉尘落满阳台，噪音从早到晚。"),
    ("希望撤走临江区石榴花园旁的搅拌站", "粉尘呛人，搅拌站夜里也不停，孩子咳嗽。"),
    ("临江区石榴花园搅拌站扰民", "搅拌站半夜开工，噪音大，粉尘多，窗户不敢开。"),
]
LIFT = [
    ("临江区石榴花园3栋电梯总坏", "石榴花园3栋电梯一个月坏了四次，老人被困，物业不修。"),
    ("石榴花园电梯困人", "临江区石榴花园3栋的电梯又困人了，电梯维修没人管。"),
]
OTHER = [
    ("河西区望月苑旁搅拌站噪音大", "望月苑旁边的搅拌站彻夜开工，噪音和粉尘让人无法休息。"),
    ("河西区望月苑附近搅拌站扰民", "河西区望月苑小区门口搅拌站半夜开工，粉尘多，噪音大。"),
]
REST = [
    ("河西区白塔路路灯不亮", "白塔路晚上漆黑一片，路灯坏了两周。"),
    ("咨询社保转移手续", "我从外地回来，想问社保如何转入。"),
    ("河西区小学入学登记时间", "请问今年小学入学登记什么时候开始？"),
    ("建议增加公交班次", "早高峰等车要半小时，建议增加班次。"),
    ("菜市场污水横流", "南门菜市场地面污水横流，气味难闻。"),
    ("共享单车乱放", "地铁口单车堆满人行道，行人无路可走。"),
]


def make_messages() -> list[Message]:
    rows = [*MIXER, *LIFT, *OTHER, *REST]
    return [
        Message(f"m{n}", f"u{n}", subject, text, START + timedelta(days=n))
        for n, (subject, text) in enumerate(rows)
    ]


def test_one_place_and_one_cause_make_one_matter() -> None:
    assert group_matters(make_messages()) == [[0, 1, 2, 3, 4], [5, 6], [7, 8]]


def test_the_hottest_matter_comes_first_with_its_place_and_members() -> None:
    matters = find_hot_matters(make_messages(), top=3)
    assert [matter.rank for matter in matters] == [1, 2, 3]
    assert matters[0].members == ["m0", "m1", "m2", "m3", "m4"]
    assert "石榴花园" in matters[0].place
    assert "搅拌站" in matters[0].title
    assert (matters[0].first_at, matters[0].last_at) == (START, START + timedelta(days=4))
    assert matters[0].heat > matters[1].heat


def test_votes_make_one_message_hot() -> None:
    rows = make_messages()
    rows.append(Message("v", "w", "河西区金桂府学位问题", "金桂府配套小学何时开学？", START, votes_for=900))
    best = find_hot_matters(rows, top=1)[0]
    assert best.members == ["v"]
    assert best.place == "河西区金桂府"


def test_order_of_the_messages_does_not_matter() -> None:
    rows = make_messages()
    assert [m.members for m in find_hot_matters(rows)] == [m.members for m in find_hot_matters(rows[::-1])]


def test_a_shared_point_replaces_a_shared_name() -> None:
    rows = [
        Message(
            "a", "u1", "路边烧烤油烟扰民", "半夜烧烤油烟太大，烧烤摊噪音不断", START, lon=114.1, lat=22.6
        ),
        Message(
            "b", "u2", "烧烤摊油烟呛人", "楼下烧烤油烟呛人，烧烤摊噪音到半夜", START, lon=114.1003, lat=22.6
        ),
        Message("c", "u3", "烧烤油烟投诉", "烧烤摊油烟呛人，噪音到半夜", START, lon=114.3, lat=22.6),
        *make_messages()[9:],
    ]
    assert group_matters(rows) == [[0, 1]]


def test_no_messages_give_no_matters() -> None:
    assert find_hot_matters([]) == []
    assert group_matters([]) == []
    assert find_hot_matters([Message("a", "u", "", "", START)])[0].members == ["a"]


def test_one_person_writing_often_counts_little() -> None:
    often = [Message(str(n), "same", "x", "y", START) for n in range(50)]
    few = [Message(str(n), f"u{n}", "x", "y", START) for n in range(3)]
    assert compute_heat(often, START) == pytest.approx(1.25)
    assert compute_heat(few, START) == pytest.approx(3)


def test_heat_grows_with_duration_and_fades_with_age() -> None:
    pair = [Message("a", "u", "x", "y", START), Message("b", "v", "x", "y", START + timedelta(weeks=3))]
    last = pair[1].at
    assert compute_heat(pair, last) == pytest.approx(2 * 1.2)
    assert compute_heat(pair, last + timedelta(days=90)) == pytest.approx(2 * 1.2 * 0.85)
    assert compute_heat(pair, last - timedelta(days=9)) == pytest.approx(2 * 1.2)


def test_votes_count_by_their_root_and_those_against_by_half() -> None:
    assert compute_heat(
        [Message("a", "u", "x", "y", START, votes_for=7, votes_against=4)], START
    ) == pytest.approx(4)


def test_names_are_found_by_their_context() -> None:
    names = find_names(
        [keep_word_breaks(f"{subject}  {text}") for subject, text in [*MIXER, *LIFT, *OTHER, *REST]]
    )
    assert {"石榴花园", "望月苑"} <= set(names)
    assert not {"搅拌站", "噪音", "菜市场", "河西区", "临江区"} & set(names)
    assert names["石榴花园"].pin == 1


def test_spots_of_many_places_are_no_names() -> None:
    places = ["石榴花园", "望月雅苑", "青竹雅苑", "金桂雅苑", "白塔老围", "松林老围"]
    spots = ["菜鸟驿站门前", "天桥底下", "巷口第三根灯杆下", "幼儿园斜对面"]
    texts = [
        keep_word_breaks(f"{place}{spot}有一堆杂物，{place}的人都看到了")
        for place in places
        for spot in spots
    ]
    names = find_names(texts)
    assert set(places) <= set(names)
    assert not [name for name in names if not any(place in name for place in places)]


def test_two_estates_of_one_builder_are_two_places() -> None:
    causes = ["电梯总坏没人修", "电梯困人吓坏老人"]
    rows = [
        Message(f"{place}{n}", f"{place}{n}", f"临江区{place}{cause}", f"{place}的{cause}，请处理", START)
        for place in ("碧波湾南城", "碧波湾学府", "碧波湾云庭")
        for n, cause in enumerate(causes)
    ]
    assert group_matters(rows + make_messages()[9:]) == [[0, 1], [2, 3], [4, 5]]


@pytest.mark.parametrize(
    ("place", "longer"),
    [
        ("六号路", "十六号路"),
        ("6号路", "26号路"),
        ("望月苑", "新望月苑"),
        ("望月苑", "东望月苑"),
        ("望月苑", "翠望月苑"),
    ],
)
def test_a_name_within_a_longer_one_is_another_place(place: str, longer: str) -> None:
    rows = [
        Message(f"{name}{n}", f"{name}{n}", f"{name}路面塌陷", f"{name}路面塌陷，{n + 2}天没人管。", START)
        for name in (place, longer)
        for n in range(3)
    ]
    matters = find_hot_matters(rows + make_messages()[9:], top=2)
    assert {matter.place: matter.members for matter in matters} == {
        name: [f"{name}{n}" for n in range(3)] for name in (place, longer)
    }


def test_a_builder_before_the_name_is_the_same_place() -> None:
    rows = [
        Message(f"m{n}", f"u{n}", f"{name}路面塌陷", f"{name}路面塌陷，{n + 2}天没人管。", START)
        for n, name in enumerate(["望月苑", "恒通望月苑"] * 3)
    ]
    assert group_matters(rows + make_messages()[9:]) == [[0, 1, 2, 3, 4, 5]]


def test_a_policy_without_a_place_is_one_matter() -> None:
    subjects = [
        "咨询高龄老人护理补贴怎么申请",
        "为何护理补贴三个月没发",
        "请问残疾人护理补贴的标准",
        "咨询社保卡换领",
        "望月苑护理补贴登记点太远",
        "希望早日落实积分落户政策",
    ]
    rows = [Message(f"m{n}", f"u{n}", subject, "请答复。", START) for n, subject in enumerate(subjects)]
    best = find_hot_matters(rows + make_messages()[9:], top=1)[0]
    assert (best.members, best.place) == (["m0", "m1", "m2"], "")


def test_a_topic_is_the_policy_and_not_its_courtesies() -> None:
    subjects = ["关于临江市购房补贴的咨询", "请问能申请人才购房补贴吗", "购房补贴", "补贴", "路灯政策"]
    assert find_topics(subjects) == {"购房补贴": [0, 1, 2]}


def test_points_far_apart_are_two_places() -> None:
    rows = make_messages()
    far = [replace(row, lon=114.1 if n % 2 else 114.2, lat=22.6) for n, row in enumerate(rows[:5])]
    assert [0, 1, 2, 3, 4] not in group_matters(far + rows[9:])


def test_a_house_number_belongs_to_the_name_of_a_road() -> None:
    assert guess_names("松林路12号楼天桥底下垃圾没人清") == {"松林路12号楼"}


def test_a_name_that_occurs_once_is_guessed_from_the_subject() -> None:
    assert guess_names("投诉河西区金桂府物业") == {"金桂府"}
    assert guess_names("咨询社保转移手续") == set()


def test_classes_distinguish_causes() -> None:
    assert find_classes("楼下烧烤摊油烟呛人") & find_classes("夜宵店排烟管道")
    assert not find_classes("电梯困人") & find_classes("路灯太暗")
    assert len({word for words in CLASSES.values() for word in words.split()}) > 200


def test_background_messages_help_to_find_names_and_are_not_grouped() -> None:
    rows = make_messages()

    alone = find_hot_matters([rows[2]])
    matters = find_hot_matters([rows[2]], background=[*rows[:2], *rows[3:]])

    assert alone[0].place == ""
    assert "石榴花园" in matters[0].place
    assert [matter.members for matter in matters] == [["m2"]]


def test_a_brand_with_several_estates_pins_no_place() -> None:
    estates = ["锦绣园南湖郡", "锦绣园望江府", "锦绣园云谷湾"]
    rows = [keep_word_breaks(f"临江区{estate} {n}楼漏水") for estate in estates for n in range(3)]

    names = find_names(rows)

    assert names["锦绣园"].pin < 1
    assert all(names[estate].pin == 1 for estate in estates)


def test_a_metro_line_is_not_cut_after_its_first_character() -> None:
    rows = [keep_word_breaks(f"临江区地铁3号线松鹤湖西路站{n}号口何时开通") for n in ("一", "二", "三")]

    assert not any(name.startswith("铁") for name in find_names(rows))


def test_the_registered_category_decides_the_cause() -> None:
    rows = make_messages()
    registered = [replace(row, kind="8.2" if n == 4 else "7.1") for n, row in enumerate(rows[:5])]

    assert group_matters([*registered, *rows[5:]]) == [[0, 1, 2, 3], [5, 6], [7, 8]]


SHARED_WORDS = [
    ("中兴路38号楼", "东侧路段禁停线上停了三辆车，消防车过不去"),
    ("兰亭花园", "西侧路段禁停线上停了两辆车，救护车过不去"),
    ("百鸽路122号楼", "门口路段禁停线上停满了车，公交车过不去"),
    ("青竹雅苑", "北门外路段禁停线上停了五辆车，校车过不去"),
    ("松林老围", "南门外路段禁停线上停了一排车，货车过不去"),
]


def make_cases_with_premises() -> list[Message]:
    rows = [
        Message(
            f"p{n}{copy}",
            f"w{n}{copy}",
            f"{place}{words}",
            f"{words}。",
            START + timedelta(days=n),
            kind="8.2",
            premise=f"P{n}",
            premise_name=place,
        )
        for n, (place, words) in enumerate(SHARED_WORDS)
        for copy in range(2)
    ]
    return [*rows, *make_messages()]


def test_cases_of_different_known_premises_never_join() -> None:
    rows = make_cases_with_premises()

    matters = find_hot_matters(rows, top=99, known_places=[place for place, _words in SHARED_WORDS])

    premise_of = {row.id: row.premise for row in rows}
    for matter in matters:
        assert len({premise_of[number] for number in matter.members} - {""}) <= 1
    pairs = {tuple(m.members): m.place for m in matters if m.members[0].startswith("p")}
    assert pairs == {(f"p{n}0", f"p{n}1"): place for n, (place, _words) in enumerate(SHARED_WORDS)}


def test_a_piece_of_text_at_known_premises_is_no_place() -> None:
    rows = make_cases_with_premises()
    unknown = [
        replace(row, id=f"x{row.id}", reporter=f"x{row.id}", premise="", premise_name="", subject=row.text)
        for row in rows[:10]
    ]

    matters = find_hot_matters(
        [*rows, *unknown], top=99, known_places=[place for place, _words in SHARED_WORDS]
    )

    assert not [matter.place for matter in matters if "禁停线" in matter.place]


def test_messages_without_a_premise_do_not_join_two_known_ones() -> None:
    rows = make_messages()
    rows[0] = replace(rows[0], premise="P1", premise_name="石榴花园一区")
    rows[4] = replace(rows[4], premise="P2", premise_name="石榴花园二区")

    groups = group_matters(rows)

    assert [group for group in groups if {0, 4} <= set(group)] == []
    assert [0, 1, 2, 3] in groups
