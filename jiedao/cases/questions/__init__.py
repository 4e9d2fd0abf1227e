"""Questions that the pack asks about the cases of a category, and their answers.

All faces use these functions, so that the pages, the phone, the API and Open311 have the same questions.

    questions = list_questions(category_id)
    answers = read_answers(questions, collect_posted(questions, request.POST))  # raises AnswerFaults
    NewCase(..., answers=collect_posted(questions, request.POST))  # the action calls read_answers
    for answer in get_answers(case): answer.label, answer.text

Modules: `definition` (a question, and the questions of the town), `conditions` (whether one is asked), `reading` (raw
values become answers), `storing` (rows of the database), `showing` (words), `correcting` (the move that adds and
corrects answers), `filtering` (filters of lists), `erasing` (personal answers).
"""

from jiedao.cases.questions.definition import (
    FIELD_PREFIX,
    QuestionChoice,
    QuestionInfo,
    find_question,
    is_asked,
    list_all_questions,
    list_asked,
    list_known_questions,
    list_questions,
)
from jiedao.cases.questions.reading import AnswerFaults, Answers, collect_posted, read_answers
from jiedao.cases.questions.showing import (
    ShownAnswer,
    get_answers,
    get_answers_of_cases,
    list_unanswered,
)
from jiedao.cases.questions.storing import format_value, read_values

__all__ = [
    "FIELD_PREFIX",
    "AnswerFaults",
    "Answers",
    "QuestionChoice",
    "QuestionInfo",
    "ShownAnswer",
    "collect_posted",
    "find_question",
    "format_value",
    "get_answers",
    "get_answers_of_cases",
    "is_asked",
    "list_all_questions",
    "list_asked",
    "list_known_questions",
    "list_questions",
    "list_unanswered",
    "read_answers",
    "read_values",
]
