"""The demonstration town: an interrupted run is completed, all of it agrees on one morning, everybody has some work."""

import random
import re
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from django.apps import apps
from django.db.models import DateField, DateTimeField, Max, Min, Model
from django.test import Client

from jiedao.accounts.models import User
from jiedao.audit.models import Entry
from jiedao.cases.flow import OPEN, State
from jiedao.cases.models import Case
from jiedao.cases.selectors.home import count_open_cases, list_waiting
from jiedao.demo.commands import MORNING, PACK, count_started_cases, describe_reach, make_town
from jiedao.demo.generator import PAST_FROM, PAST_TO
from jiedao.demo.live import MIX
from jiedao.demo.people import SYSTEM_ROLES
from jiedao.demo.tests import half_year
from jiedao.demo.tests.numbers import find_faults, list_linked_numbers, open_page, read_stated_total
from jiedao.desk.figure_lines import format_number, get_figure_url
from jiedao.desk.links import get_rows_url
from jiedao.indicators.compute import find_place
from jiedao.indicators.models import VIEW as VIEW_FIGURES
from jiedao.indicators.models import Measure, MeasureKind
from jiedao.indicators.parts import Part
from jiedao.kernel import clock
from jiedao.kernel.errors import UserError
from jiedao.kernel.memo import forget_all
from jiedao.kernel.policies import get_policy
from jiedao.orgs.actor import find_actor, make_actor, make_system_actor
from jiedao.orgs.models import Holding, Post, UnitKind
from jiedao.projects.models import Obstacle, Progress
from jiedao.projects.models.promises import Campaign, CampaignEntry, Pledge, PledgeMove, PledgeState
from jiedao.projects.selectors.aid import read_aid_status
from jiedao.projects.selectors.campaigns import read_campaign_status
from jiedao.projects.selectors.lights import Colour, read_lights
from jiedao.registers.catalogue import register_info
from jiedao.registers.models import Finding, FindingState, Inspection, InspectionKind, InspectionState, Record
from jiedao.registers.selectors.counting import RecordCount, count_groups
from jiedao.registers.selectors.filters import RecordFilters
from jiedao.registers.selectors.inspection_filters import FINDING_COUNTS, INSPECTION_COUNTS, InspectionFilters
from jiedao.registers.selectors.inspections import (
    count_inspections,
    find_waiting_inspections,
    read_chain,
    read_inspection_page,
)
from jiedao.reports.binding import find_unbound
from jiedao.reports.building import build_document
from jiedao.reports.document import Document, Run
from jiedao.reports.forms.actions.filling import read_cells
from jiedao.reports.forms.models import FillState, FormFill
from jiedao.reports.forms.selectors import read_demands
from jiedao.reports.models import Report
from jiedao.reports.planning.reviewing import MentionCode, review_promises
from jiedao.reports.planning.selectors import read_plan
from jiedao.reports.planning.states import StateCode
from jiedao.reports.selectors import find_report_template, read_report
from jiedao.testing.html import Node

pytestmark = pytest.mark.django_db
CASES, BATCH = 300, 20
CASEWORKERS = {
    "wangge",
    "shouli",
    "paiqian",
    "chuzhi",
    "huanwei",
    "hecha",
    "zhiban",
    "huifang",
    "lingdao",
    "chengjian",
}
ADMINISTRATORS = {"guanli", "anquan", "shenji"}
# Dates that may lie ahead: deadlines, plans, the next look at something. All others are of what has happened.
AHEAD = {
    "cases": {
        "due_at", "handle_due_at", "close_due_at", "review_date", "warn_at", "next_look_at", "erase_after",
        "answer_date",
    },
    "projects": {
        "due_date", "from_date", "extended_date", "until", "warned_for", "start_date", "completion_date", "month",
    },
    # d1 to d4 are the fields of the registers, among them limits; the tests of the pack check their files
    "registers": {"due_date", "planned_date", "counted_date", "until_date", "d1", "d2", "d3", "d4"},
}  # fmt: skip
ROOMS = ("audit", "cases", "files", "notices", "projects", "registers")


@dataclass(frozen=True)
class Runs:
    """What was in the database after each of three runs, and what the clock showed."""

    interrupted_cases: int
    stood: bool
    finished: list[int]
    began_at: datetime
    repeated: list[int]


