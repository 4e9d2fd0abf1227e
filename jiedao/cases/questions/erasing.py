"""Personal answers: revealed with the reporter, and erased after the retention period."""

from jiedao.cases.models import CaseAnswer
from jiedao.cases.questions.definition import map_questions_by_id
from jiedao.cases.questions.storing import CONTEXT
from jiedao.kernel import clock
from jiedao.kernel.crypto import decrypt


def read_personal_answers(case_id: int) -> list[tuple[str, str]]:
    """Return the personal answers of a case in clear: question and answer.

    The caller must have checked the right and writes the audit entry. Raises UnreadableField for another key.
    """
    questions = map_questions_by_id()
    rows = CaseAnswer.objects.filter(case_id=case_id, erase_after__isnull=False, erased_at__isnull=True)
    return [
        (questions[row.question_id].label, decrypt(row.text, context=CONTEXT))
        for row in rows.order_by("id")
        if row.question_id in questions
    ]


def erase_personal_answers(case_id: int) -> int:
    """Erase the personal answers of a case inside the caller's transaction; return how many."""
    rows = CaseAnswer.objects.filter(case_id=case_id, erase_after__isnull=False, erased_at__isnull=True)
    return rows.update(text="", erased_at=clock.now())
