"""What another office states of a matter that it sent: its deadline, the kind of the demand, the time of the event.

The deadline of the other office is beside ours. Of the two, the stricter one warns (`jobs.watch_source_limits`).
"""

from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from jiedao.audit.actions import record_entry
from jiedao.cases.flow import OPEN
from jiedao.cases.models import Case, CaseSource, Channel
from jiedao.kernel import clock
from jiedao.kernel.calendar import get_town_calendar
from jiedao.kernel.errors import UserError
from jiedao.kernel.policies import get_policy
from jiedao.kernel.prepared import SOME_ID, PreparedQuery
from jiedao.kernel.worktime import LimitUnit
from jiedao.orgs.actor import Actor

EARLIEST, LATEST = (datetime(year, 1, 1, tzinfo=clock.TOWN_TZ) for year in (2000, 2099))
SOURCE = PreparedQuery(lambda case: CaseSource.objects.filter(case_id=case)[:1], SOME_ID)


@dataclass(frozen=True)
class SourceTerms:
    """The terms of the other office; None and "" where it states nothing.

    Attributes:
        due_at: until when it wants the matter done.
        demand: the kind of the demand 诉求类型, as it writes it.
        event_at: when the matter happened.
        wants_reply, wants_visit: whether it expects a reply and a return visit.
        import_id: the import that brought the matter in.
    """

    due_at: datetime | None = None
    demand: str = ""
    event_at: datetime | None = None
    wants_reply: bool | None = None
    wants_visit: bool | None = None
    import_id: int | None = None


def check_terms(terms: SourceTerms) -> None:
    """Raise UserError for a deadline outside the years of the calendar, in which no warning can be computed."""
    if terms.due_at is not None and not EARLIEST <= terms.due_at < LATEST:
        raise UserError(
            _("来件方要求的时限不在 %(first)d 到 %(last)d 年之间。")
            % {"first": EARLIEST.year, "last": LATEST.year - 1},
            hint=_("请检查日期和时间。"),
            field="due_at",
        )


def compute_source_warning(start: datetime, due_at: datetime) -> datetime:
    """Return when the share `warn_share` of the working time until the deadline of the other office has passed."""
    share = float(get_policy("warn_share"))
    warn_at = get_town_calendar().part(start, due_at, share, LimitUnit.WORKING_HOURS)
    return min(max(warn_at, start), due_at)


def write_sources(terms_of_cases: Iterable[tuple[int, datetime, SourceTerms]], *, watch: bool) -> None:
    """Write the terms of new cases (id, time of the report, terms) inside the caller's transaction.

    A deadline that had passed before the case came in is shown as overdue but alarms no user, like those of `writer`.

    Args:
        watch: whether their deadlines are to warn; False for cases that have ended.
    """
    now = clock.now()
    CaseSource.objects.bulk_create(
        [
            CaseSource(
                case_id=pk,
                next_look_at=compute_source_warning(start, terms.due_at)
                if watch and terms.due_at is not None and terms.due_at > now
                else None,
                **asdict(terms),
            )
            for pk, start, terms in terms_of_cases
        ],
        batch_size=1000,
    )


def has_new_terms(source: CaseSource | None, terms: SourceTerms) -> bool:
    """Return whether the other office states something that is not stored; what it leaves out stays."""
    return bool(_list_new_terms(source or CaseSource(), terms))


def _list_new_terms(source: CaseSource, terms: SourceTerms) -> dict[str, object]:
    return {
        name: value
        for name, value in asdict(terms).items()
        if name != "import_id" and value not in (None, "") and getattr(source, name) != value
    }


def update_source(actor: Actor, case: Case, terms: SourceTerms) -> bool:
    """Store terms that the other office has changed; return whether anything differs. What it leaves out stays.

    The caller has checked that the actor may import.
    """
    source = CaseSource.objects.filter(case=case).first() or CaseSource(case=case)
    new = _list_new_terms(source, terms)
    if not new:
        return False
    before = {name: getattr(source, name) for name in new}
    for name, value in new.items():
        setattr(source, name, value)
    if "due_at" in new and source.due_at is not None:
        is_open = case.state in OPEN
        source.next_look_at = compute_source_warning(case.reported_at, source.due_at) if is_open else None
        source.warned_at = source.overdue_at = None
    source.save()
    record_entry(
        actor=actor,
        action="cases.case:source_terms",
        obj_type="cases.case",
        obj_id=case.pk,
        before={name: _make_plain(value) for name, value in before.items()},
        after={name: _make_plain(value) for name, value in new.items()},
    )
    return True


def _make_plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value


def find_source(case: Case) -> CaseSource | None:
    """Return the terms of the other office; no query for a case that did not come from one."""
    source: CaseSource | None = SOURCE.fetch_first(case.pk) if case.source_key else None
    return source


def read_sources(case_ids: Collection[int]) -> dict[int, CaseSource]:
    """Return the terms by case, in one statement."""
    return {row.case_id: row for row in CaseSource.objects.filter(case_id__in=case_ids)}


def is_stricter(source: CaseSource, case: Case) -> bool:
    """Return whether the deadline of the other office comes before ours."""
    return source.due_at is not None and (case.close_due_at is None or source.due_at < case.close_due_at)


def name_source(channel: str) -> str:
    """Return who the deadline is from, in words, such as "市热线要求"."""
    if channel == Channel.HOTLINE:
        return _("市热线要求")
    return _("上级要求") if channel == Channel.SUPERIOR else _("来件方要求")
