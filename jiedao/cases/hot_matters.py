"""Hot matters: cases about one matter, grouped and ranked by heat (`text.heat`), and stored for their page.

Grouping 4,000 cases takes seconds, so a job of the worker does it and replaces the stored list.
"""

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction

from jiedao.cases import catalogue
from jiedao.cases.flow import DISMISSED
from jiedao.cases.models import Case, HotMatter
from jiedao.cases.reporters import list_placeholder_keys
from jiedao.cases.text.extra import has_text_extra
from jiedao.kernel import clock
from jiedao.kernel.periods import Period, build_period
from jiedao.kernel.policies import get_policy
from jiedao.places.naming import NAMES, PremiseInfo, find_names_in, premise_info

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from jiedao.cases.text.heat import HotMatter as GroupedMatter
    from jiedao.cases.text.heat import Message

BACKGROUND = 4000  # messages that are read to distinguish names from common words
MOST_GROUPED = 4000  # the newest cases of the days that are grouped
STORED = 30
LEAST_CASES = 2
COLUMNS = (
    *(
        "number",
        "source_key",
        "reporter_key",
        "subject",
        "detail",
        "reported_at",
        "votes_for",
        "votes_against",
    ),
    *("lon", "lat", "category_id", "premise_id", "place_text"),
)


def group_cases(period: Period, *, top: int, own_numbers: bool = False) -> "list[GroupedMatter]":
    """Return the hottest matters among the cases that were reported in a period, hottest first.

    The packages of the extra `text` are needed (`text.extra.require_text_extra`).

    Args:
        own_numbers: name the members by their numbers in the system of origin, where they have one.
    """
    cases = Case.objects.filter(reported_at__gte=period.start_at, reported_at__lt=period.end_at).order_by(
        "id"
    )
    return _group(cases, period, top, own_numbers)


def _group(cases: "QuerySet[Case]", period: Period, top: int, own_numbers: bool) -> "list[GroupedMatter]":
    from jiedao.cases.text.heat import find_hot_matters  # noqa: PLC0415 (needs the extra)

    messages = _read_messages(cases, own_numbers)
    # Only messages before the period, so that a past period gives the same answer every time.
    before = Case.objects.filter(reported_at__lt=period.start_at).order_by("-reported_at", "-id")
    background = _read_messages(before[: max(0, BACKGROUND - len(messages))], own_numbers)
    return find_hot_matters(messages, top=top, background=background, known_places=list(NAMES.get()))


def refresh_hot_matters() -> int:
    """Group the cases of the last days (policy `hot_matter_days`) and replace the stored list; return its length.

    At most the newest 4,000 cases are grouped. Without the extra `text` the list stays as it is.
    """
    if not has_text_extra():
        return 0
    today = clock.today()
    period = build_period(today - timedelta(days=int(get_policy("hot_matter_days")) - 1), today)
    newest = Case.objects.filter(reported_at__gte=period.start_at, reported_at__lt=period.end_at).exclude(
        state__in=sorted(DISMISSED)
    )
    ids = list(newest.order_by("-reported_at", "-id").values_list("id", flat=True)[:MOST_GROUPED])
    matters = _group(Case.objects.filter(id__in=ids).order_by("id"), period, STORED, own_numbers=False)
    matters = [matter for matter in matters if len(matter.members) >= LEAST_CASES]
    if ids and len(ids) == MOST_GROUPED:
        oldest = Case.objects.filter(id__in=ids[-1:]).values_list("reported_date", flat=True)[0]
        period = build_period(max(period.first, oldest), period.last)
    store_hot_matters(matters, period)
    return len(matters)


def store_hot_matters(matters: "list[GroupedMatter]", period: Period) -> None:
    """Replace the stored list. The members of the matters are numbers of cases."""
    numbers = {number for matter in matters for number in matter.members}
    subjects = {
        number: (pk, subject)
        for pk, number, subject in Case.objects.filter(number__in=numbers).values_list(
            "id", "number", "subject"
        )
    }
    now = clock.now()
    with transaction.atomic():
        HotMatter.objects.all().delete()
        for rank, matter in enumerate(matters, start=1):
            members = [subjects[number] for number in matter.members if number in subjects]
            if len(members) < LEAST_CASES:
                continue
            central = next((pk for pk, subject in members if subject.strip() == matter.title), members[0][0])
            row = HotMatter.objects.create(
                rank=rank,
                place=matter.place[:200],
                heat=matter.heat,
                central_id=central,
                first_date=period.first,
                last_date=period.last,
                grouped_at=now,
            )
            row.cases.set([pk for pk, _subject in members])


def _read_messages(rows: "QuerySet[Case]", own_numbers: bool) -> "list[Message]":
    from jiedao.cases.text.heat import Message  # noqa: PLC0415 (needs the extra)

    nobody = list_placeholder_keys()
    messages = []
    for row in rows.values_list(*COLUMNS):
        *values, premise_id, place_text = row
        number, key, reporter, subject, detail, at, ups, downs, lon, lat, category = values
        premise = _find_premise(premise_id, place_text)
        messages.append(
            Message(
                id=(key.rpartition(":")[2] if key and own_numbers else number),
                reporter=number if not reporter or reporter in nobody else reporter,
                subject=subject,
                text=detail,
                at=at,
                votes_for=ups,
                votes_against=downs,
                lon=lon,
                lat=lat,
                kind=_format_kind(category),
                premise=str(premise.id) if premise is not None else "",
                premise_name=premise.name if premise is not None else "",
            )
        )
    return messages


def _find_premise(premise_id: int | None, place_text: str) -> PremiseInfo | None:
    """Return the premise of a case, else the one whose name its words for the place begin with."""
    if premise_id is not None or not place_text:
        return premise_info(premise_id)
    for start, name in find_names_in(place_text):
        premises = {place.premise_id for place in NAMES.get()[name] if place.premise_id is not None}
        if not start and len(premises) == 1:
            return premise_info(premises.pop())
    return None


def _format_kind(category_id: int | None) -> str:
    category = catalogue.category_info(category_id)
    return f"{category.parent_id}.{category.id}" if category is not None and category.parent_id else ""
