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


def _missing() -> NotFoundError:
    return NotFoundError(_("没有这一项，或它不归您看。"), hint=_("请回到任务页再找。"))


def get_campaign(actor: Actor, key: str, *, for_change: bool = False) -> Campaign:
    """Return a campaign in use; raise NotFoundError out of scope."""
    rows = Campaign.objects.visible_to(actor).filter(key=key[:40], active=True)
    if for_change:
        rows = rows.select_for_update(no_key=True)
    found: Campaign | None = rows.first()
    if found is None:
        raise _missing()
    return found


def get_pledge(actor: Actor, pledge_id: int) -> Pledge:
    """Return a pledge; raise NotFoundError out of scope."""
    found: Pledge | None = Pledge.objects.visible_to(actor).filter(pk=pledge_id).first()
    if found is None:
        raise _missing()
    return found


def get_partner(actor: Actor, key: str) -> Partner:
    """Return a partner place; raise NotFoundError out of scope."""
    found: Partner | None = Partner.objects.visible_to(actor).filter(key=key[:40], active=True).first()
    if found is None:
        raise _missing()
    return found


def get_commitment(actor: Actor, key: str) -> Commitment:
    """Return a commitment, locked for a payment on it; raise NotFoundError out of scope."""
    seen = Partner.objects.visible_to(actor).values("pk")
    rows = Commitment.objects.select_for_update(no_key=True).filter(partner__in=seen)
    found: Commitment | None = rows.filter(key=key[:40]).first()
    if found is None:
        raise _missing()
    return found


def get_payment(actor: Actor, payment_id: int) -> Payment:
    """Return a payment; raise NotFoundError out of scope."""
    seen = Partner.objects.visible_to(actor).values("pk")
    found = Payment.objects.filter(pk=payment_id, commitment__partner__in=seen).first()
    if found is None:
        raise _missing()
    return found


def works_on(actor: Actor, unit_id: int) -> bool:
    """Tell whether the actor works on what the unit promised: in that very unit, not in one above it."""
    return actor.can(EDIT) and (actor.is_system or unit_id == actor.unit_id)


def need_unit(actor: Actor, unit_id: int) -> None:
    """Raise NotAllowed unless the actor works on what the unit promised."""
    actor.need(EDIT)
    if not works_on(actor, unit_id):
        raise NotAllowed(_("这一项由别的单位办理。"), hint=_("请由责任单位登记。"))


def need_hand_out(actor: Actor, unit_id: int) -> None:
    """Raise NotAllowed unless the actor may give the unit something to do: its own unit, or any for who sees all."""
    actor.need(EDIT)
    if not actor.sees_town and unit_id not in actor.unit_ids:
        raise NotAllowed(_("您不能给这个单位布置任务。"), hint=_("请选择本单位，或由街道督查部门登记。"))


def sees_pledge(actor: Actor, pledge_id: int) -> bool:
    """Tell whether the actor may see the pledge, for its attachments."""
    return bool(Pledge.objects.visible_to(actor).filter(pk=pledge_id).exists())


def sees_entry(actor: Actor, entry_id: int) -> bool:
    """Tell whether the actor may see the campaign of an entry, for its attachments."""
    seen = Campaign.objects.visible_to(actor).values("pk")
    return CampaignEntry.objects.filter(pk=entry_id, campaign__in=seen).exists()


def sees_payment(actor: Actor, payment_id: int) -> bool:
    """Tell whether the actor may see the payment, for its attachments."""
    seen = Partner.objects.visible_to(actor).values("pk")
    return Payment.objects.filter(pk=payment_id, commitment__partner__in=seen).exists()
