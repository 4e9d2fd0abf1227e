"""The only door from a request to a promise: a campaign, a pledge, a partner place and its money."""

from django.utils.translation import gettext as _

from jiedao.kernel.errors import NotAllowed, NotFoundError
from jiedao.orgs.actor import Actor
from jiedao.projects.models.promises import (
    Campaign,
    CampaignEntry,
    Commitment,
    Partner,
    Payment,
    Pledge,
)

EDIT, CONFIRM = "projects.promise:edit", "projects.promise:confirm"


def _make_not_found_error() -> NotFoundError:
    return NotFoundError(_("没有这一项，或它不归您看。"), hint=_("请回到任务页再找。"))


def get_campaign(actor: Actor, key: str, *, for_change: bool = False) -> Campaign:
    """Return an active campaign, locked if `for_change`; raise NotFoundError if there is none in scope."""
    rows = Campaign.objects.visible_to(actor).filter(key=key[:40], active=True)
    if for_change:
        rows = rows.select_for_update(no_key=True)
    campaign: Campaign | None = rows.first()
    if campaign is None:
        raise _make_not_found_error()
    return campaign


def get_pledge(actor: Actor, pledge_id: int) -> Pledge:
    """Return a pledge; raise NotFoundError if there is none in scope."""
    pledge: Pledge | None = Pledge.objects.visible_to(actor).filter(pk=pledge_id).first()
    if pledge is None:
        raise _make_not_found_error()
    return pledge


def get_partner(actor: Actor, key: str) -> Partner:
    """Return an active partner place; raise NotFoundError if there is none in scope."""
    partner: Partner | None = Partner.objects.visible_to(actor).filter(key=key[:40], active=True).first()
    if partner is None:
        raise _make_not_found_error()
    return partner


def get_commitment(actor: Actor, key: str) -> Commitment:
    """Return a commitment, locked for a new payment; raise NotFoundError if there is none in scope."""
    visible_partners = Partner.objects.visible_to(actor).values("pk")
    rows = Commitment.objects.select_for_update(no_key=True).filter(partner__in=visible_partners)
    commitment: Commitment | None = rows.filter(key=key[:40]).first()
    if commitment is None:
        raise _make_not_found_error()
    return commitment


def get_payment(actor: Actor, payment_id: int) -> Payment:
    """Return a payment; raise NotFoundError if there is none in scope."""
    visible_partners = Partner.objects.visible_to(actor).values("pk")
    payment = Payment.objects.filter(pk=payment_id, commitment__partner__in=visible_partners).first()
    if payment is None:
        raise _make_not_found_error()
    return payment


def works_for_unit(actor: Actor, unit_id: int) -> bool:
    """Return whether the actor works on the promises of a unit: its own members do, not those of a superior unit."""
    return actor.can(EDIT) and (actor.is_system or unit_id == actor.unit_id)


def require_work_for_unit(actor: Actor, unit_id: int) -> None:
    """Raise NotAllowed unless the actor works on the promises of the unit; see `works_for_unit`."""
    actor.require(EDIT)
    if not works_for_unit(actor, unit_id):
        raise NotAllowed(_("这一项由别的单位办理。"), hint=_("请由责任单位登记。"))


def require_hand_out(actor: Actor, unit_id: int) -> None:
    """Raise NotAllowed unless the actor may give tasks to the unit.

    It must be one of the actor's own units; an actor who sees the entire town may give tasks to every unit.
    """
    actor.require(EDIT)
    if not actor.sees_town and unit_id not in actor.unit_ids:
        raise NotAllowed(_("您不能给这个单位布置任务。"), hint=_("请选择本单位，或由街道督查部门登记。"))


def can_see_pledge(actor: Actor, pledge_id: int) -> bool:
    """Return whether the actor may see the pledge, for its attachments."""
    return bool(Pledge.objects.visible_to(actor).filter(pk=pledge_id).exists())


def can_see_entry(actor: Actor, entry_id: int) -> bool:
    """Return whether the actor may see the campaign of an entry, for its attachments."""
    visible_campaigns = Campaign.objects.visible_to(actor).values("pk")
    return CampaignEntry.objects.filter(pk=entry_id, campaign__in=visible_campaigns).exists()


def can_see_payment(actor: Actor, payment_id: int) -> bool:
    """Return whether the actor may see the payment, for its attachments."""
    visible_partners = Partner.objects.visible_to(actor).values("pk")
    return Payment.objects.filter(pk=payment_id, commitment__partner__in=visible_partners).exists()
