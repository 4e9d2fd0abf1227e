"""Find the proper names of places and organisations in messages by rules and counts, without a list of names.

Chinese text has no spaces between words, so a name is recognised by its context: it follows an administrative word
(市 区 县 镇 街道 ...) or ends in a kind of place (小区 苑 路 村 ...), and it ends where the messages disagree about
the next character.
"""

import re
import unicodedata
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice, takewhile

import ahocorasick

from jiedao.cases.text.addresses import is_part_of_other_name
from jiedao.cases.text.causes import CLASSES

SHORTEST, LONGEST = 3, 10
CLOSED = 0.75
COMMON, PART, SPOT, CERTAIN = 0.2, 0.6, 0.4, 0.5
ANCHORED = 0.3

# A name never contains these: function words, the people who write, the offices they write to, their complaints.
_NEVER = re.compile(
    "[的了是在我你他她它们不没为与及对把被吗呢吧啊这那哪该]|安置|新政|业主|居民|市民|村民|群众|住户|老师|家长|学生|孩子|小孩|职工|员工|老人|领导|书记|市长|局长|厅长|政府|"
    "部门|办事处|人民|教育|投诉|反映|反应|举报|关于|希望|建议|咨询|要求|强烈|严重|问题|情况|附近|周边|门口|对面|楼下|位于|"
    "坐落|居住|噪音|噪声|扰民|污染|油烟|违规|违法|违建|非法|施工|销售|捆绑|强制|收费|停车|车位|车库|开发商|物业|业委会|补贴|"
    "政策|拆迁|质量|开裂|漏水|停水|停电|拖欠|工资|落户|公积金|办理|规划|建设|修建|改造|营业|经营|直排|开通|尽快|交通|"
    "[0-9一二三四五六七八九十今去明前后每当同][年月日]|[今昨明前后每当白半][天夜]|早上|晚上|凌晨|路过|经过|发现|看到|听到|存在|设立|建成|时候|第|多次|监管|管理|执法|公安|派出所|法院|检察|工作|服务|热线|信箱|中心城|城市|农村|全国|全市|公共|公交|"
    "新生儿|事业单位|管辖|办公用房|承诺|主持|主干|十字|斑马|马路|道路|水泥路|断头路|快速路|行人|轨道|负责|环境|发展|经济|食品|综合|影响|整个|部分|本小区|配套|"
    "住宅|商品房|车辆|消防|安全|生活|小区[居楼路临街环]|合同|楼栋|总公司|分公司|购房|买房|退休|水公司|地产公司|建筑公司|临街|门面"
)
_HARMS = (
    "NOISE",
    "CATERING",
    "POLLUTION",
    "WASTE",
    "QUALITY",
    "PARKING",
    "LIFT",
    "FIRE",
    "STALLS",
    "DRAINS",
    "BUILDING",
    "LIGHT",
)
_CAUSE = re.compile("|".join(word for code in _HARMS for word in CLASSES[code].split()))
_EDGE = frozenset(
    "有等和将从到向由但也就都还又很最让给各每请问何么旁边内外里距离往去来说要能会可想求已曾经才只且或若如因其所间些至入进出"
    "使无超下上现住此非个条于着而并则即凡靠属号整层期"
)
# As in 可园, 上河, 和谐苑: a name may begin with these if its beginning is certain.
_OPENING = frozenset("可上下里外内和向如将")
_KIND = re.compile(
    "小区|花园|家园|嘉园|佳园|新村|新城|公寓|公馆|大厦|广场|山庄|国际|大道|大桥|隧道|公园|市场|商城|工业园|产业园|物流园|"
    "小学|中学|学校|大学|学院|幼儿园|医院|公司|集团|酒店|车站|火车站|高速|高铁|社区|"
    "\\d+号[楼院栋]|街(?!道)|路(?![过灯面况费牌由])|村(?![民委])|城(?![市管乡建])|围(?![挡墙栏住满着观堵])|[巷苑府园湾郡墅邸庭庄岛湖江河桥站线镇乡居寓厦]"
)
_ENDING = re.compile(f"(?:{_KIND.pattern})$")
_DISTRICT = "(?<![小园社校片景库战专])区"
_ADMIN = re.compile(f"[省市县镇乡](?!场)|{_DISTRICT}|街道|社区")
_WITHIN = re.compile(f"(?:[省市镇乡]|[^0-9]县|{_DISTRICT})(?=.{{3}})|(?:街道|社区)(?=.)")
_COMMON = (
    "(?:地铁|公交|公交车|加油|垃圾|搅拌|变电|高压|火车|汽车|高铁|换乘|停靠|消防|污水处理|农贸|蔬菜|建材|"
    "实验|培训|职业|民办|公办|公立|普惠|重点|附属|住宅|办公|人行|过街|立交|高架|高速|延长|快速|联络|沿|"
    "房地产|开发|投资|有限|建筑|工程|集团|保险|燃气|供水|电力|电信|装修|装饰|快递|保洁|运输|搬家|出租)"
)
_FACILITY = re.compile(
    f"^(?:(?:{_KIND.pattern})(?={_COMMON}))?{_COMMON}*"
    "(?:站|站点|车站|市场|线|线路|路|公路|道|小学|中学|学校|幼儿园|大学|学院|小区|园|楼|天桥|桥|广场|公司|集团)$"
)
_CORPORATE = re.compile("(?:房地产|开发|建设|投资|置业|实业|科技|有限|责任|股份|集团|公司|项目|楼盘|新房)+$")
_LEAD = re.compile("投诉|反映|举报|关于|咨询|位于|建议|请求|希望|在")
_NUMBER = re.compile(r"\d+号[楼院栋]")
_STUMP = re.compile("^.{0,3}[省市区县].{1,2}$|^铁\\d|和[东西南北中]$")
# Suffixes that do not make a name another place: 碧水园二期, 碧水园3栋.
TAIL = re.compile(r"(?:小区|社区|项目|楼盘|[院苑]|[一二三四五六七八九\d]+期|\d+号?[栋楼])*")
BRANCHES, BRAND = 3, 0.7
_OFFICE = re.compile(f"{_DISTRICT}$|^.{{0,2}}[省市县]$|[局委办队厅部室所会户层期组号居安一]$|(?<!号)[楼栋]$")
_AREA = re.compile("(?:[镇乡]|街道|社区)$")
_COMMON_BEFORE = frozenset(
    "的个座家所条建有无大小新老办该此各多开修设装两种这那某些近邻读上乘坐用把将成为到并及"
)
# What may precede a complete name: blanks, numbers, offices, function words, verbs of a complaint, other names.
_KIND_ENDS = frozenset("苑围村路街巷园城府湾郡庭桥站线楼厦院栋场")
_ADMIN_ENDS = frozenset("省市区县镇乡道")
_WHOLE_AFTER = (
    _COMMON_BEFORE
    | _EDGE
    | _KIND_ENDS
    | frozenset(" 0123456789省市区县镇乡道社了是在我你他们不没为与及对把被诉映报求询望议住位找查决理护救处址")
)
_HOUSE_ON_ROAD = re.compile(r"\w\w(?:[路街巷]|大道)\d+号")
_LINE = re.compile("(?:[路街巷湖江河线]|大道|高速|高铁)$")


