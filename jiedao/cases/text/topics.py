"""Matters without a place: messages of the whole town about one policy, benefit or fund, such as 人才购房补贴."""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence

from jiedao.cases.text.reading import EARLY, Corpus

SHORTEST, LONGEST = 4, 12
FEWEST = 2
AREA_PIN = 0.5  # a town or a metro line is no place of its own

# What a town grants, rules or collects. A topic ends in one of these and states which one it is: 购房补贴, 落户政策.
_HEAD = re.compile(
    "补贴|补助|津贴|补偿金|公积金|社保|医保|养老金|养老保险|医疗保险|失业金|低保|退休金|抚恤金|奖学金|助学金|维修基金|基金|专项资金|"
    "贷款|新政|政策|实施办法|管理办法|条例|细则|退税|个税|契税|落户|入户|居住证|消费券|优惠券|一卡通|健康码|公租房|廉租房|保障房|安居房|"
    "人才房|摇号|限购"
)
# Words around a topic: courtesies, questions, districts, and what people want to do with it.
_BREAK = re.compile(
    "[a-z]?\\d*[省市区县镇乡](?!民)|街道|社区|投诉|反映|反应|举报|关于|咨询|询问|请问|建议|希望|请求|要求|恳请|强烈|有关|相关|目前|最新|现行|如何|"
    "为何|为什么|怎么|是否|能否|可以|可否|什么|何时|哪里|多久|一直|没有|享受|申请|申报|领取|发放|缴纳|办理|落实|提高|增加|取消|"
    "[的了是在我你他她它吗呢吧啊这那对把被让给和与及或请问查因]"
)


def find_topics(subjects: Sequence[str]) -> dict[str, list[int]]:
    """Return the topics of at least two subjects with the indexes of these, the most frequent and longest first.

    A subject (in the form of `names.keep_word_breaks`) belongs to the first topic that it contains only.
    """
    fragments = [_BREAK.sub(" ", subject).split() for subject in subjects]
    phrases = [{phrase for part in parts for phrase in _list_phrases(part)} for parts in fragments]
    counts = Counter(phrase for found in phrases for phrase in found)
    topics: dict[str, list[int]] = defaultdict(list)
    for index, candidates in enumerate(phrases):
        frequent = [phrase for phrase in candidates if counts[phrase] >= FEWEST]
        if frequent:
            topics[min(frequent, key=lambda phrase: (-counts[phrase], -len(phrase), phrase))].append(index)
    order = sorted(topics, key=lambda topic: (-len(topics[topic]), -len(topic), topic))
    return {topic: topics[topic] for topic in order if len(topics[topic]) >= FEWEST}


def _list_phrases(fragment: str) -> set[str]:
    """List the phrases of a fragment that end in a policy or benefit and begin anywhere before it."""
    return {
        fragment[start : head.end()]
        for head in _HEAD.finditer(fragment)
        for start in range(max(0, head.end() - LONGEST), min(head.start() - 1, head.end() - SHORTEST + 1))
    }


def join_placeless_matters(corpus: Corpus, groups: list[list[int]]) -> list[list[int]]:
    """Join the groups and single messages that name no place and whose subjects state one topic.

    A group belongs to a topic if more than half of its members do.
    """
    placeless = [index for index in range(len(corpus.texts)) if _is_placeless(corpus, index)]
    topics = find_topics([corpus.subjects[index] for index in placeless])
    topic_of = {placeless[place]: topic for topic, places in topics.items() for place in places}
    joined: dict[str, list[int]] = defaultdict(list)
    result = []
    for members in groups:
        topic, count = Counter(topic_of.get(index, "") for index in members).most_common(1)[0]
        if topic and 2 * count > len(members):
            joined[topic] += members
        else:
            result.append(members)
    return result + [sorted(members) for members in joined.values()]


def _is_placeless(corpus: Corpus, index: int) -> bool:
    """Return whether a message has no point or premise, and names no certain place in its subject or opening."""
    if corpus.points[index] is not None or corpus.premises[index]:
        return False
    reading = corpus.readings[index]
    early = {name for name, weight in reading.names.items() if weight >= EARLY} | reading.main
    known = [corpus.names[name] for name in early if name in corpus.names]
    return len(known) == len(early) and not any(name.of_a_kind and name.pin > AREA_PIN for name in known)