def interrupt(_count: float | None) -> None:
    """Raise KeyboardInterrupt once two batches are written."""
    if Case.objects.count() >= 2 * BATCH:
        raise KeyboardInterrupt


def count_rows() -> list[int]:
    tables = (Case, Record, Inspection, Finding, Progress, Obstacle, CampaignEntry, PledgeMove, Entry, User)
    return [table.objects.count() for table in tables]


@pytest.fixture(scope="module", autouse=True)
def runs(module_database: Callable[[], AbstractContextManager[None]]) -> Runs:
    """Make the town in three runs: the first is interrupted, the second finishes it, the third changes nothing."""
    with module_database():
        forget_all()
        with pytest.raises(KeyboardInterrupt):
            make_town(PACK, cases=CASES, batch=BATCH, progress=interrupt)
        interrupted_cases, stood = Case.objects.count(), clock.read_town_time().stands
        make_town(PACK, cases=CASES, batch=BATCH)
        finished, began_at = count_rows(), clock.now()
        make_town(PACK, cases=CASES, batch=BATCH)
        return Runs(interrupted_cases, stood, finished, began_at, count_rows())


def test_an_interrupted_run_is_finished_by_the_next(runs: Runs) -> None:
    handled = CASES - sum(MIX.values()) - count_started_cases(PACK / "demo")
    assert runs.interrupted_cases == 2 * BATCH
    assert runs.stood
    assert len(set(Case.objects.order_by("id").values_list("detail", flat=True)[:handled])) == handled


def test_a_further_run_changes_nothing(runs: Runs) -> None:
    assert runs.repeated == runs.finished


# -- one morning -----------------------------------------------------------------------------------------------------


def test_the_clock_begins_in_the_morning_when_the_town_is_made_and_runs_on(runs: Runs) -> None:
    assert timedelta(0) <= runs.began_at - MORNING < timedelta(minutes=5)
    assert runs.began_at < clock.now() < MORNING + timedelta(hours=1)
    assert abs(clock.real_now() - clock.now()) > timedelta(days=365)


def test_the_half_year_has_as_many_cases_as_the_report_and_those_that_wait_are_among_them() -> None:
    states = Counter(Case.objects.values_list("state", flat=True))
    assert Case.objects.filter(reported_date__range=(PAST_FROM, PAST_TO)).count() == states.total() == CASES
    assert set(states) == set(State.values)
    assert sum(states[state] for state in OPEN) >= 150
    numbers = Case.objects.aggregate(oldest=Min("number"), newest=Max("number"))
    oldest, newest = (int(numbers[name].removeprefix("2020-")) for name in ("oldest", "newest"))
    assert newest - oldest + 1 == CASES  # other tests of the same process may have used the first numbers


def list_dates() -> list[tuple[type[Model], str]]:
    """Return each column of the domain with a time or a date that has happened."""
    return [
        (model, field.name)
        for room in ROOMS
        for model in apps.get_app_config(room).get_models()
        for field in model._meta.get_fields()
        if isinstance(field, DateField) and field.concrete and field.name not in AHEAD.get(room, ())
    ]


@pytest.mark.parametrize(("model", "name"), list_dates(), ids=lambda part: getattr(part, "__name__", part))
def test_nothing_has_happened_after_the_present_moment(model: type[Model], name: str) -> None:
    newest = model._default_manager.aggregate(newest=Max(name))["newest"]
    is_time = isinstance(model._meta.get_field(name), DateTimeField)
    assert newest is None or newest <= (clock.now() if is_time else clock.today())


def test_every_overdue_case_was_due_after_it_was_reported_and_some_wait_beyond_their_limit() -> None:
    late = Case.objects.filter(state__in=OPEN, due_at__lt=clock.now())
    assert 5 <= late.count() <= 60
    assert late.filter(reported_at__lt=MORNING - timedelta(days=20)).count() == 0


def count_records(register: str, **values: str) -> RecordCount:
    info = register_info(register)
    assert info is not None
    sum_of = {"illegal_new": "area_m2", "talk_reminders": "talks", "health_stations": "rooms"}.get(
        register, ""
    )
    filters = RecordFilters(values=values)
    return count_groups(make_system_actor(), info, filters, {}, as_of=clock.today(), sum_of=sum_of)[()]


