"""Codes and answers: a code gives one answer, and nothing leads from an answer to its code or its person."""

import hmac
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from jiedao.audit.actions import record_entry
from jiedao.kernel import clock
from jiedao.kernel.crypto import compute_keyed_digest, derive_key, encrypt
from jiedao.kernel.errors import NotFoundError, Stale, UserError
from jiedao.kernel.short_codes import derive_code, draw_code, format_code, read_code
from jiedao.orgs.actor import Actor
from jiedao.publishing.consultations.actions import MANAGE, OBJECT
from jiedao.publishing.models.consultations import (
    CodeMode,
    Consultation,
    ConsultationAnswer,
    ConsultationCode,
    ConsultationQuestion,
    QuestionKind,
    Stage,
)

CODE_LENGTH = 12  # 31 ** 12: guessing needs 10 ** 14 tries for a thousand codes
LONGEST_TEXT = 2000
MOST_CODES = 2000  # handed out at once
TEXT_CONTEXT = "publishing.consultation"


def compute_code_digest(code: str) -> str:
    """Return the keyed digest by which a code is recognised, however it was typed."""
    plain = read_code(code)
    return compute_keyed_digest(f"consultation {plain}") if plain else ""


def is_open(row: Consultation) -> bool:
    """Return whether a consultation takes answers today."""
    return row.stage == Stage.PUBLIC and row.first_date <= clock.today() <= row.last_date


def require_open(row: Consultation) -> None:
    """Raise Stale where a consultation takes no answers today."""
    if row.stage not in {Stage.PUBLIC, Stage.ENDED}:
        raise NotFoundError(_("没有这次征求意见。"), hint=_("请回到清单再选。"))
    if clock.today() < row.first_date:
        raise Stale(_("征求意见从 %(day)s 开始。") % {"day": row.first_date}, hint=_("请到时再来。"))
    if not is_open(row):
        raise Stale(_("征求意见已在 %(day)s 截止。") % {"day": row.last_date}, hint=_("结果会在这一页公布。"))


def hand_out_codes(actor: Actor, row: Consultation, number: int) -> list[str]:
    """Return new codes to be handed out on paper; they are shown once and stored as digests."""
    actor.require(MANAGE)
    if row.code_mode != CodeMode.HANDED:
        raise UserError(_("任何人都可以参与，不用发参与码。"), hint=_("网页会给每位参与人一个码。"))
    if not 1 <= number <= MOST_CODES:
        raise UserError(
            _("一次发 1 到 %(most)d 个码。") % {"most": MOST_CODES},
            hint=_("更多的请分几次。"),
            field="number",
        )
    with transaction.atomic():
        codes = _add_codes(row, number)
        record_entry(
            actor=actor,
            action="publishing.consultation:hand_out",
            obj_type=OBJECT,
            obj_id=row.pk,
            after={"codes": number},
        )
    return codes


def give_visitor_code(row: Consultation, key: uuid.UUID) -> str:
    """Return the code of a visitor; the caller has checked the challenge and the limit of the address.

    Args:
        key: that of the challenge; the same key has the same code, so that one challenge gives one answer.
    """
    require_open(row)
    if row.code_mode != CodeMode.VISITOR:
        raise UserError(
            _("参与这次征求意见要有街道发的参与码。"), hint=_("码在街道发的通知上。"), field="code"
        )
    code = _derive_code(row, key)
    ConsultationCode.objects.get_or_create(consultation=row, digest=compute_code_digest(code))
    return code


def _derive_code(row: Consultation, key: uuid.UUID) -> str:
    digest = hmac.digest(derive_key("consultation"), key.bytes + str(row.pk).encode(), "sha256")
    return format_code(derive_code(digest, CODE_LENGTH))


def _add_codes(row: Consultation, number: int) -> list[str]:
    codes = [format_code(draw_code(CODE_LENGTH)) for _place in range(number)]
    ConsultationCode.objects.bulk_create(
        ConsultationCode(consultation=row, digest=compute_code_digest(code)) for code in codes
    )
    return codes


def read_answer(
    questions: Sequence[ConsultationQuestion], data: Mapping[str, Sequence[str]]
) -> dict[str, Any]:
    """Return the values of an answer, the texts encrypted; raise UserError with the field of the first fault.

    Args:
        data: `q_<id of the question>` -> what was sent for it.
    """
    values: dict[str, Any] = {}
    for question in questions:
        sent = [text.replace("\x00", "").strip() for text in data.get(f"q_{question.pk}", ())]
        sent = [text for text in sent if text]
        if not sent:
            if question.required:
                raise _make_fault(question, _("“%(label)s”要回答。") % {"label": question.text})
            continue
        if question.kind == QuestionKind.TEXT:
            values[str(question.pk)] = _read_text(question, sent[0])
        else:
            values[str(question.pk)] = _read_places(question, sent)
    if not values:
        raise UserError(_("一个问题也没有回答。"), hint=_("请至少回答一个。"))
    return values


def _read_text(question: ConsultationQuestion, text: str) -> str:
    if len(text) > LONGEST_TEXT:
        raise _make_fault(question, _("意见最多 %(most)d 个字。") % {"most": LONGEST_TEXT})
    return encrypt(text, context=TEXT_CONTEXT)


def _read_places(question: ConsultationQuestion, sent: Sequence[str]) -> list[int]:
    places = {int(text) for text in sent if text.isascii() and text.isdigit() and len(text) < 4}
    known = {place for place in places if place < len(question.choices)}
    if len(known) < len(set(sent)) or (question.kind == QuestionKind.ONE and len(known) > 1):
        raise _make_fault(question, _("“%(label)s”的选择看不懂。") % {"label": question.text})
    return sorted(known)


def _make_fault(question: ConsultationQuestion, message: str) -> UserError:
    return UserError(message, hint=_("请回到这个问题改一下。"), field=f"q_{question.pk}")


def give_answer(row: Consultation, code: str, data: Mapping[str, Sequence[str]]) -> None:
    """Store the one answer of a code.

    Raises:
        UserError: the code is unknown or used, or an answer cannot be read. One text for unknown and used codes would
            leave a participant who sent twice in doubt, and a used code states nothing about its person.
        Stale: the consultation takes no answers today.
    """
    require_open(row)
    values = read_answer(list(row.questions.order_by("position")), data)
    with transaction.atomic():
        codes = ConsultationCode.objects.filter(consultation=row, digest=compute_code_digest(code))
        if not codes.filter(used=False).update(used=True):
            if codes.exists():
                raise UserError(
                    _("这个参与码已经用过。"),
                    hint=_("每个码只能参与一次；您的意见已经收到。"),
                    field="code",
                )
            raise UserError(
                _("没有这个参与码。"), hint=_("请对照通知上的码再输一次，或重新领一个。"), field="code"
            )
        ConsultationAnswer.objects.create(id=uuid.uuid4(), consultation=row, day=clock.today(), values=values)
