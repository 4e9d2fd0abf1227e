"""Which rows of the page of aid a figure counts, from the query of the figure's link."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from jiedao.pages.reading import read_day, read_number
from jiedao.projects.models.promises import Commitment, Payment
from jiedao.projects.selectors.aid import CommitmentLine, PartnerLine

PARTNERS, COMMITTED, PAID = "partners", "committed", "paid"
KINDS = (PARTNERS, COMMITTED, PAID)


@dataclass(frozen=True)
class AidRows:
    """The rows to list; with `of` = "" the complete page."""

    of: str = ""
    unit_id: int | None = None
    first_date: date | None = None
    last_date: date | None = None

    @classmethod
    def read(cls, query: Mapping[str, str]) -> "AidRows":
        """Return the rows of an address; a value that cannot be read is ignored."""
        of = query.get("of", "")
        if of not in KINDS:
            return cls()
        return cls(of, read_number(query.get("unit")), read_day(query.get("from")), read_day(query.get("to")))

    def keeps_partner(self, line: PartnerLine) -> bool:
        """Return whether the partner counts, or something of it."""
        if self.unit_id is not None and line.partner.unit_id != self.unit_id:
            return False
        return self.of in {"", PARTNERS} or self.count(line) > 0

    def list_commitments(self, line: PartnerLine) -> list[CommitmentLine]:
        """Return the promises of a partner that count or have a payment that counts."""
        if self.of == COMMITTED:
            return [part for part in line.commitments if self._is_inside(part.commitment)]
        if self.of == PAID:
            return [part for part in line.commitments if any(map(self.keeps_payment, _list_payments(part)))]
        return line.commitments

    def keeps_payment(self, payment: Payment) -> bool:
        """Return whether the payment counts."""
        return self.of != PAID or (not payment.void_why and self._is_inside(payment))

    def count(self, line: PartnerLine) -> int:
        """Return how many rows of the partner count."""
        if self.of == COMMITTED:
            return len(self.list_commitments(line))
        if self.of == PAID:
            return sum(
                self.keeps_payment(payment) for part in line.commitments for payment in _list_payments(part)
            )
        return 1

    def _is_inside(self, row: Commitment | Payment) -> bool:
        return (self.first_date is None or row.date >= self.first_date) and (
            self.last_date is None or row.date <= self.last_date
        )


def _list_payments(line: CommitmentLine) -> list[Payment]:
    return [payment for payment, _files in line.payments]
