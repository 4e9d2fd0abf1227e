"""Revealing a reporter to a named person, with a reason that the audit stores."""

from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from jiedao.audit.actions import record_entry
from jiedao.cases.access import get_case
from jiedao.cases.models import Reporter
from jiedao.cases.questions.erasing import read_personal_answers
from jiedao.kernel.crypto import UnreadableField, decrypt
from jiedao.kernel.errors import UserError
from jiedao.kernel.phones import SEPARATOR
from jiedao.notices.reveals import claim_reveal, clean_reason, make_stopped_error, report_stopped_reveal
from jiedao.orgs.actor import Actor

CASE, REVEAL_RIGHT = "cases.case", "cases.case:reveal"


@dataclass(frozen=True)
class RevealedReporter:
    """A reporter in clear."""

    name: str
    phone: str
    answers: tuple[tuple[str, str], ...] = ()  # question and personal answer

    @property
    def phones(self) -> list[str]:
        """The numbers of the reporter, each to be dialled."""
        return self.phone.split(SEPARATOR) if self.phone else []


def reveal_reporter(actor: Actor, case_id: int, *, reason: str) -> RevealedReporter:
    """Return name and phone of the reporter and the personal answers; the audit stores the user and the reason, never
    what was shown.

    Raises:
        NotAllowed: without the right cases.case:reveal, and beyond the town's limit in an hour. NotFoundError: out of
        scope. UserError: without a reason, or where there is no reporter, they were erased after the retention period,
        or were encrypted with another key.
    """
    actor.require(REVEAL_RIGHT)
    reason = clean_reason(reason, "reason")
    with transaction.atomic():
        case = get_case(actor, case_id)
        row = Reporter.objects.filter(case=case, erased_at__isnull=True).first()
        try:
            answers = tuple(read_personal_answers(case.pk))
            if row is None and not answers:
                raise UserError(_("没有反映人信息，或已按期限清除。"), hint=_("清除后无法恢复。"))
            name, phone = (decrypt(row.name), decrypt(row.phone)) if row is not None else ("", "")
            revealed = RevealedReporter(name, phone, answers)
        except UnreadableField as fault:
            raise UserError(
                _("反映人信息无法解密。"),
                hint=_("密钥 JIEDAO_FIELD_KEY 与写入时不同；请系统管理员恢复原来的密钥。"),
            ) from fault
        if claim_reveal(actor, CASE, case.pk):
            record_entry(
                actor=actor, action=REVEAL_RIGHT, obj_type=CASE, obj_id=case.pk, after={"reason": reason}
            )
            return revealed
        report_stopped_reveal(actor, REVEAL_RIGHT, CASE, case.pk, reason)
    raise make_stopped_error()
