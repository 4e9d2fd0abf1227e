"""A campaign at the end of a day: what is done of the target, the pace it needs and the pace it has."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_FLOOR, Decimal
from enum import Enum
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import TruncMonth
from django.utils.translation import gettext as _

from jiedao.files.models import Attachment
from jiedao.files.selectors import group_attachments
from jiedao.kernel import clock, figures, periods
from jiedao.kernel.calendar import get_town_calendar
from jiedao.kernel.errors import NotFoundError
from jiedao.kernel.figures import AREA, MONTH, Cell, Key, Reading, RowsLink, format_month_key
from jiedao.kernel.periods import Period
from jiedao.kernel.textfilter import build_text_filter
from jiedao.orgs.actor import Actor
from jiedao.orgs.figure_keys import (
    NOWHERE,
    build_community_column,
    filter_outside_communities,
    make_community_key,
)
from jiedao.places.selectors import AreaInfo, area_info, community_of, past_area_info
from jiedao.projects.models.promises import Campaign, CampaignEntry, Quota
from jiedao.projects.selectors.lights import Colour
from jiedao.projects.splitting import format_amount, list_months_between

WEEKS = 4  # over which the pace is measured by default
MOST_ENTRIES = 100
MOST_DAYS = 3660  # there is no forecast beyond ten years
SPLITS = (AREA, MONTH)
CAMPAIGN_TEXTS = ("name", "name_en", "key", "note", "handed_by")


class Phase(Enum):
    """Where a campaign is: before its first day, under way, at its target, or past its last day without it."""

    FUTURE = "FUTURE"
    RUNNING = "RUNNING"
    REACHED = "REACHED"
    MISSED = "MISSED"


@dataclass(frozen=True)
class AreaLine:
    """What one community has done. `quota` is None if the target is not split, `area` for what is in no community."""

    area: AreaInfo | None
    quota: Decimal | None
    done: Decimal
    rows: RowsLink | None

    @property
    def share(self) -> float | None:
        """The part of the quota that is done, 1.0 for all of it."""
        return float(self.done / self.quota) if self.quota else None


@dataclass(frozen=True)
class MonthLine:
    """One month, by itself and added up from the start; `done` is None for a month that is still to come."""

    month: date
    planned: Decimal
    planned_sum: Decimal
    done: Decimal | None
    done_sum: Decimal | None


@dataclass(frozen=True)
class CampaignStatus:
    """A campaign at the end of a day, every amount in its measure.

    Attributes:
        share: done of target, 1.0 for all of it.  planned: what should be done by the day.
        days_left, workdays_left: after the day until the due date, 0 once it has passed.
        pace_needed: the amount to do each working day from the next day on; None if nothing or no working day is left.
        pace_made: the amount done each working day of the last `weeks`.  forecast: the day of the target at that pace.
        provisional_years: the years that the days left or the forecast cross and whose holidays are not known.
        rows: the list of the rows behind `done`, None for entered amounts.
    """

    campaign: Campaign
    day: date
    done: Decimal
    planned: Decimal
    days_left: int
    workdays_left: int
    weeks: int
    pace_needed: Decimal | None
    pace_made: Decimal
    forecast: date | None
    colour: Colour
    reason: str
    areas: list[AreaLine]
    months: list[MonthLine]
    rows: RowsLink | None
    provisional_years: list[int]

    @property
    def phase(self) -> Phase:
        """Where the campaign is on its day."""
        if self.done >= self.target:
            return Phase.REACHED
        if self.day > self.campaign.due_date:
            return Phase.MISSED
        return Phase.FUTURE if self.day < self.campaign.from_date else Phase.RUNNING

    @property
    def is_starting(self) -> bool:
        """Return whether the campaign has just begun and has no data yet: a light would judge nothing."""
        is_unjudged = self.phase is Phase.RUNNING and not self.has_data
        return is_unjudged and is_first_tenth(self.campaign, self.day)

    @property
    def has_light(self) -> bool:
        """Return whether the colour states anything about the campaign yet."""
        return self.phase is not Phase.FUTURE and not self.is_starting

    @property
    def has_data(self) -> bool:
        """Return whether any amount counts by the day."""
        return bool(self.done or self.pace_made or any(line.done for line in self.areas))

    @property
    def target(self) -> Decimal:
        """What is to be reached."""
        return self.campaign.target

    @property
    def share(self) -> float:
        """The part of the target that is done."""
        return float(self.done / self.target)

    @property
    def remaining(self) -> Decimal:
        """What is still to be done, never below 0."""
        return max(self.target - self.done, Decimal(0))


def find_campaigns(actor: Actor, text: str = "") -> list[Campaign]:
    """Return the visible campaigns in use, in the order of the pack; with a text those whose words contain it."""
    return list(select_campaigns(actor, text))


def select_campaigns(actor: Actor, text: str = "") -> QuerySet[Campaign]:
    """Return the query of `find_campaigns`, for a list that is read page by page."""
    campaigns = Campaign.objects.visible_to(actor).filter(
        build_text_filter(text, CAMPAIGN_TEXTS), active=True
    )
    return campaigns.select_related("unit")


@dataclass(frozen=True)
class EntryFilters:
    """What the entered amounts of a campaign are narrowed to: days, both included, and an area or `NOWHERE`."""

    first_date: date | None = None
    last_date: date | None = None
    area: int | None = None

    def apply(self, entries: QuerySet[CampaignEntry]) -> QuerySet[CampaignEntry]:
        """Narrow entered amounts."""
        if self.first_date is not None:
            entries = entries.filter(date__gte=self.first_date)
        if self.last_date is not None:
            entries = entries.filter(date__lte=self.last_date)
        if self.area == NOWHERE:
            return entries.filter(Q(area=None) | filter_outside_communities("area__path"))
        area = area_info(self.area)
        return entries.filter(area__path__startswith=area.path) if area is not None else entries


def read_entries(
    campaign: Campaign, filters: EntryFilters | None = None
) -> list[tuple[CampaignEntry, list[Attachment]]]:
    """Return entered amounts with their documents, the latest first; two statements.

    Without filters at most `MOST_ENTRIES`, for a page that shows the latest. With filters all that match, for the list
    behind a figure.
    """
    entries = campaign.entries.select_related("area").order_by("-date", "-id")
    rows = list(entries[:MOST_ENTRIES] if filters is None else filters.apply(entries))
    documents = group_attachments("projects.entry", [row.pk for row in rows])
    return [(row, documents.get(row.pk, [])) for row in rows]


def read_quotas(campaign: Campaign) -> tuple[dict[int, Decimal], dict[date, Decimal]]:
    """Return the split of a campaign: by id of community, and by first day of month."""
    quotas = list(Quota.objects.filter(campaign=campaign).values_list("area_id", "month", "amount"))
    by_area = {area: amount for area, _month, amount in quotas if area is not None}
    return by_area, {month: amount for _area, month, amount in quotas if month is not None}


def read_campaign_status(
    actor: Actor, campaign: Campaign, day: date | None = None, *, weeks: int = WEEKS
) -> CampaignStatus:
    """Return how far a campaign is at the end of a day, today by default; some five statements.

    Amounts before its first day and after `day` do not count. Every reader sees the amounts of the entire town.

    Raises:
        NotFoundError: out of the actor's scope.
        UserError: its feed cannot be read any more.
    """
    if not Campaign.objects.visible_to(actor).filter(pk=campaign.pk).exists():
        raise NotFoundError(_("没有这一项，或它不归您看。"), hint=_("请回到任务页再找。"))
    day = min(day or clock.today(), clock.today())
    begin = campaign.from_date - timedelta(days=1)
    period = periods.build_period(campaign.from_date, day)
    reading = read_done(campaign, period, SPLITS)
    by_area, by_month = read_quotas(campaign)
    since = max(begin, day - timedelta(weeks=weeks)) + timedelta(days=1)
    recent = read_done(campaign, periods.build_period(since, day)) if day > begin else Reading()
    paced_days = count_workdays(max(begin, day - timedelta(weeks=weeks)), day)
    done, planned = reading.total, compute_planned(campaign, by_month, day)
    remaining = max(campaign.target - done, Decimal(0))
    workdays_left = count_workdays(max(day, begin), campaign.due_date)
    pace = recent.total / paced_days if paced_days else Decimal(0)
    forecast = _compute_forecast(max(day, begin), remaining, pace)
    colour, reason = judge_pace(
        campaign, day, done=done, planned=planned, pace=pace, forecast=forecast, weeks=weeks
    )
    return CampaignStatus(
        campaign=campaign,
        day=day,
        done=done,
        planned=planned,
        days_left=max((campaign.due_date - day).days, 0),
        workdays_left=workdays_left,
        weeks=weeks,
        pace_needed=remaining / workdays_left if remaining and workdays_left else None,
        pace_made=pace,
        forecast=forecast,
        colour=colour,
        reason=reason,
        areas=_build_area_lines(campaign, reading, by_area, period),
        months=_build_month_lines(campaign, reading, by_month, day),
        rows=_list_rows(campaign, period),
        provisional_years=_list_provisional_years(campaign, day, forecast),
    )


def _list_provisional_years(campaign: Campaign, day: date, forecast: date | None) -> list[int]:
    last = max(campaign.due_date, forecast or campaign.due_date)
    return get_town_calendar().list_unknown_years(day, last) if day < last else []


def count_workdays(after: date, until: date) -> int:
    """Return how many working days there are after one day and up to another."""
    if until <= after:
        return 0
    calendar = get_town_calendar()
    return (
        calendar.position(until) + calendar.is_workday(until) - calendar.position(after + timedelta(days=1))
    )


def compute_planned(campaign: Campaign, by_month: dict[date, Decimal], day: date) -> Decimal:
    """Return what should be done by the end of a day.

    It is the sum of the quotas of past months, and of the current month's quota the share of its working days that have
    passed. A target without monthly quotas is spread evenly over the working days.
    """
    first, last = campaign.from_date - timedelta(days=1), campaign.due_date
    if day >= last:
        return campaign.target
    if not by_month:
        return campaign.target * count_workdays(first, day) / max(count_workdays(first, last), 1)
    total = Decimal(0)
    for month, amount in by_month.items():
        begin, end = (
            month - timedelta(days=1),
            list_months_between(month, month + timedelta(days=31))[1] - timedelta(days=1),
        )
        begin, end = max(begin, first), min(end, last)
        if end <= day:
            total += amount
        elif begin < day:
            total += amount * count_workdays(begin, day) / max(count_workdays(begin, end), 1)
    return total


def judge_pace(
    campaign: Campaign,
    day: date,
    *,
    done: Decimal,
    planned: Decimal,
    pace: Decimal,
    forecast: date | None,
    weeks: int,
) -> tuple[Colour, str]:
    """Return the colour and its reason.

    Green: the target is reached, the campaign has not begun, it has no data in the first tenth of its working days
    (pages show no light before that), or the present pace reaches the target by the due date. Yellow: the present pace
    is too slow, but the amount is not behind the plan. Red: it is behind the plan as well, or the due date has passed.

    What is counted in whole pieces is compared with the whole pieces of the plan: nobody does a third of one.
    """
    outcome = _judge_day(campaign, day, done)
    if outcome is not None:
        return outcome
    if not done and not pace and is_first_tenth(campaign, day):
        return Colour.GREEN, _("刚开始，还没有数据")
    if forecast is not None and forecast <= campaign.due_date:
        return Colour.GREEN, _("按目前进度 %(day)s 可完成") % {"day": forecast}
    prospect = _describe_prospect(done=done, pace=pace, forecast=forecast, weeks=weeks)
    if done >= (planned if campaign.digits else planned.to_integral_value(ROUND_FLOOR)):
        return Colour.YELLOW, _("%(pace)s；累计不低于计划") % {"pace": prospect}
    if round(planned - done, campaign.digits):
        words = _("%(pace)s；比计划少 %(gap)s")
    else:
        words = _("%(pace)s；比计划少%(gap)s")  # “少不到 0.01 棵” has no space
    return Colour.RED, words % {"pace": prospect, "gap": _format(campaign, planned - done)}


def is_first_tenth(campaign: Campaign, day: date) -> bool:
    """Return whether a day is in the first tenth of the working days of a campaign, its first working day at least."""
    begin = campaign.from_date - timedelta(days=1)
    total = count_workdays(begin, campaign.due_date)
    return campaign.from_date <= day < campaign.due_date and count_workdays(begin, day) <= max(total // 10, 1)


def _judge_day(campaign: Campaign, day: date, done: Decimal) -> tuple[Colour, str] | None:
    """Return the colour and the reason where the pace does not matter; None while the campaign is under way."""
    if done >= campaign.target:
        return Colour.GREEN, _("已完成目标")
    if day < campaign.from_date:
        return Colour.GREEN, _("尚未开始")
    if day < campaign.due_date:
        return None
    left = campaign.target - done
    missing = {"left": _format(campaign, left)}
    if day == campaign.due_date:
        words = _("今天到期，还差 %(left)s") if round(left, campaign.digits) else _("今天到期，还差%(left)s")
    else:
        words = _("已过期限，还差 %(left)s") if round(left, campaign.digits) else _("已过期限，还差%(left)s")
    return Colour.RED, words % missing


def _describe_prospect(*, done: Decimal, pace: Decimal, forecast: date | None, weeks: int) -> str:
    """Return what the present pace leads to, for a campaign that will be too late at it."""
    if forecast is not None:
        return _("按目前进度要到 %(day)s") % {"day": forecast}
    if pace > 0:
        return _("按目前进度十年内完不成")
    if not done:
        return _("还没有数据")
    if pace < 0:
        return _("近 %(weeks)d 周累计减少") % {"weeks": weeks}
    return _("近 %(weeks)d 周没有进展") % {"weeks": weeks}


def _format(campaign: Campaign, amount: Decimal) -> str:
    """Return an amount above 0 with its measure; for one that would show as 0, state what it is below."""
    rounded, measure = round(amount, campaign.digits), campaign.measure_label
    if rounded:
        return f"{format_amount(rounded)} {measure}"
    smallest = format_amount(Decimal(1).scaleb(-campaign.digits))
    return _("不到 %(n)s %(measure)s") % {"n": smallest, "measure": measure}


def _compute_forecast(day: date, remaining: Decimal, pace: Decimal) -> date | None:
    """Return the working day on which the rest is done at the pace; the day itself where nothing is left."""
    if not remaining:
        return day
    if pace <= 0:
        return None
    needed, calendar, current = -(-remaining // pace), get_town_calendar(), day
    for _step in range(MOST_DAYS):
        current += timedelta(days=1)
        needed -= calendar.is_workday(current)
        if needed <= 0:
            return current
    return None


def clip_period(campaign: Campaign, period: Period) -> Period:
    """Return the days of a period that count for a campaign: from its first day to today."""
    return periods.build_period(max(period.first, campaign.from_date), min(period.last, clock.today()))


def read_done(campaign: Campaign, period: Period, splits: Sequence[str] = ()) -> Reading:
    """Return what is done in a period, in the campaign's measure, by "area" and "month"; one statement."""
    if campaign.feed is None:
        return _read_entries(campaign, period, splits)
    return figures.read(campaign.feed, period=period, splits=splits).divide_by(campaign.factor)