@pytest.mark.parametrize(
    ("register", "values", "expected"),
    [
        ("urban_villages", {"enclosed": "是"}, 43),
        ("urban_villages", {"unplanned": "是"}, 34),
        ("estates", {"enclosed": "是"}, 102),
        ("estates", {"bins_removed": "是"}, 91),
        ("blocks", {"enclosed": "是"}, 40),
        ("checkpoints", {}, 281),
        ("rental_buildings", {}, 2380),
        ("illegal_new", {}, 21),
        ("scattered_polluters", {}, 474),
        ("scattered_polluters", {"rectified": "是"}, 460),
        ("markets", {"upgrading": "是"}, 5),
        ("party_organisations", {"temporary": "是"}, 33),
        ("demo_sites", {}, 12),
        ("inspections_unannounced", {}, 34),
    ],
)
def test_the_registers_count_on_that_morning_what_the_report_counts(
    register: str, values: dict[str, Any], expected: int
) -> None:
    assert count_records(register, **values).count == expected


@pytest.mark.parametrize(
    ("register", "expected"), [("illegal_new", 180_000), ("talk_reminders", 128), ("health_stations", 300)]
)
def test_sums_of_the_registers_are_those_of_the_report(register: str, expected: int) -> None:
    assert count_records(register).total == expected


def test_campaigns_are_in_the_middle_of_their_year() -> None:
    status = {
        campaign.key: read_campaign_status(make_system_actor(), campaign)
        for campaign in Campaign.objects.all()
    }
    done = {key: float(row.done) for key, row in status.items()}
    assert done == {
        "gas": 2640,
        "stock": 32.28,
        "bins": 91,
        "parking": 0,
        "branches": 84,
        "red_estates": 0,
    }
    assert status["branches"].share > 0.8  # the report: the parties' branches cover more than 80 %
    colours = {key: row.colour for key, row in status.items()}
    assert {key for key, colour in colours.items() if colour == Colour.RED} == {"gas"}


def test_projects_show_all_lights_and_most_are_green() -> None:
    lights = read_lights(make_system_actor())
    colours = Counter(light.colour for light in lights)
    assert colours.total() == 43
    assert colours[Colour.GREEN] > colours.total() / 2
    assert 5 <= colours[Colour.RED] <= 12
    assert 3 <= colours[Colour.YELLOW] <= 10
    unstarted = [light.project.key for light in lights if light.project.kind.code in {"village", "market"}]
    begun = Progress.objects.filter(task__project__key__in=unstarted).values("task__project").distinct()
    assert (len(unstarted), begun.count()) == (10, 10)  # five villages and five markets, all begun


def test_responsibility_items_and_aid_are_those_of_the_report() -> None:
    assert Pledge.objects.filter(kind="ITEM").count() == 30
    assert set(Pledge.objects.values_list("state", flat=True)) == set(PledgeState.values)
    assert 3 <= Pledge.objects.late(clock.today()).count() <= 10
    assert read_aid_status(make_system_actor()).paid == 1_888_000


def test_the_stock_campaign_shows_the_amount_of_the_half_year_report() -> None:
    info = register_info("illegal_stock")
    assert info is not None
    half_year_end = date(2020, 6, 30)
    filters = RecordFilters(values={"settled": "是"})
    disposed = count_groups(make_system_actor(), info, filters, {}, as_of=half_year_end, sum_of="area_m2")
    status = read_campaign_status(make_system_actor(), Campaign.objects.get(key="stock"), half_year_end)
    assert disposed == {(): RecordCount(168, 322_800)}
    assert (f"{status.done:.2f}", f"{status.target:.2f}") == ("32.28", "35.42")
    assert round(100 * status.share, 1) == 91.1


def test_projects_have_open_obstacles() -> None:
    assert Obstacle.objects.open().count() == 3


# -- its people -----------------------------------------------------------------------------------------------------


def test_every_caseworker_has_waiting_work() -> None:
    holdings = Holding.objects.filter(user__about__gt="").select_related("user", "post__unit__area")
    waiting = {holding.user.username: list_waiting(make_actor(holding)) for holding in holdings}
    assert [name for name in sorted(CASEWORKERS) if not waiting[name]] == []
    assert len(waiting) == len(CASEWORKERS) + 3  # the three administrators have their sections instead


