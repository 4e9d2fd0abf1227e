"""A campaign as of a day: what is done of the target, the pace it needs and the pace it has."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import Count, Sum
from django.db.models.functions import Substr, TruncMonth
from django.utils.translation import gettext as _

from jiedao.files.models import Attachment
from jiedao.files.selectors import attachments_by_object
from jiedao.kernel import clock, feeds
from jiedao.kernel.calendar import calendar_of_town
from jiedao.kernel.errors import NotFoundError
from jiedao.kernel.feeds import Address, Cell, Reading
from jiedao.orgs.actor import Actor
from jiedao.places.models import AreaKind
from jiedao.places.selectors import AREAS, AreaInfo, area_info, community_of
from jiedao.projects.models.promises import Campaign, CampaignEntry, Quota
from jiedao.projects.selectors.lights import Colour
from jiedao.projects.splitting import months_between, plain

WEEKS = 4  # what the pace is measured over, unless somebody asks otherwise
MOST_ENTRIES = 100
MOST_DAYS = 3660  # a forecast further away than ten years is none


@dataclass(frozen=True)
class AreaLine:
    """What one community has done of its quota (None where the target is not split); no area for what lies in none."""

    area: AreaInfo | None
    quota: Decimal | None
    done: Decimal
    rows: Address | None

    @property
    def share(self) -> float | None:
        """The part of the quota that is done, 1.0 for the whole."""
        return float(self.done / self.quota) if self.quota else None


@dataclass(frozen=True)
class MonthLine:
    """One month, alone and added up from the start; `done` is None for a month that is still to come."""

    month: date
    planned: Decimal
    planned_sum: Decimal
    done: Decimal | None
    done_sum: Decimal | None


@dataclass(frozen=True)
class CampaignStatus:
    """A campaign at the end of a day, every amount in its measure.

    Attributes:
        share: done of target, 1.0 for the whole.  planned: what should be done by the day.
        days_left, workdays_left: after the day until the due date, 0 once it has passed.
        pace_needed: a working day, from the day after on; None where nothing or no working day is left.
        pace_made: a working day, over the last `weeks`.  forecast: when the target is reached at that pace.
        rows: the page that lists what stands behind `done`, None for entered amounts.
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
    rows: Address | None

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
        """What is still to be done, never below nought."""
        return max(self.target - self.done, Decimal(0))


def campaigns(actor: Actor) -> list[Campaign]:
    """Return the campaigns in use that the actor sees, in the order of the pack."""
    return list(Campaign.objects.visible_to(actor).filter(active=True).select_related("unit"))


def entries_of(campaign: Campaign) -> list[tuple[CampaignEntry, list[Attachment]]]:
    """Return the latest entered amounts with their papers, at most `MOST_ENTRIES`; two statements."""
    rows = list(campaign.entries.select_related("area").order_by("-date", "-id")[:MOST_ENTRIES])
    papers = attachments_by_object("projects.entry", [row.pk for row in rows])
    return [(row, papers.get(row.pk, [])) for row in rows]


def quotas_of(campaign: Campaign) -> tuple[dict[int, Decimal], dict[date, Decimal]]:
    """Return the split of a campaign: by id of community, and by first day of month."""
    quotas = list(Quota.objects.filter(campaign=campaign).values_list("area_id", "month", "amount"))
    by_area = {area: amount for area, _month, amount in quotas if area is not None}
    return by_area, {month: amount for _area, month, amount in quotas if month is not None}


def campaign_status(
    actor: Actor, campaign: Campaign, day: date | None = None, *, weeks: int = WEEKS
) -> CampaignStatus:
    """Return how a campaign stands at the end of a day, today where none is given; some five statements.

    Amounts before its first day and after `day` do not count. They are the whole town's, whoever looks.

    Raises:
        NotFoundError: out of the actor's scope.  UserError: its feed cannot be read any more.
    """
    if not Campaign.objects.visible_to(actor).filter(pk=campaign.pk).exists():
        raise NotFoundError(_("没有这一项，或它不归您看。"), hint=_("请回到任务页再找。"))
    day = min(day or clock.today(), clock.today())
    begin = campaign.from_date - timedelta(days=1)
    reading = _read(campaign, day, begin)
    by_area, by_month = quotas_of(campaign)
    recent = _read(campaign, day, max(begin, day - timedelta(weeks=weeks))) if day > begin else Reading()
    paced = workdays(max(begin, day - timedelta(weeks=weeks)), day)
    done, planned = reading.total, planned_by(campaign, by_month, day)
    left = max(campaign.target - done, Decimal(0))
    workdays_left = workdays(max(day, begin), campaign.due_date)
    made = recent.total / paced if paced else Decimal(0)
    forecast = _forecast(day, left, made)
    colour, reason = judge(campaign, day, done=done, planned=planned, forecast=forecast, weeks=weeks)
    return CampaignStatus(
        campaign=campaign, day=day, done=done, planned=planned,
        days_left=max((campaign.due_date - day).days, 0), workdays_left=workdays_left, weeks=weeks,
        pace_needed=left / workdays_left if left and workdays_left else None, pace_made=made,
        forecast=forecast, colour=colour, reason=reason,
        areas=_area_lines(campaign, reading, by_area, day, begin),
        months=_month_lines(campaign, reading, by_month, day), rows=_address(campaign, day, begin, ""),
    )  # fmt: skip


def workdays(after: date, until: date) -> int:
    """Return how many working days lie after one day and up to another."""
    calendar = calendar_of_town()
    span = range(1, (until - after).days + 1)
    return sum(calendar.is_workday(after + timedelta(days=step)) for step in span)


