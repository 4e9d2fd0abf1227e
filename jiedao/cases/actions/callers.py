"""The earlier matters of a caller, found by the keyed digest of a phone number; every look-up is in the audit."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db import transaction
from django.utils.translation import gettext as _

from jiedao.audit.actions import record_entry
from jiedao.cases.access import get_case
from jiedao.cases.models import Case, Reporter, ReporterNumber
from jiedao.cases.phones import list_phone_keys, read_reporter_phone, require_phone
from jiedao.cases.selectors.lists import CaseRow, read_rows_by_id
from jiedao.kernel.crypto import UnreadableField, decrypt
from jiedao.kernel.errors import UserError
from jiedao.notices.reveals import LOOK_UP, claim_reveal, make_stopped_error, report_stopped_reveal
from jiedao.orgs.actor import Actor

LOOK_UP_RIGHT = "cases.caller:look_up"
REVEAL_RIGHT = "cases.case:reveal"
MOST = 50
DIGITS_OF_A_NUMBER = 15  # of its digest, hexadecimal: 60 bits
SHORTEST_PURPOSE, LONGEST_PURPOSE = 2, 200


@dataclass(frozen=True)
class CallerCases:
    """The matters of a number that the actor may see, newest first; `more` is whether there are further ones."""

    rows: list[CaseRow] = field(default_factory=list)
    more: bool = False

    @property
    def total(self) -> int:
        """How many matters are listed."""
        return len(self.rows)


def look_up_caller(actor: Actor, phone: str, *, purpose: str) -> CallerCases:
    """Return the matters that were reported from a phone number.

    The audit stores who looked, why, and which cases were found, never the number. A matter whose reporter asked for
    secrecy is found only by an actor who may reveal reporters.

    Raises:
        NotAllowed: without the right, and beyond the town's limit in an hour. UserError: without a purpose, or for a
        text that cannot be a number.
    """
    actor.require(LOOK_UP_RIGHT)
    reading = require_phone(phone)
    if not reading.numbers:
        raise UserError(_("请输入电话号码。"), hint=_("手机 11 位，固定电话写区号。"), field="phone")
    return _look_up(actor, list_phone_keys(reading), _clean_purpose(purpose))


def look_up_reporter_of_case(actor: Actor, case_id: int) -> CallerCases:
    """Return the other matters of the reporter of a case, which stays masked.

    Raises:
        NotAllowed: without the right, and beyond the town's limit in an hour. NotFoundError: out of scope. UserError:
        where the case has no number, or it was erased or encrypted with another key.
    """
    actor.require(LOOK_UP_RIGHT)
    case = get_case(actor, case_id)
    reporter = Reporter.objects.filter(case=case, erased_at__isnull=True).first()
    try:
        phone = decrypt(reporter.phone) if reporter is not None else ""
    except UnreadableField:
        phone = ""
    keys = list_phone_keys(read_reporter_phone(phone))
    if not keys:
        raise UserError(_("这件案件没有可以查的电话号码。"), hint=_("没有留电话、号码有误，或已按期限清除。"))
    return _look_up(actor, keys, _("案件 %(number)s") % {"number": case.number}, except_id=case.pk)


def _clean_purpose(purpose: str) -> str:
    purpose = " ".join(purpose.split())[:LONGEST_PURPOSE]
    if len(purpose) < SHORTEST_PURPOSE:
        raise UserError(
            _("请写明为什么要查这个号码。"), hint=_("如“来电登记”。用途会记入审计。"), field="purpose"
        )
    return purpose


def _look_up(actor: Actor, keys: Sequence[str], purpose: str, except_id: int | None = None) -> CallerCases:
    with transaction.atomic():
        # A number is counted by its digest, so that looking it up again is not counted twice.
        if claim_reveal(actor, LOOK_UP, int(keys[0][:DIGITS_OF_A_NUMBER], 16)):
            ids = _find_ids(actor, keys, except_id)
            rows = read_rows_by_id(actor, ids[:MOST])
            record_entry(
                actor=actor,
                action=LOOK_UP_RIGHT,
                obj_type="cases.case",
                obj_id=except_id,
                after={"purpose": purpose, "found": [row.number for row in rows]},
            )
            return CallerCases(rows, more=len(ids) > MOST)
        report_stopped_reveal(actor, LOOK_UP_RIGHT, LOOK_UP, except_id, purpose)
    raise make_stopped_error(LOOK_UP)


def _find_ids(actor: Actor, keys: Sequence[str], except_id: int | None) -> list[int]:
    """Return the ids of the visible cases with one of the keys, newest first, one more than are listed."""
    visible = Case.objects.visible_to(actor)
    if not actor.can(REVEAL_RIGHT):
        visible = visible.exclude(reporter__secret=True)
    further = ReporterNumber.objects.filter(key__in=keys).values("case_id")
    # Two statements, because with OR neither index of the keys would be used.
    ids: set[int] = set()
    for cases in (visible.filter(reporter_key__in=keys), visible.filter(pk__in=further)):
        ids.update(cases.order_by("-id").values_list("id", flat=True)[: MOST + 2])
    return sorted(ids - {except_id}, reverse=True)