def test_every_unit_with_open_cases_has_a_user_who_lists_them() -> None:
    holdings = Holding.objects.select_related("user", "post__unit__area")
    handlers = [row for row in holdings if "cases.case:handle" in row.post.permissions]
    busy = {row.post.unit_id for row in handlers if count_open_cases(make_actor(row))["open"]}
    dispatched = Case.objects.filter(state__in=[State.DISPATCHED, State.HANDLING])
    assert set(dispatched.values_list("lead_unit_id", flat=True)) <= busy


def test_all_accounts_are_marked_and_only_the_named_ones_are_offered(client: Client) -> None:
    assert not User.objects.filter(is_demo=False).exists()
    assert User.objects.count() > 100
    page = client.get("/accounts/sign-in/").content.decode()
    named = User.objects.filter(about__gt="").values_list("full_name", flat=True)
    assert len(named) == 13
    assert [name for name in named if name not in page] == []
    assert not any(
        username in page for username in User.objects.filter(about="").values_list("username", flat=True)
    )


def test_administrators_of_the_demonstration_need_no_second_factor() -> None:
    assert "orgs.user:manage" in get_policy("second_factor_rights")
    holding = Holding.objects.select_related("user").get(user__username="guanli")
    actor = find_actor(holding.user)
    assert actor is not None
    assert actor.can("orgs.user:manage")


@pytest.mark.parametrize(
    ("who", "path"), [("", "/accounts/sign-in/"), ("zhiban", "/desk/"), ("guanli", "/desk/")]
)
def test_every_page_names_the_time_of_the_town(client: Client, who: str, path: str) -> None:
    if who:
        client.force_login(
            User.objects.get(username=who), backend="django.contrib.auth.backends.ModelBackend"
        )
    page = client.get(path).content.decode()
    assert "演示数据，均为虚构。时间从 2020年6月30日 09:00 起走，现在是 2020年6月30日" in page


def test_a_run_refuses_where_an_account_is_not_its_own() -> None:
    before = count_rows()
    User.objects.create_user("wanggong", "a password of an office", "王工")
    with pytest.raises(UserError, match="1 个账号（wanggong）") as refusal:
        make_town(PACK, cases=CASES, batch=BATCH)
    assert "JIEDAO_DATA" in refusal.value.hint
    User.objects.get(username="wanggong").delete()
    assert count_rows() == before


def test_a_town_of_another_time_is_refused() -> None:
    with pytest.raises(UserError, match="2020 年 6 月 30 日"):
        make_town(PACK, today=True, cases=CASES, batch=BATCH)


@pytest.mark.parametrize(
    ("host", "words"),
    [("127.0.0.1", "Only this machine"), ("0.0.0.0", "WARNING: every machine")],
)
def test_a_run_states_who_can_reach_it(host: str, words: str) -> None:
    assert describe_reach(host).startswith(words)


def test_the_grid_worker_has_inspections_today_and_tomorrow_a_recheck_and_missed_ones() -> None:
    today = clock.today()
    holding = Holding.objects.select_related("user", "post__unit__area").get(user__username="wangge")
    rows, total = find_waiting_inspections(make_actor(holding), today)
    assert total == 6
    assert [(row.due_date - today).days for row in rows[:2]] == [0, 1]
    assert Counter(row.kind for row in rows) == {InspectionKind.ROUND: 5, InspectionKind.RECHECK: 1}
    missed = Inspection.objects.filter(state=InspectionState.MISSED, record__in=[row.record for row in rows])
    assert missed.exists()


@pytest.mark.parametrize("register", ["rental_buildings", "small_premises", "markets"])
def test_the_figures_of_inspections_are_the_lengths_of_their_lists(register: str) -> None:
    today = clock.today()
    filters = InspectionFilters(register=register, start=today - timedelta(days=30), end=today)
    figures = count_inspections(make_system_actor(), filters)
    for name in (*INSPECTION_COUNTS, *FINDING_COUNTS):
        page = read_inspection_page(make_system_actor(), replace(filters, show=name))
        assert getattr(figures, name) == page.total, name
    assert min(figures.due, figures.done, figures.missed, figures.failed, figures.items) > 0


def test_planned_inspections_start_today_and_are_spread_over_days() -> None:
    due_dates = Inspection.objects.filter(state=InspectionState.DUE).values_list("due_date", flat=True)
    per_day = Counter(due_dates)
    assert min(due_dates) == clock.today()
    assert max(per_day.values()) < 0.03 * per_day.total()


