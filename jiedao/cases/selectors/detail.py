"""Everything of one case, for its page."""

import re
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Q

from jiedao.cases.flow import OPEN
from jiedao.cases.models import (
    Assignment,
    Case,
    CaseMove,
    CaseSource,
    Channel,
    Clock,
    Demand,
    ExtensionRequest,
    PhoneCheck,
    Reporter,
    ReturnVisit,
)
from jiedao.cases.questions import QuestionInfo, ShownAnswer, get_answers, list_unanswered
from jiedao.cases.selectors.lists import COLUMNS, CaseRow
from jiedao.cases.sources import find_source
from jiedao.files.models import Attachment
from jiedao.files.selectors import group_attachments
from jiedao.kernel.crypto import UnreadableField, decrypt, mask_name, mask_phone
from jiedao.kernel.phones import SEPARATOR
from jiedao.kernel.prepared import SOME_ID, PreparedQuery
from jiedao.orgs.actor import Actor

MOVES = PreparedQuery(lambda case: CaseMove.objects.filter(case_id=case).order_by("id"), SOME_ID)
CLOCKS = PreparedQuery(lambda case: Clock.objects.filter(case_id=case).order_by("id"), SOME_ID)
ASSIGNMENTS = PreparedQuery(lambda case: Assignment.objects.filter(case_id=case).order_by("id"), SOME_ID)
REQUESTS = PreparedQuery(
    lambda case: (
        ExtensionRequest.objects.filter(case_id=case).select_related("asked_by", "decided_by").order_by("id")
    ),
    SOME_ID,
)
VISITS = PreparedQuery(
    lambda case: ReturnVisit.objects.filter(case_id=case).select_related("by").order_by("id"), SOME_ID
)
DEMANDS = PreparedQuery(lambda case: Demand.objects.filter(case_id=case).order_by("id"), SOME_ID)
HIDDEN = "***"
DEMANDING = {"SUPERVISE", "REMIND"}  # the moves that may ask for an answer
MOBILE = re.compile(r"(?<![0-9])1[3-9][0-9]{9}(?![0-9])")


@dataclass(frozen=True)
class MaskedReporter:
    """A reporter as every user in scope may see them; `erased` after the retention period."""

    name: str
    phone: str
    secret: bool
    erased: bool
    bad_phone: bool = False


@dataclass(frozen=True)
class MergedReport:
    """The words and photos of a report that was merged into a case, without who reported it.

    Whoever works on the case reads them, also where the merged case itself is out of their scope (`may_open`).
    """

    number: str
    subject: str
    words: str
    channel: str
    place_text: str
    reported_at: datetime
    photos: list[Attachment]
    may_open: bool


@dataclass(frozen=True)
class CaseDetail:
    """A case with everything that happened to it. The lists are oldest first."""

    case: Case
    moves: list[CaseMove]
    clocks: list[Clock]
    assignments: list[Assignment]
    requests: list[ExtensionRequest]
    visits: list[ReturnVisit]
    reporter: MaskedReporter | None
    merged_into: CaseRow | None = None
    split_from: CaseRow | None = None
    merged: list[MergedReport] = field(default_factory=list)
    demands: list[Demand] = field(default_factory=list)
    parts: list[CaseRow] = field(default_factory=list)
    source: CaseSource | None = None
    answers: list[ShownAnswer] = field(default_factory=list)
    unanswered: list[QuestionInfo] = field(default_factory=list)

    @property
    def open_request(self) -> ExtensionRequest | None:
        """The extension request that waits for an answer."""
        return next((row for row in self.requests if row.decided_at is None), None)

    @property
    def asked_withdrawal(self) -> CaseMove | None:
        """The last request of the sender to withdraw the case since it was opened, or opened again, and while it is."""
        if self.case.state not in OPEN:
            return None
        for row in reversed(self.moves):
            if row.move == "ASK_WITHDRAWAL":
                return row
            if row.from_state not in OPEN:
                return None
        return None

    @property
    def helping(self) -> list[int]:
        """The ids of the units that help and have not finished."""
        return [row.unit_id for row in self.assignments if row.role == "HELPER" and row.ended_at is None]


