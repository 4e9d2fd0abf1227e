"""Questions about rubbish in the town of the cast, for the tests of every room that asks them."""

from typing import Any

from jiedao.cases.models import Question
from jiedao.kernel.memo import forget_all
from jiedao.testing.cast import Town

# The questions branch: `plate` is asked about rubble, `seen_by` (personal) if the dumper was seen.
QUESTIONS: tuple[dict[str, Any], ...] = (
    {
        "key": "kinds",
        "name": "是什么垃圾？",
        "name_en": "What sort of litter?",
        "type": "choices",
        "required": True,
        "choices": [
            {"code": "HOUSEHOLD", "name": "生活垃圾", "name_en": "Household", "retired": False},
            {"code": "RUBBLE", "name": "建筑垃圾", "name_en": "Rubble", "retired": False},
        ],
    },
    {
        "key": "size",
        "name": "占地",
        "name_en": "Size",
        "type": "number",
        "unit": "平方米",
        "least": 0,
        "most": 500,
    },
    {
        "key": "seen",
        "name": "看到是谁倒的吗？",
        "name_en": "Seen?",
        "type": "bool",
        "condition": "'RUBBLE' in kinds",
    },
    {
        "key": "seen_by",
        "name": "倾倒人的特征",
        "name_en": "Who dumped it?",
        "type": "text",
        "condition": "seen",
        "required": True,
        "personal": True,
    },
    {"key": "since", "name": "从哪天开始？", "name_en": "Since when?", "type": "date"},
    {"key": "remark", "name": "还有什么？", "name_en": "Anything else?", "type": "long_text"},
)


def add_questions(town: Town) -> None:
    """Ask the questions about the category RUBBISH."""
    for position, values in enumerate(QUESTIONS):
        Question.objects.create(position=position, **values).categories.add(town.categories["RUBBISH"])
    forget_all()