def test_failed_items_are_resolved_and_checked_by_others_than_their_finder() -> None:
    assert {State.FILED, State.HANDLING, State.DONE} == set(
        Finding.objects.values_list("case__state", flat=True)
    )
    resolved = Finding.objects.filter(state=FindingState.RIGHT).select_related("case", "inspection")
    assert resolved
    for finding in resolved:
        (recheck,) = read_chain(finding.pk).rechecks
        assert (recheck.state, recheck.planned_date) == (InspectionState.DUE, finding.right_date)
        assert finding.found_date < finding.right_date <= clock.today()
        moves = {row.move: row.actor_label for row in finding.case.moves.all()}
        assert len({finding.inspection.done_label, moves["HANDLE"], moves["CHECK_PASS"]}) == 3


OWN_PAGES = {"/desk/": "", "/desk/dispatcher/": "cases.case:dispatch"}
SCOPED_PAGES = {
    "/desk/board/": "cases.board:view",
    "/desk/registers/": "registers.record:view",
    "/desk/inspections/": "registers.record:view",
    "/desk/promises/": "projects.promise:view",
    "/desk/promises/pledges/": "projects.promise:view",
    "/desk/projects/": "projects.project:view",
}


def sign_in(username: str) -> Client:
    client = Client(headers={"accept-language": "zh-hans"})
    client.force_login(
        User.objects.get(username=username), backend="django.contrib.auth.backends.ModelBackend"
    )
    return client


def find_wrong_numbers(username: str) -> list[str]:
    """Return the linked numbers of a person's pages that are not those of the lists they open."""
    client, actor = sign_in(username), find_actor(User.objects.get(username=username))
    assert actor is not None
    # Whoever sees the complete town sees the same lists, so that one of them opens these for all.
    scoped = SCOPED_PAGES if not actor.sees_town or username == "lingdao" else {}
    rights = OWN_PAGES | scoped
    pages = [url for url, right in rights.items() if not right or actor.can(right)]
    known: dict[str, Node] = {}
    with clock.at(clock.now()):  # else a case may become late between the number and its list
        numbers = [number for url in pages for number in list_linked_numbers(url, open_page(client, url))]
        faults = find_faults(client, numbers, known)
    assert len(numbers) > 5 or not actor.can("cases.case:view"), username
    return [f"{username}: {fault}" for fault in faults]


@pytest.mark.parametrize("username", sorted(CASEWORKERS | ADMINISTRATORS | {"chengjian"}))
def test_every_linked_number_is_that_of_the_list_it_opens(username: str) -> None:
    assert find_wrong_numbers(username) == []


def choose_generated_people() -> dict[tuple[str, str], str]:
    """Return one generated person for each kind of post in each kind of unit, always the same ones."""
    people: dict[tuple[str, str], list[str]] = {}
    rows = Holding.objects.filter(user__about="").select_related("post__unit", "user").order_by("post__code")
    for row in rows:
        role = row.post.code.rpartition(".")[2]
        people.setdefault((role, row.post.unit.kind), []).append(row.user.username)
    chooser = random.Random(20200630)
    return {kind: chooser.choice(people[kind]) for kind in sorted(people)}


def test_the_sample_of_generated_people_has_every_kind_of_post_and_unit() -> None:
    chosen = choose_generated_people()
    held = {
        post.rpartition(".")[2] for post in Post.objects.filter(active=True).values_list("code", flat=True)
    }
    named = Holding.objects.filter(user__about__gt="").values_list("post__code", flat=True)
    named_roles = {code.rpartition(".")[2] for code in named}
    assert {role for role, _kind in chosen} | named_roles == held - SYSTEM_ROLES
    of_named = Holding.objects.filter(user__about__gt="").values_list("post__unit__kind", flat=True)
    assert {kind for _role, kind in chosen} | set(of_named) == set(UnitKind.values)


def test_the_numbers_of_generated_people_are_those_of_their_lists() -> None:
    faults = [fault for name in choose_generated_people().values() for fault in find_wrong_numbers(name)]
    assert faults == []


def test_the_board_of_the_half_year_opens_what_it_counts() -> None:
    client, url = sign_in("lingdao"), "/desk/board/?period=2020H1&by=channel&all=1"
    numbers = list_linked_numbers(url, open_page(client, url))
    assert find_faults(client, numbers, {}) == []
    assert len(numbers) > 100


