"""The sentences of a document, which of them are its plan, and how similar two sentences are."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from jiedao.reports.document import Document, Heading, Level, Paragraph, Run, read_text

# A heading such as 下半年工作计划, 下一步打算 or 二〇二一年工作安排, in reports whose text has no mark.
_NEXT = "下一步|下一阶段|下阶段|下一年|下季度|下一季度|下月|下个月|下周|明年|来年|今后"
_PLAN = "计划|打算|安排|思路|举措|措施|任务|重点|目标"
# 下半年主要工作 of a report of the second half is no plan, 下一步主要工作 is.
_PLAN_HEADING = re.compile(
    rf"(?:{_NEXT}).{{0,12}}(?:{_PLAN}|工作)|(?:下半年|20\d\d年).{{0,12}}(?:{_PLAN})"
    rf"|^[^，。]{{0,8}}工作(?:计划|打算|思路)$|^(?:{_NEXT})$"
)
_RESULTS = re.compile(r"情况|成效|总结|回顾|完成|落实")
_DIFFICULTIES = re.compile(r"困难|问题|不足|短板|难题|难点|薄弱环节")
_SOLVED = re.compile(r"解决|整改|化解|破解|办理|处置|情况|成效")
_NUMBERING = re.compile(r"^[（(]?[一二三四五六七八九十\d]{1,3}[）)、.．]\s*")
_END = re.compile(r"[。！？；!?;]+[”’」』）)]*")
_CLAUSE_END = re.compile(r"[，,]")
_NO_WORDS = re.compile(r"[^0-9A-Za-z\u4e00-\u9fff]+")
_NUMBERS = re.compile(r"[0-9]+")
MOST_TOPIC = 8  # characters of a first sentence that only names the subject, such as 停车。


@dataclass(frozen=True)
class Sentence:
    """A sentence of a document.

    Attributes:
        runs: its parts, so that a number still has its figure.
        heading: the heading above it, without its number.
        topic: the words before it that name its subject, "" for none.
        is_plan: it belongs to the plan of the next period.
        is_difficulty: it belongs to a section of difficulties, which are no results.
    """

    text: str
    runs: tuple[Run, ...]
    heading: str = ""
    topic: str = ""
    is_plan: bool = False
    is_difficulty: bool = False

    @cached_property
    def key(self) -> str:
        """A short digest of the words, which stays when only spaces and punctuation change."""
        return make_key(self.text)

    @cached_property
    def words(self) -> "Words":
        """What the sentence with its topic is compared by."""
        return Words.of(self.topic + self.text)


def make_key(text: str) -> str:
    """Return the key of a sentence's words."""
    return hashlib.sha256(_NO_WORDS.sub("", text).encode()).hexdigest()[:16]


def is_plan_heading(text: str) -> bool:
    """Return whether a heading names a plan, for a text that does not mark it."""
    words = _NUMBERING.sub("", text.strip())
    return _PLAN_HEADING.search(words) is not None and _RESULTS.search(words) is None


def is_difficulty_heading(text: str) -> bool:
    """Return whether a heading names difficulties, and not what became of them."""
    return _DIFFICULTIES.search(text) is not None and _SOLVED.search(text) is None


@dataclass(frozen=True)
class PlacedBlock:
    """A heading or paragraph with the section that it is in; a heading that begins a plan is in it."""

    block: Heading | Paragraph
    heading: str
    is_plan: bool
    is_difficulty: bool


