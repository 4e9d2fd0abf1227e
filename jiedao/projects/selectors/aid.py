"""Aid to partner places: what was promised, what is paid and what is outstanding."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.db.models import Prefetch

from jiedao.files.models import Attachment
from jiedao.files.selectors import group_attachments
from jiedao.kernel import clock
from jiedao.orgs.actor import Actor
from jiedao.projects.models.promises import Commitment, Partner, Payment


@dataclass(frozen=True)
class CommitmentLine:
    """A promise with its payments (void ones too), each with its documents."""

    commitment: Commitment
    paid: Decimal
    payments: list[tuple[Payment, list[Attachment]]]

    @property
    def outstanding(self) -> Decimal:
        """What is still to be paid."""
        return self.commitment.amount - self.paid


@dataclass(frozen=True)
class PartnerLine:
    """A partner place and what was promised to it and paid, in yuan."""

    partner: Partner
    commitments: list[CommitmentLine] = field(default_factory=list)

    @property
    def committed(self) -> Decimal:
        """The sum of the promises."""
        return sum((line.commitment.amount for line in self.commitments), Decimal(0))

    @property
    def paid(self) -> Decimal:
        """The sum of the payments."""
        return sum((line.paid for line in self.commitments), Decimal(0))

    @property
    def outstanding(self) -> Decimal:
        """What is still to be paid."""
        return self.committed - self.paid


@dataclass(frozen=True)
class AidStatus:
    """The visible partner places and the totals over them, in yuan."""

    day: date
    partners: list[PartnerLine]

    @property
    def committed(self) -> Decimal:
        """The sum of the promises."""
        return sum((line.committed for line in self.partners), Decimal(0))

    @property
    def paid(self) -> Decimal:
        """The sum of the payments."""
        return sum((line.paid for line in self.partners), Decimal(0))

    @property
    def outstanding(self) -> Decimal:
        """What is still to be paid."""
        return self.committed - self.paid


def read_aid_status(actor: Actor, day: date | None = None) -> AidStatus:
    """Return the aid as of a day, in four statements; promises and payments of later days do not count."""
    last_day = day or clock.today()
    payments = Prefetch("payments", Payment.objects.filter(date__lte=last_day))
    promised = Commitment.objects.filter(date__lte=last_day).prefetch_related(payments)
    places = list(
        Partner.objects.visible_to(actor)
        .filter(active=True)
        .select_related("unit")
        .prefetch_related(Prefetch("commitments", promised))
    )
    ids = [
        payment.pk for place in places for line in place.commitments.all() for payment in line.payments.all()
    ]
    documents = group_attachments("projects.payment", ids)
    return AidStatus(
        last_day,
        [
            PartnerLine(place, [_build_line(commitment, documents) for commitment in place.commitments.all()])
            for place in places
        ],
    )


def _build_line(commitment: Commitment, documents: dict[int, list[Attachment]]) -> CommitmentLine:
    payments = list(commitment.payments.all())
    paid = sum((payment.amount for payment in payments if not payment.void_why), Decimal(0))
    return CommitmentLine(
        commitment, paid, [(payment, documents.get(payment.pk, [])) for payment in payments]
    )