def _read_entries(campaign: Campaign, period: Period, splits: Sequence[str]) -> Reading:
    columns: dict[str, Any] = {AREA: build_community_column("area__path"), MONTH: TruncMonth("date")}
    entries = EntryFilters(period.first, period.last).apply(CampaignEntry.objects.filter(campaign=campaign))
    keys = {f"key_{split}": columns[split] for split in splits}
    lines = entries.order_by().annotate(**keys).values_list("campaign_id", *keys)
    amounts: dict[Key, tuple[Decimal, int]] = {}
    for _id, *values, amount, rows in lines.annotate(sum=Sum("amount"), rows=Count("pk")):
        key = tuple(
            format_month_key(value) if split == MONTH else make_community_key(value)
            for split, value in zip(splits, values, strict=True)
        )
        before = amounts.get(key, (Decimal(0), 0))
        amounts[key] = (before[0] + amount, before[1] + rows)
    return Reading(tuple(splits), tuple(Cell(key, *amounts[key]) for key in sorted(amounts)))


def _list_rows(campaign: Campaign, period: Period, area_path: str = "") -> RowsLink | None:
    if campaign.feed is None:
        return None
    return figures.list_rows(campaign.feed, period=period, where={AREA: area_path} if area_path else None)


def _build_area_lines(
    campaign: Campaign, reading: Reading, quotas: dict[int, Decimal], period: Period
) -> list[AreaLine]:
    """Return the communities with a quota or an amount in the order of areas, and last what is in none."""
    done = reading.by(AREA)
    wanted = {info.path: amount for pk, amount in quotas.items() if (info := past_area_info(pk)) is not None}
    lines = [
        AreaLine(
            community_of(path),
            wanted.get(path) if quotas else None,
            done.get(path, Decimal(0)),
            _list_rows(campaign, period, path),
        )
        for path in sorted((set(wanted) | set(done)) - {""})
    ]
    return [*lines, AreaLine(None, None, done[""], None)] if done.get("") else lines


def _build_month_lines(
    campaign: Campaign, reading: Reading, quotas: dict[date, Decimal], day: date
) -> list[MonthLine]:
    done = {date.fromisoformat(f"{key}-01"): amount for key, amount in reading.by(MONTH).items()}
    lines = []
    planned_sum = done_sum = Decimal(0)
    # Amounts after the due date count and are shown; later months without any amount are left out.
    last = max([campaign.due_date, *(month for month in done if month <= day)])
    for month in list_months_between(campaign.from_date, last):
        end = list_months_between(month, month + timedelta(days=31))[1] - timedelta(days=1)
        until = compute_planned(campaign, quotas, min(end, campaign.due_date))
        planned, planned_sum = until - planned_sum, until
        is_past = month <= day
        done_sum += done.get(month, Decimal(0))
        lines.append(
            MonthLine(
                month,
                planned,
                planned_sum,
                done.get(month, Decimal(0)) if is_past else None,
                done_sum if is_past else None,
            )
        )
    return lines
