"""Naming a deputy and ending it, with notices to those whom it concerns; the rules are those of `orgs.deputizing`."""

from django.db import transaction
from django.utils.translation import gettext_lazy

from jiedao.kernel import clock
from jiedao.notices.actions import notify
from jiedao.notices.kinds import NoticeKind, Values
from jiedao.orgs import deputizing
from jiedao.orgs.actor import Actor
from jiedao.orgs.models import Deputation

OBJECT = "orgs.deputation"
DATES = ("from_date", "to_date")
NAMED = NoticeKind(
    f"{OBJECT}:named", gettext_lazy("代班：%(from_date)s 至 %(to_date)s"), codes=DATES, personal=True
)
ENDED = NoticeKind(
    f"{OBJECT}:ended",
    gettext_lazy("代班（%(from_date)s 至 %(to_date)s）已提前结束"),
    codes=DATES,
    personal=True,
)


@transaction.atomic
def name_deputy(*, actor: Actor, new: deputizing.NewDeputy) -> Deputation:
    """Let a deputy act for an absent person, and notify both."""
    row = deputizing.name_deputy(actor=actor, new=new)
    _notify(actor, row, NAMED)
    return row


@transaction.atomic
def end_deputy(*, actor: Actor, deputation_id: int) -> Deputation:
    """End it early, and notify both; one that is over stays as it is."""
    was_over = Deputation.objects.filter(pk=deputation_id, ended_at__isnull=False).exists()
    row = deputizing.end_deputy(actor=actor, deputation_id=deputation_id)
    if row.ended_at is not None and not was_over:
        _notify(actor, row, ENDED)
    return row


def _notify(actor: Actor, row: Deputation, kind: NoticeKind) -> None:
    data: Values = {"from_date": row.from_date.isoformat(), "to_date": row.to_date.isoformat()}
    notify(
        user_ids=[row.person_id, row.deputy_id],
        author_id=actor.user_id,
        kind=kind,
        object_id=row.pk,
        object_name=str(row),
        key=f"deputation:{row.pk}:{kind.code}:{clock.now():%Y-%m-%d}",
        data=data,
    )
