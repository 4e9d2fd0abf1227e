"""Draw the cases of the first half of 2020 that are handled, and what the live cases have in common with them.

Random numbers are seeded, so that the same pack results in the same past. The report counts 12,268 cases from 1 January
to 30 June 2020. On the last morning most of them are handled; those that are not are live cases (`live`).
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from jiedao.cases import catalogue
from jiedao.cases.actions.history import History, MoveMaker, Round, Visit, file_histories
from jiedao.cases.actions.intake import NewCase
from jiedao.cases.flow import State
from jiedao.demo.texts import CaseText, Phrases, Place
from jiedao.kernel import clock
from jiedao.kernel.calendar import get_town_calendar
from jiedao.kernel.worktime import Limit
from jiedao.orgs.actor import Actor
from jiedao.orgs.models import Holding
from jiedao.orgs.units import unit_info
from jiedao.places.models import Premise, PremiseKind
from jiedao.places.selectors import community_of

HALF_YEAR_CASES = 12_268
PAST_FROM, PAST_TO = date(2020, 1, 1), date(2020, 6, 30)
MONTH_WEIGHT = {1: 0.85, 2: 0.45, 3: 0.9, 4: 1.1, 5: 1.3, 6: 1.35}
HOUR_WEIGHT = [1, 1, 0, 0, 0, 1, 3, 8, 14, 16, 15, 11, 7, 8, 12, 14, 13, 10, 8, 9, 8, 6, 4, 2]
CHANNELS = {"PATROL": 46, "HOTLINE": 27, "APP": 13, "WEB": 6, "SUPERIOR": 4, "INSPECTION": 3, "MEDIA": 1}
BATCH = 500
Progress = Callable[[float | None], object]


@dataclass
class Staff:
    """The people who make the moves of a timeline."""

    registrar: MoveMaker
    dispatcher: MoveMaker
    closer: MoveMaker
    visitor: MoveMaker
    checker: MoveMaker
    handlers: dict[int, MoveMaker]
    grid_workers: dict[int, MoveMaker]  # by the area of the workstation


def _read_staff() -> Staff:
    by_right: dict[str, list[tuple[Any, MoveMaker]]] = {}
    handlers: dict[int, MoveMaker] = {}
    grid_workers: dict[int, MoveMaker] = {}
    for row in Holding.objects.select_related("user", "post__unit").order_by("id"):
        who = MoveMaker(f"{row.user.full_name} · {row.post.title}", row.user_id, row.post.unit_id)
        for right in row.post.permissions:
            by_right.setdefault(right, []).append((row, who))
        if "cases.case:handle" in row.post.permissions:
            handlers.setdefault(row.post.unit_id, who)
        if (
            "cases.case:self_handle" in row.post.permissions
            and "cases.case:handle" not in row.post.permissions
        ):
            grid_workers.setdefault(row.post.unit.area_id or 0, who)

    def find_first(right: str, without: str) -> MoveMaker:
        rows = by_right[right]
        return next((who for row, who in rows if without not in row.post.permissions), rows[0][1])

    return Staff(
        registrar=find_first("cases.case:accept", "cases.case:dispatch"),
        dispatcher=find_first("cases.case:dispatch", "cases.case:close"),
        closer=find_first("cases.case:close", "cases.case:handle"),
        visitor=find_first("cases.case:visit", "cases.case:close"),
        checker=find_first("cases.case:check", "cases.case:self_handle"),
        handlers=handlers,
        grid_workers=grid_workers,
    )


class Generator:
    """Draws cases one after another from one seeded source."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.rng = random.Random(seed)  # noqa: S311 (invented data, not a secret)
        self.phrases = Phrases(folder, self.rng)
        self.calendar = get_town_calendar()
        self.staff = _read_staff()
        self.places = self._read_places()
        self.codes = {
            info.code: info.id for info in catalogue.CATEGORIES.get().values() if info.kind == "MATTER"
        }

    def _read_places(self) -> list[Place]:
        rows = Premise.objects.filter(active=True, lon__isnull=False).select_related("area").order_by("code")
        places = []
        for row in rows:
            community = community_of(row.area.path)
            if community is not None and row.lon is not None and row.lat is not None:
                village = row.kind == PremiseKind.VILLAGE
                places.append(Place(row.area_id, row.area.path, row.name, row.lon, row.lat, row.pk, village))
        weights: dict[str, float] = {}
        for place in places:
            weights.setdefault(place.area_path[:12], self.rng.uniform(0.5, 2.0))
        self.weights = [weights[place.area_path[:12]] for place in places]
        return places

    # -- times ---------------------------------------------------------------------------------------------------

    def draw_moment_after(self, start: datetime, low: float, high: float) -> datetime:
        """Draw a moment in office hours, between `low` and `high` working hours after `start`."""
        hours = self.rng.uniform(low, high)
        moment = self.calendar.add(start, Limit.parse(f"{max(1, round(hours + 0.5))}wh")).at
        back = timedelta(minutes=self.rng.randrange(4, 50), seconds=self.rng.randrange(60))
        return max(moment - back, start + timedelta(minutes=2 + self.rng.randrange(5)))

    def draw_moment_on(self, day: date) -> datetime:
        """Draw a moment of a local day, at an hour at which people report."""
        hour = self.rng.choices(range(24), HOUR_WEIGHT)[0]
        at = time(hour, self.rng.randrange(60), self.rng.randrange(60))
        return datetime.combine(day, at, tzinfo=clock.TOWN_TZ)

    def draw_past_days(self, n: int) -> list[date]:
        """Draw n days of the half-year in ascending order: fewer in February, on holidays and on Sundays."""
        span = (PAST_TO - PAST_FROM).days + 1
        days = [PAST_FROM + timedelta(days=k) for k in range(span)]
        weights = [
            MONTH_WEIGHT[day.month]
            * (0.75 if day.weekday() == 6 else 1.0)
            * (0.35 if not self.calendar.is_workday(day) and day.weekday() < 5 else 1.0)
            for day in days
        ]
        return sorted(self.rng.choices(days, weights, k=n))

    # -- one case ------------------------------------------------------------------------------------------------

    def start_case(
        self, at: datetime, *, channel: str = "", place: Place | None = None
    ) -> tuple[History, CaseText, Place]:
        """Draw the place, text and reporter of a case that was reported at a moment."""
        rng = self.rng
        channel = channel or rng.choices(list(CHANNELS), list(CHANNELS.values()))[0]
        kind = self.phrases.draw_kind()
        place = place or rng.choices(self.places, self.weights)[0]
        staff = channel in {"PATROL", "INSPECTION", "SUPERIOR"}
        words = self.phrases.write(kind, place, channel=channel, at=at.astimezone(clock.TOWN_TZ))
        new = NewCase(
            channel=channel,
            subject=words.subject,
            detail=words.detail,
            place_text=words.place,
            lon=round(place.lon + rng.gauss(0, 0.00025), 6),
            lat=round(place.lat + rng.gauss(0, 0.00025), 6),
            accuracy_m=float(rng.choice([5, 8, 10, 15, 20, 35])),
            area_id=place.area_id,
            premise_id=place.premise_id,
            reported_at=at,
            urgent=rng.random() < 0.03,
            reporter_name="" if staff else rng.choice("陈李王张刘黄林吴周杨") + rng.choice(["先生", "女士"]),
            reporter_phone="" if staff else f"1{rng.choice('35789')}{rng.randrange(10**8, 10**9)}",
            secret=not staff and rng.random() < 0.08,
        )
        history = History(new, State.REPORTED.value, category_id=self.codes[kind["code"]])
        return history, words, place

    def accept(self, history: History, place: Place) -> datetime:
        """Accept the case, verify it if its category requires that, and return when it was filed."""
        at = history.new.reported_at
        assert at is not None
        duty, category = self.staff, catalogue.category_info(history.category_id)
        history.accepted_at = self.draw_moment_after(at, 0.1, 1.6)
        history.people.update(
            ACCEPT=duty.registrar, DISPATCH=duty.dispatcher, CLOSE=duty.closer, VISIT=duty.visitor
        )
        history.people.update(REPLY=duty.closer, VERIFY=self.find_grid_worker(place), CHECK_PASS=duty.checker)
        history.people.update(
            REWORK=duty.checker, REJECT=duty.registrar, VOID=duty.closer, SUSPEND=duty.closer
        )
        if category is not None and category.verify_first and history.new.reporter_name:
            history.verified_at = self.draw_moment_after(history.accepted_at, 0.5, 3.5)
            history.verify_text = self.phrases.pick_phrase("verified")
            return history.verified_at
        return history.accepted_at

    def find_grid_worker(self, place: Place) -> MoveMaker:
        """Return the grid worker of a place's community; the checker if the community has none."""
        community = community_of(place.area_path)
        return self.staff.grid_workers.get(community.id if community else 0, self.staff.checker)

    def handle(self, history: History, words: CaseText, filed: datetime, place: Place) -> datetime:
        """Dispatch and handle the case, sometimes with a return or reworks; return when it passed the check."""
        rng = self.rng
        duty = catalogue.find_duty(history.category_id, place.area_path)
        assert duty is not None
        start = self.draw_moment_after(filed, 0.1, 1.2)
        if rng.random() < 0.045:
            wrong = rng.random() < 0.7
            other = rng.choice(list(self.staff.handlers))
            back = self.draw_moment_after(start, 0.5, 4)
            text = self.phrases.pick_phrase("returned_wrong" if wrong else "returned_other")
            unit_id = other if wrong and other != duty.lead_unit_id else duty.lead_unit_id
            history.rounds.append(Round(unit_id, start, None, back, "RETURNED", wrong, text))
            start = self.draw_moment_after(back, 0.2, 2)
        handler = self.staff.handlers.get(duty.lead_unit_id)
        if handler is not None:
            history.people.update(TAKE=handler, HANDLE=handler, RETURN=handler)
        while True:
            taken = self.draw_moment_after(start, 0.05, 1.0)
            done = self._draw_done_at(history, start, taken, place)
            checked = self.draw_moment_after(done, 0.3, 6)
            passed = rng.random() > 0.028
            text = self.phrases.pick_phrase("checked" if passed else "failed")
            history.rounds.append(
                Round(
                    duty.lead_unit_id,
                    start,
                    taken,
                    done,
                    "DONE",
                    text=words.result,
                    checked_at=checked,
                    passed=passed,
                    check_text=text,
                )
            )
            if passed:
                return checked
            start = checked

    def _draw_done_at(self, history: History, start: datetime, taken: datetime, place: Place) -> datetime:
        limit = catalogue.find_limit("HANDLE", history.category_id, place.area_path)
        due = self.calendar.add(start, Limit.parse(limit)).at
        if self.rng.random() < 0.957:
            share = self.rng.betavariate(2.2, 2.6)
            done = taken + (max(due, taken + timedelta(minutes=20)) - taken) * share
            inside = self.calendar.add(done - timedelta(minutes=1), Limit.parse("1wh")).at - timedelta(
                minutes=59
            )
            return min(max(inside, taken + timedelta(minutes=6)), max(due, taken + timedelta(minutes=7)))
        return self.draw_moment_after(due, 1, 14)

    def finish(self, history: History, words: CaseText, checked: datetime) -> None:
        """Close the case, reply to the reporter, and make the return visit."""
        rng = self.rng
        history.closed_at = self.draw_moment_after(checked, 0.2, 3)
        history.state = State.DONE.value
        if not history.new.reporter_name:
            return
        lead = unit_info(history.rounds[-1].unit_id) if history.rounds else None
        history.reply_at = history.closed_at
        history.reply = self.phrases.pick_phrase("replies").format(
            title=words.title, unit=lead.name if lead else "", result=words.result, place=words.place
        )
        at = self.draw_moment_after(history.closed_at, 4, 14)
        while rng.random() < 0.16 and len(history.visits) < 2:
            history.visits.append(Visit(at, reached=False))
            at = self.draw_moment_after(at, 3, 9)
        if rng.random() < 0.06:
            history.visits.append(Visit(at, reached=False))
            return
        score = rng.choices([5, 4, 3, 2, 1], [54, 29, 10, 4, 3])[0]
        solved = rng.random() < {5: 0.99, 4: 0.97, 3: 0.84, 2: 0.45, 1: 0.25}[score]
        note = (
            self.phrases.pick_phrase("visit_good" if score >= 4 else "visit_bad")
            if rng.random() < 0.5
            else ""
        )
        history.visits.append(Visit(at, True, solved, score, note))

    def make_past_case(self, day: date) -> History:
        """Draw a case of the past half-year that is handled completely."""
        history, words, place = self.start_case(self.draw_moment_on(day))
        if history.new.channel == "PATROL" and self.rng.random() < 0.22:
            self.handle_on_the_spot(history, words, place)
        else:
            filed = self.accept(history, place)
            history.people["REPORT"] = self.find_grid_worker(place)
            checked = self.handle(history, words, filed, place)
            self.finish(history, words, checked)
        return history

    def _make_finished_case(self, day: date) -> History:
        """Draw a case of a day that is finished by now; of one of the two weeks before where the day is too late."""
        now = clock.now()
        while True:
            for _attempt in range(6):
                history = self.make_past_case(day)
                if find_newest_moment(history) <= now:
                    return history
            day -= timedelta(days=self.rng.randrange(1, 15))

    def handle_on_the_spot(self, history: History, words: CaseText, place: Place) -> None:
        """Let the grid worker handle the case on the spot, and another user check it."""
        at = history.new.reported_at
        assert at is not None
        who = self.find_grid_worker(place)
        done = at + timedelta(minutes=self.rng.randrange(5, 40))
        history.self_handled, history.accepted_at = True, done
        history.people.update(
            REPORT=who, SELF_HANDLE=who, HANDLE=who, CHECK_PASS=self.staff.checker, CLOSE=self.staff.closer
        )
        checked = self.draw_moment_after(done, 0.5, 6)
        text = self.phrases.pick_phrase("checked")
        history.rounds.append(
            Round(
                who.unit_id or 0,
                done,
                done,
                done,
                "DONE",
                text=words.result,
                checked_at=checked,
                check_text=text,
            )
        )
        history.closed_at, history.state = self.draw_moment_after(checked, 0.2, 3), State.DONE.value

    def make_past_cases(self, count: int) -> Iterator[History]:
        """Draw the cases of the past half-year, in the order of their reports; by now all are finished."""
        histories = [self._make_finished_case(day) for day in self.draw_past_days(count)]
        histories.sort(
            key=lambda history: history.new.reported_at or datetime.min.replace(tzinfo=clock.TOWN_TZ)
        )
        return iter(histories)


def find_newest_moment(history: History) -> datetime:
    """Return the time of the latest move of a timeline."""
    times = [
        history.new.reported_at,
        history.accepted_at,
        history.verified_at,
        history.closed_at,
        history.ended_at,
    ]
    for part in history.rounds:
        times += [part.dispatched_at, part.taken_at, part.ended_at, part.checked_at]
    times += [visit.at for visit in history.visits]
    return max(moment for moment in times if moment is not None)


def make_cases(histories: list[History], *, actor: Actor, batch: int, progress: Progress) -> int:
    """Write the cases, each batch in a transaction of its own; return how many."""
    for start in range(0, len(histories), batch):
        part = histories[start : start + batch]
        file_histories(part, actor=actor)
        progress(len(part))
    return len(histories)