COUNTED = re.compile(r'href="([^"]+)"[^>]*data-count="(\d+)"', re.DOTALL)


def list_counts(client: Client, url: str) -> list[tuple[str, int]]:
    """Return the links of a page that state how many rows they open; of a split its first and last part."""
    answer = client.get(url)
    assert answer.status_code == 200, url
    text = answer.content.decode()
    tables = re.findall(r'<table[^>]*data-split="[^"]*">.*?</table>', text, re.DOTALL)
    counted = []
    for table in tables:
        text = text.replace(table, "")
        rows = COUNTED.findall(table)
        counted += [*rows[:1], *rows[-1:]]
    return [(unescape(link), int(count)) for link, count in [*COUNTED.findall(text), *counted]]


def choose_readers_of_figures() -> dict[str, str]:
    """Return a person who sees figures by the kind of what they see: the town, a unit, a community."""
    people = {"town": "lingdao", "unit": "chengjian"}
    for (_role, kind), username in choose_generated_people().items():
        actor = find_actor(User.objects.get(username=username))
        if kind == UnitKind.COMMUNITY and actor is not None and actor.can(VIEW_FIGURES):
            people["community"] = username
    return people


@pytest.mark.parametrize("reader", ["town", "unit", "community"])
@pytest.mark.parametrize("period", ["2020H1", "2020-05"])
def test_each_figure_of_the_pack_opens_exactly_the_rows_that_it_counts(reader: str, period: str) -> None:
    client = sign_in(choose_readers_of_figures()[reader])
    keys = list(Measure.objects.filter(active=True).values_list("key", flat=True))
    # the catalogue has every measure; denominators and splits are on the pages of figures, of which some are opened
    pages = ["/desk/figures/", *(f"/desk/figures/{key}/" for key in keys[::9])]
    known: dict[str, int] = {}
    faults = []
    with clock.at(clock.now()):
        for page in pages:
            for link, count in list_counts(client, f"{page}?period={period}"):
                if link not in known:
                    known[link] = read_stated_total(open_page(client, link))
                faults += [f"{page}: {count} opens {known[link]} at {link}"] if known[link] != count else []
    assert faults == []
    assert len(known) > (70 if reader == "town" else 20)


def test_the_leaders_page_names_the_lists_behind_a_figure_of_several_registers() -> None:
    page = open_page(sign_in("lingdao"), "/desk/overview/")
    labels = {link.text.rsplit(" ", 1)[0] for link in page.find_all("a", "ov-rows")}
    assert {"花园小区", "城中村"} <= labels


def build_half_year_report() -> Document:
    template, period = find_report_template("2020H1")
    return build_document(template.text, period)


def test_the_half_year_report_prints_what_the_records_count() -> None:
    document = build_half_year_report()
    printed = {run.figure.measure.key: run.figure.text for run in document.runs if run.figure is not None}
    assert {key: printed[key] for key in half_year.VALUES} == half_year.VALUES
    assert [words for words in half_year.SENTENCES if words not in document.text] == []
    assert document.notes == ()
    assert find_unbound(document) == []


def test_sentences_of_the_half_years_plan_have_become_tasks() -> None:
    report = Report.objects.get(first_date=date(2020, 1, 1))
    plan = read_plan(report, read_report(report))
    kinds = Counter(decision.kind for line in plan.lines for decision in line.decisions)
    assert kinds == {"CAMPAIGN": 2, "PLEDGE": 1, "NONE": 1}
    assert plan.open_count == 3
    assert Pledge.objects.get(kind="REPORT").due_date == date(2020, 9, 30)


def test_the_half_year_is_compared_with_the_promises_of_the_one_before() -> None:
    report = Report.objects.get(first_date=date(2020, 1, 1))
    review = review_promises(make_system_actor(), report, read_report(report))
    assert len(review.lines) == 7
    states = {line.state.code for line in review.lines}
    assert states == {StateCode.DONE, StateCode.RUNNING, StateCode.LATE}
    assert {line.mention for line in review.lines} == set(MentionCode)


