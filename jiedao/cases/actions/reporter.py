"""Revealing a reporter to a named person, with a reason that the audit stores."""

from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from jiedao.audit.actions import record_entry
from jiedao.cases.access import get_case
from jiedao.cases.models import Reporter
from jiedao.kernel.crypto import UnreadableField, decrypt
from jiedao.kernel.errors import UserError
from jiedao.kernel.phones import SEPARATOR
from jiedao.orgs.actor import Actor


@dataclass(frozen=True)
class RevealedReporter:
    """A reporter in clear."""

    name: str
    phone: str

    @property
    def phones(self) -> list[str]:
        """The numbers of the reporter, each to be dialled."""
        return self.phone.split(SEPARATOR) if self.phone else []


def reveal_reporter(actor: Actor, case_id: int, *, reason: str) -> RevealedReporter:
    """Return name and phone of the reporter; the audit stores who asked and why, never what was shown.

    Raises:
        NotAllowed: without the right cases.case:reveal. NotFoundError: out of scope. UserError: without a reason, or
        where there is no reporter, they were erased after the retention period, or were encrypted with another key.
    """
    actor.require("cases.case:reveal")
    reason = " ".join(reason.split())[:200]
    if len(reason) < 2:
        raise UserError(
            _("请写明为什么要看反映人信息。"), hint=_("如“回访”。理由会记入审计。"), field="reason"
        )
    with transaction.atomic():
        case = get_case(actor, case_id)
        row = Reporter.objects.filter(case=case).first()
        if row is None or row.erased_at is not None:
            raise UserError(_("没有反映人信息，或已按期限清除。"), hint=_("清除后无法恢复。"))
        try:
            revealed = RevealedReporter(decrypt(row.name), decrypt(row.phone))
        except UnreadableField as fault:
            raise UserError(
                _("反映人信息无法解密。"),
                hint=_("密钥 JIEDAO_FIELD_KEY 与写入时不同；请系统管理员恢复原来的密钥。"),
            ) from fault
        record_entry(
            actor=actor,
            action="cases.case:reveal",
            obj_type="cases.case",
            obj_id=case.pk,
            after={"reason": reason},
        )
        return revealed
