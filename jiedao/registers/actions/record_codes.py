"""Codes for companies: with the code of its record, a company sees its requests and coming inspections."""

import hmac
from dataclasses import dataclass, field
from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from jiedao.accounts.throttle import count_failure, find_pause, make_limit_key
from jiedao.audit.actions import record_entry
from jiedao.cases.models import Case
from jiedao.kernel import clock
from jiedao.kernel.crypto import compute_keyed_digest
from jiedao.kernel.errors import NotFoundError, TooManyRequests, UserError
from jiedao.kernel.short_codes import draw_code, format_code, read_code
from jiedao.orgs.actor import Actor
from jiedao.registers.access import get_record, need_write
from jiedao.registers.models import Inspection, InspectionState, Record, RecordCode, RecordRequest

LENGTH = 12  # 59 bits: the code alone names the record
TRIES = 20
MOST = 50


@dataclass(frozen=True)
class ComingInspection:
    """A coming inspection of a company: between which days, and by which unit."""

    planned_date: date
    due_date: date
    unit_id: int | None


@dataclass(frozen=True)
class CompanyView:
    """What a company sees: its record by name, coming inspections, and its requests, newest first."""

    record_id: int
    name: str
    inspections: list[ComingInspection] = field(default_factory=list)
    requests: list[Case] = field(default_factory=list)


def issue_record_code(actor: Actor, record_id: int) -> str:
    """Make a code for the company of a record and return it; it is shown only once, and an earlier one ends.

    Raise NotFoundError out of scope, NotAllowed without the right to change the record.
    """
    with transaction.atomic():
        info, record = get_record(actor, record_id, for_change=True)
        need_write(actor, info)
        if not record.active:
            raise UserError(_("这条记录已移出台账。"), hint=_("恢复后才能发查询码。"))
        code = draw_code(LENGTH)
        RecordCode.objects.update_or_create(
            record=record,
            defaults={
                "digest": _hash(code),
                "issued_at": clock.now(),
                "issued_label": actor.label[:120],
            },
        )
        record_entry(
            actor=actor,
            action="registers.record:issue_code",
            obj_type="registers.record",
            obj_id=record.pk,
            after={"code": record.code},
        )
    return format_code(code)


def open_record_by_code(code: str, *, address: str) -> int:
    """Return the id of the record whose code it is; wrong codes are counted for the client's address.

    Raise NotFoundError for a wrong code, TooManyRequests after too many of them.
    """
    key = make_limit_key("company", address)
    if minutes := find_pause([key]):
        hint = ngettext("请 %(n)d 分钟后再试。", "请 %(n)d 分钟后再试。", minutes) % {"n": minutes}
        raise TooManyRequests(
            _("试的次数太多，暂时不能再查。"), seconds=minutes * 60, hint=hint, field="code"
        )
    rows = RecordCode.objects.filter(digest=_hash(code), record__active=True)
    record_id = rows.values_list("record_id", flat=True).first()
    if record_id is None:
        count_failure(key, TRIES)
        raise NotFoundError(
            _("没有这个企业查询码。"), hint=_("请照街道给的 12 位核对，或联系街道重发。"), field="code"
        )
    return int(record_id)


def make_code_mark(record_id: int) -> str:
    """Return the mark of the present code of a record, "" without one; a new code has another mark."""
    digest = RecordCode.objects.filter(record=record_id).values_list("digest", flat=True).first()
    return compute_keyed_digest(f"company mark {digest}") if digest else ""


def find_record_by_mark(record_id: int, mark: str) -> int | None:
    """Return the id of a record in use whose present code has the mark, None otherwise."""
    is_present = hmac.compare_digest(make_code_mark(record_id).encode(), mark.encode())
    is_used = is_present and mark and Record.objects.filter(pk=record_id, active=True).exists()
    return record_id if is_used else None


def read_company(record_id: int) -> CompanyView | None:
    """Return what the company of a record sees, None where the record has no code any more."""
    record = Record.objects.filter(pk=record_id, active=True, code_given__isnull=False).first()
    if record is None:
        return None
    due = Inspection.objects.filter(record=record, state=InspectionState.DUE).order_by("planned_date", "pk")
    rows = due.values_list("planned_date", "due_date", "unit_id")[:MOST]
    cases = Case.objects.filter(pk__in=RecordRequest.objects.filter(record=record).values("case_id"))
    return CompanyView(
        record.pk, record.name, [ComingInspection(*row) for row in rows], list(cases.order_by("-id")[:MOST])
    )


def add_record_request(record_id: int, case_id: int) -> None:
    """Store that a case is a request of the company of a record; a repeated call changes nothing."""
    RecordRequest.objects.get_or_create(case_id=case_id, defaults={"record_id": record_id})


def _hash(code: str) -> str:
    letters = read_code(code)
    return compute_keyed_digest(f"company {letters}") if letters else ""
