"""Money for partner places: promised and paid, each payment with its document."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext as _

from jiedao.audit.actions import record
from jiedao.files.actions import attach, check_waiting
from jiedao.kernel import clock
from jiedao.kernel.errors import Stale, UserError
from jiedao.kernel.storable import storable
from jiedao.orgs.actor import Actor
from jiedao.projects.models.promises import Commitment, Payment
from jiedao.projects.promise_access import get_commitment, get_partner, get_payment, need_unit
from jiedao.projects.splitting import plain

MOST = Decimal(10) ** 11


def add_commitment(
    *, actor: Actor, partner: str, key: str, amount: Decimal, day: date, purpose: str, document: str = ""
) -> Commitment:
    """Register money promised to a partner place, in yuan, and return it."""
    with transaction.atomic():
        place = get_partner(actor, partner)
        need_unit(actor, place.unit_id)
        _need_amount(amount)
        code, words = _line(key, 40, "key"), _line(purpose, 200, "purpose")
        if Commitment.objects.filter(key=code).exists():
            raise _taken(code)
        made = Commitment.objects.create(
            partner=place, key=code, amount=amount, date=day, purpose=words, document=_cut(document, 200)
        )
        record(
            actor=actor, action="projects.commitment:add", obj_type="projects.commitment", obj_id=made.pk,
            before=None, after={"key": code, "partner": place.key, "amount": str(amount), "date": day.isoformat()},
        )  # fmt: skip
    return made


def add_payment(
    *, actor: Actor, commitment: str, key: str, amount: Decimal, day: date, document: str,
    attachments: Sequence[int] = (),
) -> Payment:  # fmt: skip
    """Register a payment and return it; together payments never exceed what was promised.

    Raises UserError for an amount that cannot be, for more than is outstanding (saying how much is), for a day before
    the promise or after today, and without a document.
    """
    with transaction.atomic():
        promised = get_commitment(actor, commitment)
        need_unit(actor, promised.partner.unit_id)
        _need_amount(amount)
        code, words = _line(key, 40, "key"), _line(document, 200, "document")
        if Payment.objects.filter(key=code).exists():
            raise _taken(code)
        if not promised.date <= day <= clock.today():
            raise UserError(
                _("%(day)s 不能作为日期。") % {"day": day},
                hint=_("请填 %(since)s 至今天之间的日期。") % {"since": promised.date},
                field="day",
            )
        paid = promised.payments.filter(void_why="").aggregate(n=Sum("amount"))["n"] or Decimal(0)
        if paid + amount > promised.amount:
            raise UserError(
                _("超出承诺金额：尚可支付 %(left)s 元。") % {"left": plain(promised.amount - paid)},
                hint=_("请核对金额，或先登记新的承诺。"),
                field="amount",
            )
        check_waiting(actor, attachments)
        made = Payment.objects.create(commitment=promised, key=code, amount=amount, date=day, document=words)
        attach(actor, "projects.payment", made.pk, attachments)
        record(
            actor=actor, action="projects.payment:add", obj_type="projects.payment", obj_id=made.pk,
            before=None, after={"key": code, "commitment": promised.key, "amount": str(amount), "document": words},
        )  # fmt: skip
    return made


def void_payment(*, actor: Actor, payment_id: int, why: str) -> Payment:
    """Mark a payment that was entered wrongly; it stays readable and counts no more."""
    with transaction.atomic():
        payment = get_payment(actor, payment_id)
        need_unit(actor, payment.commitment.partner.unit_id)
        payment.void_why = _line(why, 200, "why")
        standing = Payment.objects.filter(pk=payment.pk, void_why="")
        if not standing.update(void_why=payment.void_why):
            raise Stale(_("这笔支付已经作废。"), hint=_("请刷新页面。"))
        record(
            actor=actor, action="projects.payment:void", obj_type="projects.payment", obj_id=payment.pk,
            before={"void_why": ""}, after={"void_why": payment.void_why},
        )  # fmt: skip
    return payment


def _need_amount(amount: Decimal) -> None:
    if not amount.is_finite() or not 0 < amount < MOST or amount != round(amount, 2):
        raise UserError(
            _("金额不能是 %(n)s。") % {"n": amount}, hint=_("请填大于 0 的元数，最多到分。"), field="amount"
        )


def _cut(text: str, most: int) -> str:
    return " ".join(storable(text).split())[:most]


def _line(text: str, most: int, field: str) -> str:
    clean = _cut(text, most)
    if not clean:
        raise UserError(_("这一项没有填写。"), hint=_("请写清楚后再提交。"), field=field)
    return clean


def _taken(code: str) -> UserError:
    return UserError(_("编号 %(code)s 已经有了。") % {"code": code}, hint=_("请换一个编号。"), field="key")