def read_case_detail(actor: Actor, case: Case) -> CaseDetail:
    """Return everything of a case that `access.get_case` returned, in at most thirteen statements.

    Linked cases out of the actor's scope are left out, except for the reports that were merged into this case.
    """
    moves: list[CaseMove] = MOVES.fetch(case.pk)
    codes = {row.move for row in moves}  # every request, every visit and every split has its move
    has_links = case.merged_into_id is not None or case.split_from_id is not None or "SPLIT" in codes
    links = _read_links(actor, case) if has_links else []
    answers = get_answers(case)
    was_dispatched = case.dispatched_at is not None or case.lead_unit_id is not None or "DISPATCH" in codes
    return CaseDetail(
        case=case,
        moves=moves,
        clocks=CLOCKS.fetch(case.pk),
        assignments=ASSIGNMENTS.fetch(case.pk) if was_dispatched else [],
        requests=REQUESTS.fetch(case.pk) if "ASK_EXTENSION" in codes else [],
        visits=VISITS.fetch(case.pk) if "VISIT" in codes else [],
        reporter=mask_reporter(case) if case.has_reporter else None,
        merged_into=next((row for row, _m, _s in links if row.id == case.merged_into_id), None),
        split_from=next((row for row, _m, _s in links if row.id == case.split_from_id), None),
        merged=_read_merged_reports(actor, case) if "MERGED_HERE" in codes else [],
        demands=DEMANDS.fetch(case.pk) if codes & DEMANDING else [],
        parts=[row for row, _m, split_from in links if split_from == case.pk],
        source=find_source(case),
        answers=answers,
        unanswered=list_unanswered(case, answers) if case.state in OPEN else [],
    )


def _read_merged_reports(actor: Actor, case: Case) -> list[MergedReport]:
    """Return the reports merged into the case, oldest first; numbers of phones in their words are masked."""
    merged = list(Case.objects.filter(merged_into=case).order_by("id")[:50])
    ids = [row.pk for row in merged]
    photos = group_attachments("cases.case", ids)
    visible = set(Case.objects.visible_to(actor).filter(pk__in=ids).values_list("pk", flat=True))
    return [
        MergedReport(
            number=row.number,
            subject=_mask_phones(row.subject),
            words=_mask_phones(row.detail),
            channel=str(Channel(row.channel).label),
            place_text=row.place_text,
            reported_at=row.reported_at,
            photos=[file for file in photos.get(row.pk, []) if file.is_image],
            may_open=row.pk in visible,
        )
        for row in merged
    ]


def _mask_phones(text: str) -> str:
    return MOBILE.sub(lambda match: mask_phone(match[0]), text)


def _read_links(actor: Actor, case: Case) -> list[tuple[CaseRow, int | None, int | None]]:
    above = [pk for pk in (case.merged_into_id, case.split_from_id) if pk is not None]
    related = Q(merged_into_id=case.pk) | Q(split_from_id=case.pk) | Q(pk__in=above)
    # Sorted here: with an ORDER BY, SQLite scans all cases by id instead of the three indexes.
    columns = (
        Case.objects.visible_to(actor)
        .filter(related)
        .values_list("merged_into_id", "split_from_id", *COLUMNS)
    )
    rows = [(CaseRow(*values), merged_into, split_from) for merged_into, split_from, *values in columns[:50]]
    return sorted(rows, key=lambda link: link[0].id)


def mask_reporter(case: Case) -> MaskedReporter | None:
    """Return the reporter with the middle of name and number hidden; None where there is neither."""
    row: Reporter | None = getattr(case, "reporter", None)  # no query if it was read with the case
    if row is None:
        return None
    if row.erased_at is not None:
        return MaskedReporter("", "", row.secret, erased=True)
    if row.secret:  # even a first character and four digits would let a neighbour guess who it was
        return MaskedReporter(HIDDEN, HIDDEN, secret=True, erased=False)
    try:
        name, phone = decrypt(row.name), decrypt(row.phone)
    except UnreadableField:
        return MaskedReporter(HIDDEN, HIDDEN, row.secret, erased=False)
    masked = SEPARATOR.join(map(mask_phone, phone.split(SEPARATOR)))
    is_bad = row.phone_check == PhoneCheck.BAD
    return MaskedReporter(mask_name(name), masked, row.secret, erased=False, bad_phone=is_bad)
