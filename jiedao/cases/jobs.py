"""What the worker does for cases: warnings, overdue cases, escalation, reviews of suspended cases, and erasure."""

import logging
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from jiedao.audit.actions import record_entry
from jiedao.cases import answering, notices
from jiedao.cases.actions.erasing import erase_answers, erase_reporter
from jiedao.cases.actions.settling import settle_clock
from jiedao.cases.deadlines import compute_next_rung
from jiedao.cases.flow import OPEN, VISITING, State
from jiedao.cases.following_public.erasing import erase_followers
from jiedao.cases.hot_matters import refresh_hot_matters
from jiedao.cases.models import Case, CaseAnswer, CaseMove, CaseSource, Clock, Reporter, ReporterNumber
from jiedao.cases.phones import check_phone, list_phone_keys, read_reporter_phone
from jiedao.cases.present_places import place_cases_of_split_areas
from jiedao.cases.sources import is_stricter
from jiedao.cases.stored_counts.updating import update_counts
from jiedao.kernel import clock
from jiedao.kernel.calendar import get_town_calendar
from jiedao.kernel.crypto import UnreadableField, decrypt, encrypt
from jiedao.kernel.jobs import periodic
from jiedao.kernel.jobtable import is_clock_steady
from jiedao.kernel.worktime import LAST
from jiedao.notices.actions import notify, settle
from jiedao.orgs.actor import make_system_actor
from jiedao.orgs.office import find_last_calendar_change
from jiedao.orgs.people import find_holders, find_superiors

log = logging.getLogger("jiedao.cases")
BATCH = 200
MAX_SETTLED = 1000  # clocks settled in one run
# Since the last change of the calendar, before deadlines are settled by it.
QUIET_CALENDAR = timedelta(hours=1)
MAX_PHONES = 5000  # read in one run
MAX_CLOCKS = 200  # checked in one run: 0.1 s each where many users are notified
KINDS = {"WARNED": notices.WARNED, "OVERDUE": notices.OVERDUE, "ESCALATED": notices.ESCALATED}


def _find_responsible(row: Clock) -> tuple[list[int], list[int]]:
    """Return (user ids, post ids) of those responsible for a running clock."""
    unit_id = row.assignment.unit_id if row.assignment is not None else row.case.lead_unit_id
    return answering.find_responsible_for_stage(row.stage, unit_id, row.case.area_path)


# Not atomic, here and below: a transaction over thousands of cases would make every other writer of SQLite wait. Each
# row has its own transaction and is written only if no other process changed it, so that the next run can continue one
# that died.
@periodic("cases.watch_clocks", every=timedelta(seconds=60), atomic=False)
def watch_clocks() -> int:
    """Store warnings and overdue states and climb the ladder; return how many clocks were checked.

    Each clock has in `next_look_at` the time of its next event, so a run reads only those that are due. The key of a
    notice consists of the clock and the event, so that a second run notifies no user twice. A run ends after
    `MAX_CLOCKS`, so that a worker can stop and other jobs have their turn; the next run continues.
    """
    checked = 0
    while checked < MAX_CLOCKS:
        due = Clock.objects.filter(
            stopped_at__isnull=True, paused_at__isnull=True, next_look_at__lte=clock.now()
        ).order_by("next_look_at")
        ids = list(due.values_list("id", flat=True)[:BATCH])
        for pk in ids:
            with transaction.atomic():
                _check_clock(pk)
        checked += len(ids)
        if len(ids) < BATCH:
            break
    return checked


def _check_clock(pk: int) -> None:
    row = Clock.objects.select_related("case", "assignment").filter(pk=pk).first()
    now = clock.now()
    if (
        row is None  # the import that brought the case was undone meanwhile
        or row.stopped_at is not None
        or row.paused_at is not None
        or row.next_look_at is None
        or row.next_look_at > now
    ):
        return
    expected_at = row.next_look_at
    if now < row.due_at:
        event, row.warned_at, row.next_look_at = "WARNED", now, row.due_at
    elif row.overdue_at is None:
        event, row.overdue_at, row.next_look_at = "OVERDUE", row.due_at, compute_next_rung(row.escalated, now)
    else:
        row.escalated += 1
        event, row.next_look_at = "ESCALATED", compute_next_rung(row.escalated, now)
    running = Clock.objects.filter(
        pk=pk, next_look_at=expected_at, stopped_at__isnull=True, paused_at__isnull=True
    )
    swapped = running.update(
        warned_at=row.warned_at,
        overdue_at=row.overdue_at,
        escalated=row.escalated,
        next_look_at=row.next_look_at,
    )
    if swapped:
        _notify(row, event, now)