def planned_by(campaign: Campaign, by_month: dict[date, Decimal], day: date) -> Decimal:
    """Return what should be done by the end of a day: the months that are over and, of the one that runs, the part of
    its working days that are. A target without quotas of months is spread evenly over the working days."""
    first, last = campaign.from_date - timedelta(days=1), campaign.due_date
    if day >= last:
        return campaign.target
    if not by_month:
        return campaign.target * workdays(first, day) / max(workdays(first, last), 1)
    total = Decimal(0)
    for month, amount in by_month.items():
        begin, end = (
            month - timedelta(days=1),
            months_between(month, month + timedelta(days=31))[1] - timedelta(days=1),
        )
        begin, end = max(begin, first), min(end, last)
        if end <= day:
            total += amount
        elif begin < day:
            total += amount * workdays(begin, day) / max(workdays(begin, end), 1)
    return total


def judge(
    campaign: Campaign, day: date, *, done: Decimal, planned: Decimal, forecast: date | None, weeks: int
) -> tuple[Colour, str]:
    """Return the colour and its reason.

    Green: reached, not begun, or reached by the due date at the present pace. Yellow: not at that pace, yet not behind
    the plan. Red: behind the plan as well, or past the due date.
    """
    due = campaign.due_date
    if done >= campaign.target:
        return Colour.GREEN, _("已完成目标")
    if day > due:
        return Colour.RED, _("已过期限，还差 %(left)s") % {"left": _said(campaign, campaign.target - done)}
    if day < campaign.from_date:
        return Colour.GREEN, _("尚未开始")
    if forecast is not None and forecast <= due:
        return Colour.GREEN, _("按目前进度 %(day)s 可完成") % {"day": forecast}
    pace = (
        _("按目前进度要到 %(day)s") % {"day": forecast}
        if forecast is not None
        else _("近 %(weeks)d 周没有进展") % {"weeks": weeks}
    )
    if done >= planned:
        return Colour.YELLOW, _("%(pace)s；累计不低于计划") % {"pace": pace}
    return Colour.RED, _("%(pace)s；比计划少 %(gap)s") % {
        "pace": pace,
        "gap": _said(campaign, planned - done),
    }


def _said(campaign: Campaign, amount: Decimal) -> str:
    return f"{plain(round(amount, campaign.digits))} {campaign.measure_label}"


def _forecast(day: date, left: Decimal, pace: Decimal) -> date | None:
    """Return the working day on which the rest is done at the pace; the day itself where nothing is left."""
    if not left:
        return day
    if pace <= 0:
        return None
    needed, calendar, current = -(-left // pace), calendar_of_town(), day
    for _step in range(MOST_DAYS):
        current += timedelta(days=1)
        needed -= calendar.is_workday(current)
        if needed <= 0:
            return current
    return None


def _read(campaign: Campaign, until: date, since: date) -> Reading:
    """Return amounts in the campaign's measure, from after `since` to the end of `until`."""
    if campaign.feed is None:
        return _entered(campaign, until, since)
    reading = feeds.read(campaign.feed, until=until, since=since)
    return Reading(
        tuple(
            Cell(cell.area_path, cell.month, cell.amount / campaign.factor, cell.rows)
            for cell in reading.cells
        )
    )


def _entered(campaign: Campaign, until: date, since: date) -> Reading:
    rows = CampaignEntry.objects.filter(campaign=campaign, date__lte=until, date__gt=since)
    cells = rows.annotate(place=Substr("area__path", 1, _depth()), month=TruncMonth("date"))
    found = cells.values_list("place", "month").annotate(n=Sum("amount"), rows=Count("pk"))
    return Reading(
        tuple(
            Cell(place or "", month, amount, count) for place, month, amount, count in found.order_by("month")
        )
    )


def _depth() -> int:
    paths = (area.path for area in AREAS.get().values() if area.kind == AreaKind.COMMUNITY)
    return len(next(paths, "-"))


def _address(campaign: Campaign, until: date, since: date, area_path: str) -> Address | None:
    if campaign.feed is None:
        return None
    return feeds.address(campaign.feed, until=until, since=since, area_path=area_path)


def _area_lines(
    campaign: Campaign, reading: Reading, quotas: dict[int, Decimal], until: date, since: date
) -> list[AreaLine]:
    """Return the communities with a quota or an amount in the order of areas, and last what lies in none."""
    done = reading.by_area
    wanted = {info.path: amount for pk, amount in quotas.items() if (info := area_info(pk)) is not None}
    lines = [
        AreaLine(
            community_of(path), wanted.get(path) if quotas else None, done.get(path, Decimal(0)),
            _address(campaign, until, since, path),
        )
        for path in sorted((set(wanted) | set(done)) - {""})
    ]  # fmt: skip
    return [*lines, AreaLine(None, None, done[""], None)] if done.get("") else lines


def _month_lines(
    campaign: Campaign, reading: Reading, quotas: dict[date, Decimal], day: date
) -> list[MonthLine]:
    done, lines = reading.by_month, []
    planned_sum = done_sum = Decimal(0)
    # what came after the last day counts and is shown; months in which nothing came any more are not
    last = max([campaign.due_date, *(month for month in done if month <= day)])
    for month in months_between(campaign.from_date, last):
        end = months_between(month, month + timedelta(days=31))[1] - timedelta(days=1)
        until = planned_by(campaign, quotas, min(end, campaign.due_date))
        planned, planned_sum = until - planned_sum, until
        past = month <= day
        done_sum += done.get(month, Decimal(0))
        lines.append(
            MonthLine(
                month,
                planned,
                planned_sum,
                done.get(month, Decimal(0)) if past else None,
                done_sum if past else None,
            )
        )
    return lines
