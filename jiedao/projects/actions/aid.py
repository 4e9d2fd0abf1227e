"""Register money that is promised and paid to partner places; every payment needs a document."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext as _

from jiedao.audit.actions import record_entry
from jiedao.files.actions import attach_files, check_uploads
from jiedao.kernel import clock
from jiedao.kernel.errors import Stale, UserError
from jiedao.kernel.storable import make_storable
from jiedao.orgs.actor import Actor
from jiedao.projects.models.promises import Commitment, Payment
from jiedao.projects.promise_access import get_commitment, get_partner, get_payment, require_work_for_unit
from jiedao.projects.splitting import format_amount

MOST_YUAN = Decimal(10) ** 11


def add_commitment(
    *, actor: Actor, partner: str, key: str, amount: Decimal, day: date, purpose: str, document: str = ""
) -> Commitment:
    """Register a commitment to a partner place, in yuan, and return it."""
    with transaction.atomic():
        partner_place = get_partner(actor, partner)
        require_work_for_unit(actor, partner_place.unit_id)
        _check_amount(amount)
        code, clean_purpose = _clean_line(key, 40, "key"), _clean_line(purpose, 200, "purpose")
        if Commitment.objects.filter(key=code).exists():
            raise _make_key_taken_error(code)
        commitment = Commitment.objects.create(
            partner=partner_place,
            key=code,
            amount=amount,
            date=day,
            purpose=clean_purpose,
            document=_shorten(document, 200),
        )
        record_entry(
            actor=actor,
            action="projects.commitment:add",
            obj_type="projects.commitment",
            obj_id=commitment.pk,
            before=None,
            after={"key": code, "partner": partner_place.key, "amount": str(amount), "date": day.isoformat()},
        )
    return commitment


def add_payment(
    *,
    actor: Actor,
    commitment: str,
    key: str,
    amount: Decimal,
    day: date,
    document: str,
    attachments: Sequence[int] = (),
) -> Payment:
    """Register a payment on a commitment and return it.

    Raises:
        NotAllowed: the actor does not work for the unit of the partner place. NotFoundError: out of scope.
        UserError: the amount is impossible or exceeds what is outstanding, the day is before the commitment or in the
            future, the key is taken, or there is no document.
    """
    with transaction.atomic():
        commitment_row = get_commitment(actor, commitment)
        require_work_for_unit(actor, commitment_row.partner.unit_id)
        _check_amount(amount)
        code, clean_document = _clean_line(key, 40, "key"), _clean_line(document, 200, "document")
        if Payment.objects.filter(key=code).exists():
            raise _make_key_taken_error(code)
        if not commitment_row.date <= day <= clock.today():
            raise UserError(
                _("%(day)s 不能作为日期。") % {"day": day},
                hint=_("请填 %(since)s 至今天之间的日期。") % {"since": commitment_row.date},
                field="day",
            )
        paid = commitment_row.payments.filter(void_why="").aggregate(n=Sum("amount"))["n"] or Decimal(0)
        if paid + amount > commitment_row.amount:
            raise UserError(
                _("超出承诺金额：尚可支付 %(left)s 元。")
                % {"left": format_amount(commitment_row.amount - paid)},
                hint=_("请核对金额，或先登记新的承诺。"),
                field="amount",
            )
        check_uploads(actor, attachments)
        payment = Payment.objects.create(
            commitment=commitment_row, key=code, amount=amount, date=day, document=clean_document
        )
        attach_files(actor, "projects.payment", payment.pk, attachments)
        record_entry(
            actor=actor,
            action="projects.payment:add",
            obj_type="projects.payment",
            obj_id=payment.pk,
            before=None,
            after={
                "key": code,
                "commitment": commitment_row.key,
                "amount": str(amount),
                "document": clean_document,
            },
        )
    return payment


def void_payment(*, actor: Actor, payment_id: int, why: str) -> Payment:
    """Mark a payment that was entered by mistake as void. It stays readable but is no longer counted."""
    with transaction.atomic():
        payment = get_payment(actor, payment_id)
        require_work_for_unit(actor, payment.commitment.partner.unit_id)
        payment.void_why = _clean_line(why, 200, "why")
        not_voided = Payment.objects.filter(pk=payment.pk, void_why="")
        if not not_voided.update(void_why=payment.void_why):
            raise Stale(_("这笔支付已经作废。"), hint=_("请刷新页面。"))
        record_entry(
            actor=actor,
            action="projects.payment:void",
            obj_type="projects.payment",
            obj_id=payment.pk,
            before={"void_why": ""},
            after={"void_why": payment.void_why},
        )
    return payment


def _check_amount(amount: Decimal) -> None:
    if not amount.is_finite() or not 0 < amount < MOST_YUAN or amount != round(amount, 2):
        raise UserError(
            _("金额不能是 %(n)s。") % {"n": amount}, hint=_("请填大于 0 的元数，最多到分。"), field="amount"
        )


def _shorten(text: str, most: int) -> str:
    return " ".join(make_storable(text).split())[:most]


def _clean_line(text: str, most: int, field: str) -> str:
    clean = _shorten(text, most)
    if not clean:
        raise UserError(_("这一项没有填写。"), hint=_("请写清楚后再提交。"), field=field)
    return clean


def _make_key_taken_error(code: str) -> UserError:
    return UserError(_("编号 %(code)s 已经有了。") % {"code": code}, hint=_("请换一个编号。"), field="key")