def _notify(row: Clock, event: str, now: datetime) -> None:
    case = row.case
    users, posts = _find_responsible(row)
    if event != "WARNED":
        rung = 1 if event == "OVERDUE" else row.escalated + 1
        users = users + find_superiors(posts, rung)
    key = f"clock:{row.pk}:{event}:{row.due_at:%Y%m%d%H%M}:{row.escalated}"
    task = notices.alarm_task(row)
    # One alarm at a time for each user: the new one replaces those that the user has not read.
    settle(object_type=notices.CASE, object_id=case.pk, now=now, tasks=[task], user_ids=users)
    notify(
        user_ids=users,
        kind=KINDS[event],
        object_id=case.pk,
        object_name=notices.name_case(case),
        key=key,
        data={"stage": row.stage},
        task=task,
    )
    if event == "WARNED":
        return
    worker = make_system_actor(_("系统"))
    CaseMove.objects.create(
        case=case,
        move=event,
        at=now,
        from_state=case.state,
        to_state=case.state,
        actor_label=worker.label,
        data={"stage": row.stage, "due_at": row.due_at.isoformat(), "rung": row.escalated},
    )
    record_entry(
        actor=worker,
        action=f"cases.case:{event.lower()}",
        obj_type="cases.case",
        obj_id=case.pk,
        before=None,
        after={"stage": row.stage, "due_at": row.due_at.isoformat()},
    )


@periodic("cases.watch_source_limits", every=timedelta(seconds=60), atomic=False)
def watch_source_limits() -> int:
    """Warn of deadlines of the offices that sent cases, where they are stricter than ours; return how many were read.

    A deadline of ours that comes first warns by its own clock. A suspended case is looked at again every hour.
    """
    due = CaseSource.objects.filter(next_look_at__lte=clock.now()).order_by("next_look_at")
    ids = list(due.values_list("case_id", flat=True)[:MAX_CLOCKS])
    for pk in ids:
        with transaction.atomic():
            _check_source(pk)
    return len(ids)


def _check_source(pk: int) -> None:
    row = CaseSource.objects.select_related("case").filter(pk=pk).first()
    if row is None:  # the import that brought the case was undone meanwhile
        return
    now, case, expected_at = clock.now(), row.case, row.next_look_at
    if expected_at is None or expected_at > now or row.due_at is None:
        return
    kind = None
    if case.state not in OPEN:
        row.next_look_at = None
    elif case.state == State.SUSPENDED:
        row.next_look_at = now + timedelta(hours=1)
    elif now < row.due_at:
        kind, row.warned_at, row.next_look_at = notices.SOURCE_WARNED, now, row.due_at
    else:
        kind, row.overdue_at, row.next_look_at = notices.SOURCE_OVERDUE, row.due_at, None
    swapped = CaseSource.objects.filter(pk=pk, next_look_at=expected_at).update(
        warned_at=row.warned_at, overdue_at=row.overdue_at, next_look_at=row.next_look_at
    )
    if swapped and kind is not None and is_stricter(row, case):
        users, _posts = answering.find_responsible(case, case.state)
        settle(
            object_type=notices.CASE,
            object_id=case.pk,
            now=now,
            tasks=[notices.SOURCE_ALARM],
            user_ids=users,
        )
        notify(
            user_ids=users,
            kind=kind,
            object_id=case.pk,
            object_name=notices.name_case(case),
            key=f"source:{case.pk}:{kind.code}:{row.due_at:%Y%m%d%H%M}",
            data={"channel": case.channel},
            task=notices.SOURCE_ALARM,
        )


@periodic("cases.settle_provisional", every=timedelta(minutes=30), atomic=False)
def settle_provisional_deadlines() -> int:
    """Settle the provisional deadlines of years whose days are entered by now; return how many.

    A year's days are entered one by one, so nothing is settled until an hour after the last of them.
    """
    today, quiet_since = clock.today(), clock.now() - QUIET_CALENDAR
    changed_at = find_last_calendar_change()
    if changed_at is not None and changed_at > quiet_since:
        return 0
    unknown = get_town_calendar().list_unknown_years(today.replace(day=1, month=1), LAST)
    rows = Clock.objects.filter(provisional=True, stopped_at__isnull=True)
    if unknown:
        rows = rows.filter(due_at__lt=datetime(unknown[0], 1, 1, tzinfo=clock.TOWN_TZ))
    worker = make_system_actor(_("系统"))
    ids = list(rows.order_by("due_at").values_list("pk", flat=True)[:MAX_SETTLED])
    return sum(settle_clock(worker, pk) for pk in ids)