@pytest.mark.parametrize(
    ("key", "unit"),
    [
        *(("2020-06-29", ""), ("2020-05", ""), ("weekly:2020-W22", ""), ("2020Q2", ""), ("2020", "")),
        ("unit-monthly:2020-06", "ZHIFA"),
    ],
)
def test_the_reports_of_each_length_have_only_figures(key: str, unit: str) -> None:
    place = find_place(unit=unit)
    template, period = find_report_template(key, place)
    document = build_document(template.text, period, place)
    assert find_unbound(document) == []
    assert [
        note for note in document.notes if "满意率" not in note
    ] == []  # 300 cases have few visits in a day
    assert len([run for run in document.runs if run.figure is not None]) >= 8


def test_each_number_of_the_half_year_report_opens_as_many_rows_as_it_counts() -> None:
    client, actor = sign_in("lingdao"), find_actor(User.objects.get(username="lingdao"))
    assert actor is not None
    figures = {run.figure for run in build_half_year_report().runs if run.figure is not None}
    urls = {get_rows_url(actor, figure.link): figure for figure in figures}
    faults = [
        f"{figure.measure.key}: {figure.rows} rows, {url} lists {total}"
        for url, figure in urls.items()
        if url and (total := read_stated_total(open_page(client, url))) != figure.rows
    ]
    assert faults == []
    assert len(urls) > 20


def read_words_of_part(run: Run) -> str:
    """Return how the page of a figure writes what a report prints of it."""
    assert run.figure is not None
    assert run.exact is not None
    if run.part is Part.VALUE:
        return run.figure.text
    if run.part is Part.RANK:
        return f"{run.figure.rank_field}第 {run.figure.rank} 位"
    if run.part is Part.TARGET:
        return format_number(run.exact, run.figure.measure.digits)
    return f"{format_number(abs(run.exact), 1)}%"


def test_each_number_of_the_half_year_report_opens_a_page_that_states_it() -> None:
    report = Report.objects.get(first_date=date(2020, 1, 1))  # begun by the demonstration
    runs = [run for run in build_half_year_report().runs if run.figure is not None]
    client = sign_in("lingdao")
    links = open_page(client, f"/desk/reports/{report.pk}/").find_all("a", "figure")
    assert len(links) == len(runs) > 80
    faults = []
    for run, link in zip(runs, links, strict=True):
        page = open_page(client, link.attributes["href"])
        words = read_words_of_part(run)
        if words not in (_read_big_value(page) if run.part is Part.VALUE else page.text):
            faults.append(f"{link.text} opens {link.attributes['href']} without {words}")
    assert faults == []


def _read_big_value(page: Node) -> str:
    return next(node.text for node in page.find_all("b") if node.attributes.get("id") == "figure-value")


def test_an_entered_number_of_the_half_year_report_opens_its_entry_with_the_document() -> None:
    figures = {run.figure for run in build_half_year_report().runs if run.figure is not None}
    entered = [figure for figure in figures if figure.measure.kind == MeasureKind.ENTERED]
    client = sign_in("lingdao")
    faults = [
        figure.measure.key
        for figure in entered
        if figure.source not in open_page(client, get_figure_url(figure.measure, figure.period)).text
        or not figure.source
    ]
    assert faults == []
    assert len(entered) >= 10


# -- forms -----------------------------------------------------------------------------------------------------------


def test_forms_of_superiors_are_bound_and_filled_and_one_waits_for_confirmation() -> None:
    fills = {(fill.form.name, fill.period.text): fill for fill in FormFill.objects.select_related("form")}
    assert {key[1]: fill.state for key, fill in fills.items()} == {
        "2020-04": FillState.SENT,
        "2020-05": FillState.SENT,
        "2020Q2": FillState.DRAFT,
    }
    with clock.at(MORNING):
        lines = read_demands()
    assert [(line.is_late, line.bound > 0) for line in lines] == [(False, True)] * 3
    assert {line.next_period.text for line in lines} == {"2020-06", "2020H1", "2020Q2"}
    monthly = next(fill for fill in fills.values() if fill.period.text == "2020-05")
    assert monthly.by_hand == 1
    assert all(cell.text for cell in read_cells(monthly) if cell.spec.get("measure") == "cases.reported")
    waiting = next(cell for cell in read_cells(fills["老旧住宅区清单", "2020Q2"]) if cell.kind == "LIST")
    info = register_info("old_estates")
    assert info is not None
    assert len(waiting.rows) == Record.objects.filter(register_id=info.id).count()