@dataclass(frozen=True, slots=True)
class Name:
    """One name: its text in normal form, the number of messages with it, how precisely it identifies a place (`pin`,
    0 to 1), and whether it ends in a kind of place or organisation."""

    text: str
    count: int
    pin: float
    of_a_kind: bool


class KnownPlaces:
    """The names of known premises, roads and communities, to judge whether a piece of text names a place."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = frozenset(filter(None, (keep_word_breaks(name).replace(" ", "") for name in names)))
        self._automaton = build_matcher(self._names)
        self._all = " ".join(sorted(self._names))

    def __contains__(self, piece: object) -> bool:
        """Return whether a piece is, contains or is part of a known name, or is a house number on a road."""
        if not isinstance(piece, str):
            return False
        if piece in self._all or _HOUSE_ON_ROAD.search(piece):
            return True
        return bool(self._names) and next(iter(self._automaton.iter(piece)), None) is not None


def keep_word_breaks(text: str) -> str:
    """Fold a text as `folding.normalise_words` does, but keep a blank wherever something was removed."""
    folded = unicodedata.normalize("NFKC", text).lower()
    return "".join(char if char.isalnum() else " " for char in folded)


def find_names(texts: Sequence[str]) -> dict[str, Name]:
    """Return the names that occur in at least two of the texts (in the form of `keep_word_breaks`)."""
    anchored = _collect_candidates(texts, _cut_after_admin)
    kinds = _collect_candidates(texts, _cut_before_kind)
    sure = {g for g in _select_closed(anchored, right=True) if _may_be_name(g, anchored=True)}
    contexts = _count_contexts(sure, texts)
    sure = {g for g in sure if len(anchored[g]) >= max(2, ANCHORED * contexts[g].messages)}
    likely = {g for g in _select_closed(kinds, right=False) if _may_be_name(g, anchored=True)}
    contexts = _count_contexts(sure | likely, texts)
    candidates = sure | {g for g in likely if contexts[g].looks_like_name(g)}
    known = sorted(g for g in candidates if contexts[g].messages > 1)
    return {
        g: Name(
            g, contexts[g].messages, min(_estimate_pin(g), _estimate_brand(g, known)), bool(_ENDING.search(g))
        )
        for g in known
    }


def _estimate_brand(name: str, known: Sequence[str]) -> float:
    """Return how precisely a name identifies one place by its branches: a brand or an area has three or more."""
    start = bisect_right(known, name)
    longer = takewhile(lambda other: other.startswith(name), islice(known, start, None))
    branches = {rest[:2] for other in longer if (rest := TAIL.sub("", other[len(name) :], count=1))}
    return BRAND if len(branches) >= BRANCHES else 1.0


def build_matcher(names: Iterable[str]) -> ahocorasick.Automaton:
    """Build the automaton that finds all names in one pass."""
    automaton = ahocorasick.Automaton()
    for name in names:
        automaton.add_word(name, name)
    automaton.make_automaton()
    return automaton


def _cut_after_admin(text: str) -> Iterable[str]:
    for hit in _ADMIN.finditer(text):
        start = hit.end()
        for end in range(start + SHORTEST, min(start + LONGEST, len(text)) + 1):
            if text[end - 1] == " ":
                break
            if end - start >= SHORTEST and " " not in text[start:end]:
                yield text[start:end]


def _cut_before_kind(text: str) -> Iterable[str]:
    for hit in _KIND.finditer(text):
        end = hit.end()
        for start in range(end - SHORTEST, max(-1, end - LONGEST - 1), -1):
            if text[start] == " ":
                break
            name = text[start:end]
            if start < hit.start() and not is_part_of_other_name(name, start, text):
                yield name


def _collect_candidates(texts: Sequence[str], cut: Callable[[str], Iterable[str]]) -> dict[str, set[int]]:
    texts_of_piece: dict[str, set[int]] = defaultdict(set)
    for index, text in enumerate(texts):
        for piece in cut(text):
            texts_of_piece[piece].add(index)
    return {piece: where for piece, where in texts_of_piece.items() if len(where) > 1}


def _select_closed(candidates: dict[str, set[int]], *, right: bool) -> list[str]:
    """Return the pieces that most of their messages do not continue with one and the same character."""
    extended: Counter[str] = Counter()
    for piece, where in candidates.items():
        if not right and piece[0] in _ADMIN_ENDS:
            continue  # what follows a district is complete, however often the district is written before it
        if not right and is_part_of_other_name(piece[1:], 1, piece):
            continue
        shorter = piece[:-1] if right else piece[1:]
        extended[shorter] = max(extended[shorter], len(where))
    return [piece for piece, where in candidates.items() if extended[piece] < CLOSED * len(where)]


@dataclass(slots=True)
class _Context:
    """The context of a piece: the number of messages and places with it, and what precedes it there."""

    messages: int = 0
    places: int = 0
    common: int = 0
    opening: int = 0
    part: Counter[str] = field(default_factory=Counter)
    spot: Counter[str] = field(default_factory=Counter)

    def looks_like_name(self, piece: str) -> bool:
        """Rule out a common noun (的菜市场), the end of longer names (雅苑幼儿园), a spot of many places (…苑天桥)."""
        part_of_name = len(self.part) > 1 and self.part.total() > PART * self.places
        spot = len(self.spot) > 3 and self.spot.total() > SPOT * self.places
        loose = (
            len(self.part) + len(self.spot) > 3 and self.part.total() + self.spot.total() > PART * self.places
        )
        unsure = piece[0] in _EDGE and self.opening < CERTAIN * self.places
        return self.common <= COMMON * self.places and not (part_of_name or spot or loose or unsure)


def _count_contexts(names: Iterable[str], texts: Sequence[str]) -> dict[str, _Context]:
    automaton = build_matcher(names)
    contexts: dict[str, _Context] = defaultdict(_Context)
    for text in texts if len(automaton) else ():
        hits = [
            (start, contexts[name], name)
            for end, name in automaton.iter(text)
            if not is_part_of_other_name(name, start := end + 1 - len(name), text)
        ]
        for name in {name for _, _, name in hits}:
            contexts[name].messages += 1
        for start, context, _ in hits:
            before = text[start - 1] if start else " "
            context.places += 1
            context.common += before in _COMMON_BEFORE
            context.opening += before == " " or before in _ADMIN_ENDS
            if before not in _WHOLE_AFTER:
                context.part[before] += 1
            elif before in _KIND_ENDS or before.isdigit():
                context.spot[text[max(0, start - 4) : start]] += 1
    return contexts


def _may_be_name(piece: str, *, anchored: bool = False) -> bool:
    if any(rule.search(piece) for rule in (_NEVER, _CAUSE, _OFFICE, _WITHIN, _STUMP, _FACILITY)):
        return False
    opening = piece[0] in _EDGE and not (anchored and piece[0] in _OPENING)
    if _ADMIN.match(piece) or opening or piece[-1] in _EDGE:
        return False
    body = _ENDING.sub("", _CORPORATE.sub("", piece))
    return len(body) > 1 and bool(_KIND.sub("", body)) and not body.isdigit()


def _estimate_pin(name: str) -> float:
    """Return how precisely a name identifies a place: an estate or firm 1, unknown 0.85, a road 0.7, an area 0.45."""
    if _AREA.search(name) or name.endswith("号线"):
        return 0.45
    if _LINE.search(name):
        return 0.7
    return 1.0 if _ENDING.search(name) else 0.85


def guess_names(subject: str) -> set[str]:
    """Guess the names in one subject by rule: from where a name may begin up to the first kind of place.

    A name may begin the subject, or follow an administrative word or a verb of complaint. Unlike `find_names`, this
    needs no second message, so that a place named only once can still be distinguished from another.
    """
    names = set()
    for start in (
        0,
        *(hit.end() for hit in _ADMIN.finditer(subject)),
        *(hit.end() for hit in _LEAD.finditer(subject)),
    ):
        rest = subject[start : start + LONGEST].partition(" ")[0]
        for kind in _KIND.finditer(rest, 1):
            number = _NUMBER.match(rest, kind.end())
            name = rest[: number.end() if number else kind.end()]
            if len(name) >= SHORTEST:
                names |= {name} if _may_be_name(name, anchored=True) else set()
                break
    return names