def place_blocks(document: Document) -> Iterator[PlacedBlock]:
    """Yield the headings and paragraphs in the order of the text, each with its section."""
    has_mark = any(isinstance(block, Heading) and block.is_plan for block in document.blocks)
    plan_level: Level | None = None
    difficulty_level: Level | None = None
    heading = ""
    for block in document.blocks:
        if isinstance(block, Heading):
            words = read_text(block.runs)
            if plan_level is not None and block.level <= plan_level:
                plan_level = None
            if difficulty_level is not None and block.level <= difficulty_level:
                difficulty_level = None
            is_plan = block.is_plan if has_mark else block.level > Level.TITLE and is_plan_heading(words)
            if is_plan and plan_level is None:
                plan_level = block.level
            if block.level > Level.TITLE and difficulty_level is None and is_difficulty_heading(words):
                difficulty_level = block.level
            heading = _NUMBERING.sub("", words.strip()) if block.level > Level.TITLE else ""
        if isinstance(block, Heading | Paragraph):
            yield PlacedBlock(block, heading, plan_level is not None, difficulty_level is not None)


def split_document(document: Document) -> list[Sentence]:
    """Return the sentences of the paragraphs in the order of the text; headings and tables have none."""
    return [
        replace(sentence, is_difficulty=placed.is_difficulty)
        for placed in place_blocks(document)
        if isinstance(placed.block, Paragraph)
        for sentence in _split_paragraph(placed.block, placed.heading, is_plan=placed.is_plan)
    ]


def split_clauses(sentence: Sentence) -> list[Sentence]:
    """Return the parts of a sentence between its commas, each with its runs."""
    pieces = _split_runs(sentence.runs, _CLAUSE_END)
    return [replace(sentence, text=read_text(runs).strip(), runs=runs) for runs in pieces]


def split_block(block: Paragraph) -> list[str]:
    """Return the words of a paragraph's sentences; a subject such as 停车。 stays with its first sentence."""
    pieces = list(_split_runs(block.runs))
    texts = [read_text(runs).strip() for runs in pieces]
    if len(pieces) > 1 and _is_topic(pieces[0]):
        texts[:2] = [texts[0] + texts[1]]
    return texts


def _split_paragraph(block: Paragraph, heading: str, *, is_plan: bool) -> Iterator[Sentence]:
    pieces = list(_split_runs(block.runs))
    topic = ""
    if len(pieces) > 1 and _is_topic(pieces[0]):
        topic = _END.sub("", read_text(pieces.pop(0)).strip())
    for runs in pieces:
        yield Sentence(read_text(runs).strip(), runs, heading, topic, is_plan)


def _is_topic(runs: tuple[Run, ...]) -> bool:
    text = _END.sub("", read_text(runs).strip())
    return len(text) <= MOST_TOPIC and "，" not in text and all(run.figure is None for run in runs)


def _split_runs(runs: tuple[Run, ...], end: re.Pattern[str] = _END) -> Iterator[tuple[Run, ...]]:
    """Yield the runs of each sentence; a run of plain words is cut where a sentence ends.

    Args:
        end: what ends a sentence, or a part of one.
    """
    current: list[Run] = []
    for run in runs:
        position = 0
        if run.figure is None and not run.is_name:
            for match in end.finditer(run.text):
                current.append(Run(run.text[position : match.end()], is_strong=run.is_strong))
                if read_text(tuple(current)).strip():
                    yield tuple(current)
                current, position = [], match.end()
        if position == 0:
            current.append(run)
        elif position < len(run.text):
            current.append(Run(run.text[position:], is_strong=run.is_strong))
    if read_text(tuple(current)).strip():
        yield tuple(current)


@dataclass(frozen=True)
class Words:
    """What two sentences are compared by: pairs of neighbouring characters, without numbers and punctuation."""

    pairs: frozenset[str]

    @classmethod
    def of(cls, text: str) -> "Words":
        """Return the pairs of a text."""
        words = _NUMBERS.sub("", _NO_WORDS.sub("", text))
        return cls(frozenset(words[index : index + 2] for index in range(len(words) - 1)))

    def measure_similarity(self, other: "Words") -> float:
        """Return how similar two texts are, from 0 to 1: what they share of both, and of the shorter one."""
        shared = len(self.pairs & other.pairs)
        if not shared:
            return 0.0
        both = 2 * shared / (len(self.pairs) + len(other.pairs))
        shorter = shared / max(min(len(self.pairs), len(other.pairs)), 6)
        return (both + shorter) / 2
