"""Rank hot matters by how many people, votes and months are behind each. See docs/explanation/heat.md."""

import math
import re
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from jiedao.cases.text.joining import find_central_member, find_leading_names
from jiedao.cases.text.matters import group_messages
from jiedao.cases.text.reading import Corpus, read_corpus, take_first

REPEAT = 0.25
AGAINST = 0.5
WEEK_STEP, LONGEST_GAIN = 0.1, 0.5
# A district becomes part of the place only if its beginning is certain: a letter with digits, or two or three
# characters at the beginning of a phrase. Otherwise 投诉河西区 would become part of the place.
_DISTRICT = r"[A-Za-z]\d*[省市区县]|(?<!\w)\w{2,3}[省市区县]|地铁(?=\d)"
FLOOR, HALF_LIFE = 0.7, timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Message:
    """One message to group and rank. `at` is aware or naive, but the same for all; lon and lat are WGS 84 degrees.

    `kind` is the category it was registered under, "class.subclass"; empty until it is registered. `premise` is the
    key of the premise where it happened, and `premise_name` its name; both are empty where that is not known.
    """

    id: str
    reporter: str
    subject: str
    text: str
    at: datetime
    votes_for: int = 0
    votes_against: int = 0
    lon: float | None = None
    lat: float | None = None
    kind: str = ""
    premise: str = ""
    premise_name: str = ""


@dataclass(frozen=True, slots=True)
class HotMatter:
    """One matter: its most typical subject, its place, its heat, and the ids of its messages, oldest first."""

    rank: int
    title: str
    place: str
    heat: float
    first_at: datetime
    last_at: datetime
    members: list[str]


def find_hot_matters(
    messages: Sequence[Message],
    top: int = 10,
    now: datetime | None = None,
    background: Sequence[Message] = (),
    known_places: Collection[str] = (),
) -> list[HotMatter]:
    """Group messages on one matter (one place, one cause) and list the `top` hottest, hottest first.

    Recency is measured from `now`, by default the time of the newest message. A single message is a matter too, and
    hot if it has enough votes. 4,000 messages take about 6 s.

    `background` messages are never grouped. They only help to distinguish names from common words, for which some
    thousands of messages serve better than those of one month.

    `known_places` are the names of premises, roads and communities. Where they are given, no other name counts in a
    message whose premise is known, unless it is a house number on a road.
    """
    if not messages:
        return []
    moment = now or max(message.at for message in messages)
    corpus = take_first(_read_messages([*messages, *background], known_places), len(messages))
    groups = group_messages(corpus)
    scored = sorted(
        ((compute_heat([messages[i] for i in members], moment), members) for members in groups),
        key=lambda item: (-item[0], messages[item[1][0]].id),
    )
    return [_describe_matter(corpus, messages, rank, *item) for rank, item in enumerate(scored[:top], 1)]


def group_matters(messages: Sequence[Message]) -> list[list[int]]:
    """Group messages on one matter without ranking; return lists of two or more indexes, the largest first."""
    if not messages:
        return []
    groups = [members for members in group_messages(_read_messages(messages)) if len(members) > 1]
    return sorted(groups, key=lambda members: (-len(members), members))


def compute_heat(members: Sequence[Message], now: datetime) -> float:
    """Compute the heat of one matter: support x duration x recency.

    support = distinct reporters + 0.25 a repeated message (at most as many as reporters) + the square root of
    votes for and half the votes against; duration = 1 + 0.1 log2(1 + weeks from first to last), at most 1.5;
    recency = 0.7 + 0.3 halved every 90 days since the last message.
    """
    reporters = len({message.reporter for message in members})
    repeats = min(len(members) - reporters, reporters)
    votes = sum(max(0, m.votes_for) + AGAINST * max(0, m.votes_against) for m in members)
    first, last = min(m.at for m in members), max(m.at for m in members)
    weeks = (last - first) / timedelta(weeks=1)
    duration = 1 + min(LONGEST_GAIN, WEEK_STEP * math.log2(1 + weeks))
    age = max(0.0, (now - last) / HALF_LIFE)
    support = reporters + REPEAT * repeats + math.sqrt(votes)
    recency = FLOOR + (1 - FLOOR) * math.exp2(-age)
    return support * duration * recency


def _read_messages(messages: Sequence[Message], known_places: Collection[str] = ()) -> Corpus:
    points = [None if m.lon is None or m.lat is None else (m.lon, m.lat) for m in messages]
    return read_corpus(
        [m.subject for m in messages],
        [m.text for m in messages],
        points,
        [m.kind for m in messages],
        premises=[m.premise for m in messages],
        known_places=known_places,
    )


def _describe_matter(
    corpus: Corpus, messages: Sequence[Message], rank: int, value: float, members: list[int]
) -> HotMatter:
    rows = sorted((messages[i] for i in members), key=lambda message: (message.at, message.id))
    title = messages[find_central_member(corpus, members)].subject.strip()
    return HotMatter(
        rank=rank,
        title=title or rows[0].text.strip()[:40],
        place=_find_place(corpus, messages, members),
        heat=round(value, 2),
        first_at=rows[0].at,
        last_at=rows[-1].at,
        members=[message.id for message in rows],
    )


def _find_place(corpus: Corpus, messages: Sequence[Message], members: list[int]) -> str:
    """Return the place as the messages write it, with its district if that is certain; "" if none is known.

    The premise is the place if it is known for half of the messages.
    """
    premises = [messages[i].premise_name for i in members if messages[i].premise_name]
    if 2 * len(premises) >= len(members):
        return premises[0]
    guessed = sorted(corpus.readings[members[0]].main) if len(members) == 1 else []
    for name in [*guessed, *_list_longest_names(corpus, members)]:
        pattern = re.compile(rf"(?:{_DISTRICT})*{re.escape(name)}", re.IGNORECASE)
        texts = (unicodedata.normalize("NFKC", f"{messages[i].subject} {messages[i].text}") for i in members)
        written = [hit.group() for text in texts for hit in pattern.finditer(text)]
        if written:
            return max(sorted(set(written)), key=lambda form: (written.count(form), len(form)))
    return ""


def _list_longest_names(corpus: Corpus, members: list[int]) -> list[str]:
    """List the leading names; a name that most messages write longer (百草园 as 百草园东苑) in its longer form."""
    leading = find_leading_names(corpus, members)
    held = {name: sum(name in corpus.readings[i].names for i in members) for name in leading}
    return [
        max((other for other in leading if name in other and held[other] >= 0.6 * held[name]), key=len)
        for name in leading
    ]
