"""Reading answers: from the fields of a form, from JSON or from the attributes of another system.

The server decides which questions are asked, so that a page without its script gives the same result.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from jiedao.cases.models import QuestionType
from jiedao.cases.questions.definition import FIELD_PREFIX, QuestionInfo, is_asked
from jiedao.kernel.errors import UserError
from jiedao.kernel.folding import fold_key
from jiedao.kernel.readers.dates import read_day
from jiedao.kernel.readers.faults import ValueFault
from jiedao.kernel.readers.numbers import read_float
from jiedao.kernel.storable import make_storable

MOST_LINE, MOST_TEXT = 200, 2000
MOST_NUMBER = 1e12
YEARS = range(1900, 2101)
TRUE = frozenset({"true", "1", "on", "yes", "是", "有", "对"})
FALSE = frozenset({"false", "0", "off", "no", "否", "无", "没有"})


@dataclass(frozen=True)
class Answers:
    """Answers that were read.

    Attributes:
        values: by key of the question; a text, a number, true or false, an ISO date, the code of a choice, or a list
            of codes. Questions that were not answered are left out.
        dropped: the questions whose answer was not used, because the other answers show that they are not asked.
    """

    values: Mapping[str, Any]
    dropped: tuple[QuestionInfo, ...] = ()


class AnswerFaults(UserError):  # noqa: N818 (a refusal, not a fault)
    """A refusal of answers; message, hint and field are those of the first of `faults`.

    Each of the faults is a UserError whose field is `QuestionInfo.field_name`, such as "q_noise_source".
    """

    def __init__(self, faults: list[UserError]) -> None:
        first = faults[0]
        super().__init__(first.message, hint=first.hint, field=first.field)
        self.faults = tuple(faults)


def collect_posted(questions: Iterable[QuestionInfo], data: QueryDict) -> dict[str, Any]:
    """Return the raw answers of a form by key, from the fields `q_<key>`; None for a question without a field.

    A browser sends nothing for boxes that are not ticked, so a missing field counts as an empty answer.
    """
    return {
        question.key: data.getlist(question.field_name) if question.is_many else data.get(question.field_name)
        for question in questions
    }


def read_answers(
    questions: Iterable[QuestionInfo], data: Mapping[str, Any], *, demands: bool = True
) -> Answers:
    """Return the answers, checked; a required question that is asked must be answered.

    Raises AnswerFaults with every fault: a value that cannot be read, a missing answer, an unknown key.

    Args:
        questions: those of a category, see `list_questions`.
        data: raw values by key, as `collect_posted` or JSON gives them.
        demands: whether missing answers are refused; False where a user adds what is known.
    """
    questions = list(questions)
    values: dict[str, Any] = {}
    dropped: list[QuestionInfo] = []
    faults = _find_unknown(questions, data)
    for question in questions:
        raw = data.get(question.key)
        try:
            if not is_asked(question, values):
                dropped += [] if is_blank(raw) else [question]
                continue
            value = read_answer(question, raw)
        except ValueFault as fault:
            faults.append(_make_fault(question, fault.reason, question.help_label))
            continue
        if value is None and question.required and demands:
            hint = question.help_label or _("这一项必须回答。")
            faults.append(_make_fault(question, _("没有回答：%(name)s") % {"name": question.label}, hint))
        elif value is not None:
            values[question.key] = value
    if faults:
        raise AnswerFaults(faults)
    return Answers(values, tuple(dropped))


def _find_unknown(questions: list[QuestionInfo], data: Mapping[str, Any]) -> list[UserError]:
    keys = {question.key for question in questions}
    known = "、".join(sorted(keys)) or "—"
    return [
        UserError(
            _("这个类别没有问题 %(key)s。") % {"key": str(key)[:40]},
            hint=_("可以回答的是：%(keys)s。") % {"keys": known},
            field=f"{FIELD_PREFIX}{str(key)[:40]}",
        )
        for key in data
        if key not in keys
    ]


def _make_fault(question: QuestionInfo, message: str, hint: str) -> UserError:
    return UserError(message, hint=hint, field=question.field_name)


def is_blank(raw: Any) -> bool:
    """Return whether a raw value counts as no answer."""
    if isinstance(raw, list | tuple):
        return all(map(is_blank, raw))
    return raw is None or (isinstance(raw, str) and not raw.strip())


def read_answer(question: QuestionInfo, raw: Any) -> Any:
    """Return the value of an answer, None for no answer; raise ValueFault for one that cannot be read."""
    if is_blank(raw):
        return None
    if isinstance(raw, list | tuple | dict) and not question.is_many:
        raise ValueFault(_("“%(name)s”只能有一个回答。") % {"name": question.label})
    return _READERS[QuestionType(question.type)](question, raw)


def _read_text(question: QuestionInfo, raw: Any) -> str:
    if not isinstance(raw, str | int | float) or isinstance(raw, bool):
        raise ValueFault(_("“%(name)s”要用文字回答。") % {"name": question.label})
    text = make_storable(str(raw)).strip()
    is_line = question.type == QuestionType.TEXT
    text = " ".join(text.split()) if is_line else text
    most = MOST_LINE if is_line else MOST_TEXT
    if len(text) > most:
        raise ValueFault(_("文字过长：%(n)d 字，最多 %(most)d 字。") % {"n": len(text), "most": most})
    return text


def _read_number(question: QuestionInfo, raw: Any) -> int | float:
    number = read_float(raw, question.unit)
    shown = str(raw)[:40]
    if not abs(number) < MOST_NUMBER:
        raise ValueFault(_("“%(raw)s”不是合理的数。") % {"raw": shown})
    if question.whole and not number.is_integer():
        raise ValueFault(_("应是整数：%(raw)s。") % {"raw": shown})
    if question.least is not None and number < question.least:
        raise ValueFault(_("%(raw)s 小于 %(least)g。") % {"raw": shown, "least": question.least})
    if question.most is not None and number > question.most:
        raise ValueFault(_("%(raw)s 大于 %(most)g。") % {"raw": shown, "most": question.most})
    return int(number) if number.is_integer() else number


def _read_bool(question: QuestionInfo, raw: Any) -> bool:
    if isinstance(raw, bool):
        return raw
    word = fold_key(str(raw)).lower()
    if word in TRUE:
        return True
    if word in FALSE:
        return False
    raise ValueFault(_("“%(raw)s”既不是“是”也不是“否”。") % {"raw": str(raw)[:40]})


def _read_date(_question: QuestionInfo, raw: Any) -> str:
    day = read_day(raw, serials=False)
    if day.year not in YEARS:
        reason = _("“%(raw)s”不是合理的日期，应在 %(first)d 年到 %(last)d 年之间。")
        raise ValueFault(reason % {"raw": day, "first": YEARS[0], "last": YEARS[-1]})
    return day.isoformat()


def _read_choice(question: QuestionInfo, raw: Any) -> str:
    code = question.choice_codes.get(fold_key(str(raw)))
    if code is None:
        names = "、".join(choice.label for choice in question.offered_choices)
        raise ValueFault(_("“%(raw)s”不在可选项中：%(names)s。") % {"raw": str(raw)[:40], "names": names})
    return code


def _read_choices(question: QuestionInfo, raw: Any) -> list[str]:
    """Return the codes in the order of the question, each once."""
    items = raw if isinstance(raw, list | tuple) else [raw]
    chosen = {_read_choice(question, item) for item in items if not is_blank(item)}
    return [choice.code for choice in question.choices if choice.code in chosen]


_READERS: dict[QuestionType, Any] = {
    QuestionType.TEXT: _read_text,
    QuestionType.LONG_TEXT: _read_text,
    QuestionType.NUMBER: _read_number,
    QuestionType.BOOL: _read_bool,
    QuestionType.DATE: _read_date,
    QuestionType.CHOICE: _read_choice,
    QuestionType.CHOICES: _read_choices,
}