@periodic("cases.review_suspended", every=timedelta(hours=1), atomic=False)
def review_suspended() -> int:
    """Remind those who may resume of suspended cases whose review date has come, once a day; return how many cases."""
    today = clock.now().astimezone(clock.TOWN_TZ).date()
    rows = Case.objects.filter(state=State.SUSPENDED, review_date__lte=today)
    count = 0
    for case in rows.iterator(chunk_size=200):
        users = find_holders("cases.case:resume", case.area_path)
        notify(
            user_ids=users,
            kind=notices.REVIEW_DUE,
            object_id=case.pk,
            object_name=notices.name_case(case),
            key=f"review:{case.pk}:{today.isoformat()}",
        )
        count += 1
    return count


@periodic("cases.erase_reporters", every=timedelta(hours=6), atomic=False)
def erase_reporters_by_steady_clock() -> int:
    """Erase reporters and followers whose retention period is over, unless the clock may be wrong; return how many."""
    if is_clock_steady(clock.real_now()):
        return erase_reporters() + erase_followers()
    log.warning("no reporter is erased before the worker has worked for two days by this clock")
    return 0


def erase_reporters() -> int:
    """Erase the reporters and personal answers whose retention period is over and whose case has ended; return of
    how many cases.

    A merged case has ended when the case it was merged into has. A closed case whose return visit was never made counts
    as ended too.
    """
    today = clock.now().astimezone(clock.TOWN_TZ).date()
    has_ended = Q(case__ended_at__isnull=False) | Q(case__state__in=sorted(VISITING))
    has_ended |= Q(case__merged_into__ended_at__isnull=False) | Q(
        case__merged_into__state__in=sorted(VISITING)
    )
    over = Q(has_ended, erase_after__lt=today, erased_at__isnull=True)
    ids = list(Reporter.objects.filter(over).values_list("case_id", flat=True)[:5000])
    worker = make_system_actor(_("系统"))
    for pk in ids:
        with transaction.atomic():
            erase_reporter(worker, pk)
    answers = CaseAnswer.objects.filter(over).order_by("case_id")  # of cases without a reporter
    answered_ids = list(answers.values_list("case_id", flat=True).distinct()[:5000])
    for pk in answered_ids:
        with transaction.atomic():
            erase_answers(worker, pk)
    return len(ids) + len(answered_ids)


@periodic("cases.read_stored_phones", every=timedelta(minutes=5), atomic=False)
def read_stored_phones() -> int:
    """Give the numbers of earlier versions their canonical form, mark and digests; return how many were read.

    Intake does this for new cases, so the job soon finds nothing. A number that was encrypted with another key stays
    as it is.
    """
    count, last = 0, 0
    while count < MAX_PHONES:
        rows = Reporter.objects.filter(phone_check="", pk__gt=last).exclude(phone="").order_by("pk")
        batch = list(rows.values_list("case_id", "phone")[:BATCH])
        if not batch:
            break
        with transaction.atomic():
            count += sum(_read_stored_phone(pk, stored) for pk, stored in batch)
        last = batch[-1][0]
    return count


def _read_stored_phone(case_id: int, stored: str) -> bool:
    try:
        phone = decrypt(stored)
    except UnreadableField:
        return False
    reading = read_reporter_phone(phone)
    changes = {"phone_check": check_phone(reading)}
    if not reading.faults and reading.canonical != phone:
        changes["phone"] = encrypt(reading.canonical)
    if not Reporter.objects.filter(pk=case_id, phone=stored, erased_at__isnull=True).update(**changes):
        return False  # it was erased meanwhile
    keys = list_phone_keys(reading)
    if keys:
        Case.objects.filter(pk=case_id).update(reporter_key=keys[0])
        ReporterNumber.objects.filter(case_id=case_id).delete()
        ReporterNumber.objects.bulk_create([ReporterNumber(case_id=case_id, key=key) for key in keys[1:]])
    return True


@periodic("cases.group_hot_matters", every=timedelta(hours=1), atomic=False)
def group_hot_matters() -> int:
    """Group the cases of the last days again, so that the page of hot matters need not; return how many matters."""
    return refresh_hot_matters()


# Not atomic: each step of the update is a transaction of its own, and the first one of a large office takes minutes.
@periodic("cases.update_counts", every=timedelta(seconds=60), atomic=False)
def update_stored_counts() -> int:
    """Count the days again that changes made stale, and fill the stored counts; return how many days were counted."""
    return update_counts()


@periodic("cases.place_closed", every=timedelta(minutes=10), atomic=False)
def place_closed_cases() -> int:
    """Decide where cases of areas that a pack has split belong by the places of now; return how many."""
    return place_cases_of_split_areas()
