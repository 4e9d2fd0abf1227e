"""The numbers of buildings, houses and roads in a text: what differs in them is another place."""

import re
from collections.abc import Iterable
from enum import Enum

from jiedao.kernel.folding import fold_width
from jiedao.kernel.numerals import starts_inside_number, write_numbers


class Numbered(Enum):
    """What a number of a text numbers."""

    BUILDING = "building"
    HOUSE = "house"
    ROAD = "road"


Address = dict[Numbered, frozenset[str]]

# 一栋楼 and 1幢房 count a building instead of numbering it; 3栋楼下 is below building 3.
_RULES = {
    Numbered.BUILDING: re.compile(
        r"(?<![a-z\d])([a-z]?\d+[a-z]?|[a-z])(?:号楼|#楼|[#座]|[栋幢](?!楼(?![下上道梯顶前后门])|房|别墅|违建|自建))"
    ),
    Numbered.HOUSE: re.compile(r"(?<=[路街道巷村围])(\d+(?:-\d+)?)号(?![楼路街巷线院])"),
    Numbered.ROAD: re.compile(r"(?<![a-z\d])(\d+)号(?=大道|[路街巷])"),
}
_DOOR = re.compile(
    r"(?:(?<![a-z\d])(?:[a-z]?\d+[a-z]?(?:-\d+)*|[a-z](?=[栋幢座]))(?:号楼|#楼|单元|[#号栋幢座楼层室房]))+(?:\d+)?$"
)
# A name that follows one of these is another name: 新星河苑 is not 星河苑.
_DISTINGUISHING = frozenset("新老大小东西南北中上下前后")
_DIRECTION_WORD = frozenset("以路街道侧向往靠正")  # 以北, 路东: the direction belongs to what is before it

# 跨三一大道 is 三一大道 with a verb, not another road.
_LINKING = frozenset("跨原沿临靠近过穿在到至从和与及或的")


def find_address_numbers(*texts: str) -> Address:
    """Return the numbers by what they number; those of a later text count only where the earlier ones have none.

    三栋, 3栋 and 3号楼 are one building, 三号路 and 3号路 one road.
    """
    address: Address = {}
    for text in texts:
        clean = write_numbers(fold_width(text).lower().replace(" ", ""))
        for kind, rule in _RULES.items():
            if kind not in address and (numbers := frozenset(match[1] for match in rule.finditer(clean))):
                address[kind] = numbers
    return address


def drop_door(text: str) -> str:
    """Return the text without the numbers of building, floor and room at its end: 百合花园 for 百合花园3栋2单元501."""
    return _DOOR.sub("", write_numbers(fold_width(text).lower().replace(" ", "")))


def are_other_numbers(a: Address, b: Address) -> bool:
    """Return whether both addresses number a building, a house or a road, and none of the numbers is the same."""
    return any(kind in b and not a[kind] & b[kind] for kind in a)


def is_part_of_other_name(name: str, start: int, text: str) -> bool:
    """Return whether the name that begins at `start` of the text is the end of another one: 三号路 in 十三号路.

    A name is another one if its number is longer, or if a word such as 新 or 东 distinguishes it.
    """
    if start == 0:
        return False
    if starts_inside_number(text, start):
        return True
    if text[start - 1] not in _DISTINGUISHING or name[0] in _DISTINGUISHING:
        return False
    return start < 2 or text[start - 2] not in _DIRECTION_WORD


def is_other_name(name: str, longer: str) -> bool:
    """Return whether a longer name is the name with one more character before it, which makes it another one.

    More characters before it are a builder or a district: 万科碧水园 is 碧水园.
    """
    return longer.find(name) == 1 and longer[0] not in _LINKING


def contains_name(text: str, name: str, longer_names: Iterable[str] = ()) -> bool:
    """Return whether a text contains the name as such, and not only within other names, such as `longer_names`."""
    if name not in text:
        return False
    for longer in longer_names:
        if is_other_name(name, longer):
            text = text.replace(longer, " " * len(longer))
    start = text.find(name)
    while start >= 0:
        if not is_part_of_other_name(name, start, text):
            return True
        start = text.find(name, start + 1)
    return False
