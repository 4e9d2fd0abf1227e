"""The contract of every source of figures: cells add up, and the page behind each cell lists exactly its rows."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import BytesIO
from itertools import combinations
from typing import Any

import pytest
from django.test import Client
from openpyxl import load_workbook

from jiedao.cases.models import Assignment, CaseMove, Clock
from jiedao.cases.selectors.measures import MEASURES, RATES
from jiedao.desk.links import get_rows_url
from jiedao.indicators.models import VIEW, Measure, Theme
from jiedao.kernel import clock, figures, periods
from jiedao.kernel.figures import Reading, RowsLink, Spec
from jiedao.kernel.memo import forget_all
from jiedao.orgs.actor import make_system_actor
from jiedao.projects.actions.campaigns import add_entry
from jiedao.projects.models import Permit, ProjectKind, ProjectMeasure
from jiedao.projects.models.promises import Commitment, Partner, Payment
from jiedao.projects.tests import parts as project_parts
from jiedao.projects.tests.promise_parts import add_item, create_campaign, create_partners
from jiedao.registers.actions.planning import plan_rounds
from jiedao.registers.actions.records import add_record, change_record, end_record
from jiedao.registers.catalogue import RegisterInfo
from jiedao.registers.definition import Anchor, Choice, Definition, Field, FieldKind, Grade, Rule
from jiedao.registers.jobs import mark_missed_inspections
from jiedao.registers.models import Inspection
from jiedao.registers.rows import RecordInput
from jiedao.registers.tests.inspecting import (
    INSPECTED,
    add_house,
    answer_all,
    answer_inspection,
    grant_rights,
)
from jiedao.registers.tests.parts import declare
from jiedao.testing.cast import Town, make_cases, make_town

pytestmark = pytest.mark.django_db
NOW = datetime(2020, 7, 10, 2, tzinfo=UTC)
TODAY = date(2020, 7, 10)
G1, G3 = "990001001001001", "990001001002001"
ALL = "2020-04-15..2020-07-20"
WORKS = Definition(
    key="works",
    name="违建",
    on=Anchor.TOWN,
    fields=(
        Field(
            "state",
            "状态",
            FieldKind.CHOICE,
            choices=(Choice("STANDS", "未拆"), Choice("GONE", "已拆")),
            filter=True,
        ),
        Field("area_m2", "面积", FieldKind.NUMBER, unit="平方米", filter=True),
        Field("gone_on", "拆除日期", FieldKind.DATE, filter=True),
    ),
    grades=(Grade("L", "大型", "Large", "bad"), Grade("M", "中型", "Medium", "warn")),
    rules=(Rule("L", "area_m2 >= 500", "五百平方米以上", "From 500 square metres"),),
)
FLOW = {
    "source": "register",
    "register": "works",
    "sum": "area_m2",
    "date": "gone_on",
    "where": {"state": "GONE"},
}
RIGHTS = {
    "leader": ["registers.record:view", "projects.project:view", "projects.promise:view", "cases.board:view"],
    "handler": ["projects.promise:view", "projects.promise:edit"],
    "supervisor": ["projects.promise:view", "projects.promise:edit"],
}
# source -> specs, each read in a period
SPECS: dict[str, list[tuple[Spec, str]]] = {
    "cases": [
        *(({"source": "cases", "measure": code}, ALL) for code in MEASURES),
        ({"source": "cases", "measure": "reported", "where": {"channel": ["WEB", "HOTLINE"]}}, ALL),
        (
            {"source": "cases", "measure": "dispatched", "where": {"unit": "WATER", "category": "MATTER 01"}},
            "all",
        ),
    ],
    "register": [
        (FLOW, ALL),
        ({**FLOW, "grade": "L"}, "2020"),
        ({"source": "register", "register": "works"}, "2020-06"),
        ({"source": "register", "register": "works", "sum": "area_m2", "grade": "M"}, "2020-06"),
        ({"source": "register", "register": "works", "where": {"state": "STANDS"}}, "2020-07"),
        (
            {"source": "register", "register": "works", "filter": 'area_m2 >= 20 && state == "GONE"'},
            "2020-07",
        ),
    ],
    "inspections": [
        *(
            ({"source": "inspections", "count": code}, ALL)
            for code in ("due", "done", "waiting", "missed", "failed", "items", "open", "right")
        ),
        ({"source": "inspections", "count": "due", "register": "houses"}, "2020-07"),
    ],
    "projects": [
        ({"source": "projects"}, "all"),
        ({"source": "projects", "sum": "spaces"}, "all"),
        ({"source": "projects", "kind": "parking", "light": "YELLOW"}, "all"),
        ({"source": "projects", "permit": "用地批复"}, "2026-08"),
        ({"source": "projects", "money": "budget"}, "2026-09..2026-10"),
    ],
    "campaigns": [
        ({"source": "campaigns", "campaign": "stock2020"}, ALL),
        ({"source": "campaigns", "campaign": "trees"}, ALL),
    ],
    "aid": [
        ({"source": "aid"}, "all"),
        ({"source": "aid", "sum": "paid"}, "2020-03..2020-06"),
        ({"source": "aid", "sum": "committed"}, "2020"),
    ],
    "pledges": [
        *(
            ({"source": "pledges", "count": code}, ALL)
            for code in ("total", "open", "reported", "confirmed", "late")
        ),
        ({"source": "pledges", "count": "total", "kind": "DECISION"}, "all"),
    ],
}
# kind of a list -> function that reads the number of all its rows from the context of its page
ROWS: dict[str, Callable[[Any], int]] = {
    "cases.measure": lambda context: context["page"].total,
    "registers.records": lambda context: context["page"].shown,
    "registers.inspections": lambda context: context["total"],
    "projects.projects": lambda context: len(context["rows"]),
    "projects.entries": lambda context: len(context["entries"]),
    "projects.pledges": lambda context: len(context["rows"]),
    "projects.aid": lambda context: context["counted"],
}


@pytest.fixture(scope="module")
def written_town(module_database: Callable[[], AbstractContextManager[None]]) -> Town:
    """Write the cast and rows of every source, which no test changes."""
    with module_database(), clock.at(NOW):
        town = make_town()
        grant_rights(town)
        for username, rights in RIGHTS.items():
            post = town.posts[username]
            post.permissions = sorted({*post.permissions, *rights})
            post.save()
        forget_all()
        add_cases(town)
        add_records(town)
        add_inspections(town, declare(INSPECTED))
        add_projects()
        add_promises(town)
        add_aid(town)
        return town


@pytest.fixture
def town(written_town: Town, db: None) -> Iterator[Town]:
    forget_all()
    with clock.at(NOW):
        yield written_town


def make_moment(day: int, month: int, hour: int = 10) -> datetime:
    return datetime(2020, month, day, hour, tzinfo=clock.TOWN_TZ)


def add_cases(town: Town) -> None:
    """Add cases with each time of a measure in May or June, with and without unit, community and category."""
    due = {"handle_due_at": make_moment(20, 5), "close_due_at": make_moment(25, 5)}
    done = {
        **due,
        "accepted_at": make_moment(3, 5),
        "filed_at": make_moment(3, 5),
        "handled_at": make_moment(19, 5),
        "handled_on_time": True,
        "checked_at": make_moment(20, 5),
        "closed_at": make_moment(21, 5),
        "closed_on_time": True,
        "visited_at": make_moment(2, 6),
        "solved": True,
        "satisfaction": 5,
        "state": "DONE",
        "has_reporter": True,
    }
    rows: list[dict[str, Any]] = [
        {**done, "grid": "G1", "unit": "WATER", "channel": "WEB"},
        {
            **done,
            "grid": "G3",
            "unit": "CLEAN",
            "kind": "STALL",
            "extensions": 1,
            "reworks": 1,
            "satisfaction": 2,
        },
        {
            **due,
            "grid": "G1",
            "unit": "URBAN",
            "state": "HANDLING",
            "accepted_at": make_moment(4, 5),
            "self_handled": True,
            "filed_at": make_moment(5, 6),
        },
        {"grid": "STREET", "kind": "NONE", "state": "REJECTED", "ended_at": make_moment(5, 6)},
        {"grid": "G3", "channel": "PATROL", "state": "VOIDED", "ended_at": make_moment(6, 5)},
    ]
    cases = make_cases(
        town,
        [{"reported_at": make_moment(2 + n, 5 + n % 2), **row} for n, row in enumerate(rows)],
        index=False,
    )
    turns = [("WATER", 4, 5, True), ("CLEAN", 9, 6, False)]
    for unit, day, month, wrong in turns:
        Assignment.objects.create(
            case=cases[0],
            unit=town.units[unit],
            role="LEAD",
            dispatched_at=make_moment(day, month),
            ended_at=make_moment(day + 1, month),
            outcome="RETURNED" if wrong else "DONE",
            wrong=wrong,
        )
    for code, state, month in (
        ("VERIFY", "FILED", 5),
        ("SUSPEND", "SUSPENDED", 5),
        ("SUSPEND", "SUSPENDED", 6),
        ("CLOSE", "CLOSED", 5),
    ):
        for case in cases[:2]:
            CaseMove.objects.create(
                case=case, move=code, at=make_moment(7, month), to_state=state, actor_label="x"
            )
    for case, hour in ((cases[0], 11), (cases[1], 15)):
        Clock.objects.create(
            case=case,
            stage="ACCEPT",
            limit="2wh",
            started_at=make_moment(3, 5),
            due_at=make_moment(3, 5, 12),
            warn_at=make_moment(3, 5),
            stopped_at=make_moment(3, 5, hour),
        )


def add_records(town: Town) -> None:
    """Add works in two communities and outside them, with and without a unit; one is changed and one ended."""
    info = declare(WORKS)

    def add(code: str, area: str, size: float | None, gone_on: str | None, unit: str = "") -> Any:
        values = {"state": "GONE" if gone_on else "STANDS", "area_m2": size, "gone_on": gone_on}
        data = RecordInput(code, "棚", area=area, unit=unit, on=date(2020, 5, 1), values=values)
        return add_record(actor=make_system_actor(), info=info, data=data)

    add("W1", G1, 600.25, "2020-05-31", "URBAN")
    add("W2", G1, 0.1, "2020-06-02")
    add("W3", G3, 0.2, "2020-06-30")
    add("W4", "", 7, "2020-06-01")
    add("W5", G3, 90, None)
    changed, ended = add("W6", G3, 700, None), add("W7", G1, 20, None, "WATER")
    later = RecordInput("W6", "棚", area=G3, on=date(2020, 7, 2), values={"state": "STANDS", "area_m2": 30})
    change_record(actor=make_system_actor(), record_id=changed.pk, data=later, why="复测")
    end_record(actor=make_system_actor(), record_id=ended.pk, on=date(2020, 7, 3), why="已拆除")


def add_inspections(town: Town, info: RegisterInfo) -> None:
    """Add inspections in two communities: made with findings, missed, waiting."""
    month_ago = TODAY - timedelta(days=30)
    add_house(town, info, "H1", on=month_ago)
    add_house(town, info, "H2", on=month_ago, area="990001001002001")
    plan_rounds(info, TODAY)
    answer_inspection(
        town, Inspection.objects.get(record__code="H1"), answers=answer_all(wiring="FAIL", alarm="FAIL")
    )
    with clock.at(NOW + timedelta(days=1)):
        mark_missed_inspections()


def add_projects() -> None:
    """Add projects of two kinds, units and communities; one has money in two months."""
    ProjectKind.objects.create(code="park", name="公园")
    ProjectKind.objects.create(code="parking", name="停车场")
    for code, unit in (("spaces", "个"), ("land", "平方米")):
        ProjectMeasure.objects.create(code=code, name=code, unit=unit)
    project_parts.declare()
    project_parts.declare(
        key="lot",
        kind="parking",
        area="990001001002",
        unit="HILL",
        premise="",
        facts={"spaces": 214},
        tasks=(),
        links=(),
        permits=(),
        money=project_parts.GARDEN_PARK.money[:1],
    )
    project_parts.declare(key="plan", area="", premise="", facts={"land": 3}, money=(), permits=())
    Permit.objects.update(granted_date=date(2026, 8, 31))


def add_promises(town: Town) -> None:
    """Add a campaign fed by the register, one with entered amounts, and pledges in several states."""
    create_campaign(town, feed=FLOW)
    create_campaign(
        town, key="trees", feed=None, measure="棵", target=Decimal(100), factor=Decimal(1), digits=0
    )
    for day, amount, area in (
        (date(2020, 5, 12), 30, town.areas["RIVER"]),
        (date(2020, 6, 1), -5, None),
        (date(2020, 6, 9), 12, town.areas["HILL"]),
        (date(2020, 3, 1), 50, None),
    ):
        add_entry(
            actor=town.actor("handler"),
            key="trees",
            day=day,
            amount=Decimal(amount),
            document="简报",
            area=area,
        )
    add_item(town, "R01", due=date(2020, 7, 15))
    add_item(town, "R02", due=date(2020, 7, 18), unit="WATER", kind="DECISION")
    for code, state, due in (
        ("R03", "REPORTED", date(2020, 6, 30)),
        ("R04", "WITHDRAWN", date(2020, 6, 1)),
        ("R05", "BACK", TODAY),
        ("R06", "OPEN", date(2020, 5, 3)),
    ):
        pledge = add_item(town, code, due=date(2020, 7, 20))
        columns = {"state": state, "due_date": due, "evidence": "已完成", "reported_at": NOW}
        ended = {"ended_at": NOW} if state == "WITHDRAWN" else {}
        type(pledge).objects.filter(pk=pledge.pk).update(**columns, **ended)


def add_aid(town: Town) -> None:
    """Add promises of two units in three months, with payments before, in and after the period, one of them void."""
    create_partners(town)
    Partner.objects.filter(key="P2").update(unit=town.units["WATER"])
    for partner, key, month in (("P1", "C1", 2), ("P1", "C2", 4), ("P2", "C3", 5)):
        commitment = Commitment.objects.create(
            key=key,
            partner=Partner.objects.get(key=partner),
            amount=9000,
            date=date(2020, month, 3),
            purpose="路",
        )
        for day in (
            date(2020, 6, 1),
            date(2020, 5, 31),
            date(2020, 3, 1),
            date(2020, 2, 28),
            date(2020, 7, 1),
        ):
            Payment.objects.create(
                key=f"{key}-{day}", commitment=commitment, amount=Decimal("100.5"), date=day, document="凭证"
            )
    Payment.objects.filter(key="C1-2020-06-01").update(void_why="录错")


@pytest.fixture
def leader(town: Town) -> Client:
    client = Client(headers={"accept-language": "zh-hans"})
    client.force_login(town.users["leader"], backend="django.contrib.auth.backends.ModelBackend")
    return client


def count_listed(client: Client, link: RowsLink) -> int:
    """Return how many rows the page of a link lists; fail unless the page accepted every filter of the address."""
    url = get_rows_url(make_system_actor(), link)
    page = client.get(url)
    assert page.status_code == 200, url
    assert not page.context.get("faults"), url
    return ROWS[link.kind](page.context)


def list_splits(spec: Spec) -> list[tuple[str, ...]]:
    """Return every single split of a spec and every pair of splits."""
    supported = sorted(figures.SOURCES[spec["source"]]().splits(spec))
    return [(split,) for split in supported] + list(combinations(supported, 2))


def test_every_source_has_a_spec_here() -> None:
    assert sorted(SPECS) == figures.list_source_names()


@pytest.mark.parametrize("name", sorted(SPECS))
@pytest.mark.usefixtures("town")
def test_a_spec_is_checked_and_unknown_keys_and_splits_are_faults(name: str) -> None:
    for spec, _period in SPECS[name]:
        assert figures.check(spec) == [], spec
        assert f"来源 {name} 没有 moon 这一项" in "; ".join(figures.check({**spec, "moon": 1}))
        assert "不能按 moon 分组" in "; ".join(figures.check(spec, ("moon",)))


@pytest.mark.parametrize("name", sorted(SPECS))
@pytest.mark.usefixtures("town")
def test_cells_add_up_to_the_total_read_without_splits(name: str) -> None:
    for spec, text in SPECS[name]:
        period = periods.parse_period(text)
        total = figures.read(spec, period=period)
        for splits in list_splits(spec):
            reading = figures.read(spec, period=period, splits=splits)
            assert reading.splits == splits
            assert (reading.total, reading.rows) == (total.total, total.rows), (spec, splits)
            assert (sum_rows(reading) == total.rows) or reading.whole is not None, (spec, splits)
            assert sum_rows(reading) >= total.rows, (spec, splits)
            assert all(cell.rows > 0 for cell in reading.cells), (spec, splits)


def sum_rows(reading: Reading) -> int:
    return sum(cell.rows for cell in reading.cells)


@pytest.mark.parametrize("name", sorted(SPECS))
def test_the_page_behind_each_cell_lists_the_rows_that_it_counts(leader: Client, name: str) -> None:
    counted = 0
    for spec, text in SPECS[name]:
        period = periods.parse_period(text)
        total = figures.read(spec, period=period)
        assert count_listed(leader, figures.list_rows(spec, period=period)) == total.rows, spec
        for splits in list_splits(spec):
            if len(splits) == 1 or spec["source"] != "cases" or "where" in spec:
                for cell in figures.read(spec, period=period, splits=splits).cells:
                    where = dict(zip(splits, cell.key, strict=True))
                    link = figures.list_rows(spec, period=period, where=where)
                    assert count_listed(leader, link) == cell.rows, (spec, where)
                    counted += 1
    assert counted > 10


def test_a_campaign_may_be_fed_by_cases_and_not_by_a_campaign(leader: Client, town: Town) -> None:
    feed = {"source": "cases", "measure": "closed"}
    create_campaign(
        town, key="closed2020", feed=feed, measure="件", target=Decimal(10), factor=Decimal(1), digits=0
    )
    spec = {"source": "campaigns", "campaign": "closed2020"}
    assert figures.read(spec, period=periods.parse_period(ALL)).total == 2
    page = leader.get("/desk/promises/campaigns/closed2020/").content.decode()
    assert "/desk/board/rows/?measure=closed&amp;period=" in page
    create_campaign(town, key="endless", feed={"source": "campaigns", "campaign": "endless"})
    assert figures.check({**spec, "campaign": "endless"}) == ["专项行动不能从专项行动取数"]


def test_every_rate_of_the_board_is_a_pair_of_specs_with_the_numerator_inside(town: Town) -> None:
    period = periods.parse_period(ALL)
    shares = {}
    for code, rate in RATES.items():
        pair = figures.Rate(
            *({"source": "cases", "measure": part} for part in (rate.numerator, rate.denominator))
        )
        shares[code] = figures.read_rate(pair, period=period, splits=("area",))
    assert all(reading.share is not None and 0 <= reading.share <= 1 for reading in shares.values())
    assert shares["response_rate"].share == Decimal("0.5")
    assert set(shares["response_rate"].shares.values()) == {Decimal(0), Decimal(1)}


# the first day of which each source knows anything
BEGINNINGS = {
    "cases": date(2020, 5, 2),
    "register": date(2020, 5, 1),  # the first record; the first day in the date field is later
    "inspections": date(2020, 6, 30),  # planned from then on
    "projects": date(2020, 7, 10),  # declared then; they start later
    "campaigns": date(2020, 1, 1),
    "aid": date(2020, 2, 3),
    "pledges": date(2020, 5, 3),
}


@pytest.mark.parametrize("name", sorted(SPECS))
@pytest.mark.usefixtures("town")
def test_nothing_is_counted_before_the_beginning_of_a_source(name: str) -> None:
    for spec, _text in SPECS[name]:
        beginning = figures.find_beginning(spec)
        assert beginning is not None, spec
        if beginning == periods.FIRST:
            continue  # partner places are counted as they are now
        before = periods.build_period(date(2015, 1, 1), beginning - timedelta(days=1))
        reading = figures.read(spec, period=before)
        assert (reading.total, reading.rows) == (0, 0), (spec, beginning)
    assert BEGINNINGS[name] in {figures.find_beginning(spec) for spec, _text in SPECS[name]}


@pytest.mark.usefixtures("town")
def test_days_of_imported_records_and_the_months_of_money_are_a_past_of_their_own() -> None:
    info = declare(WORKS)
    values = {"state": "GONE", "area_m2": 9, "gone_on": "2011-03-01"}
    data = RecordInput("W9", "棚", area=G1, on=date(2020, 6, 1), values=values)
    add_record(actor=make_system_actor(), info=info, data=data)
    assert figures.find_beginning(FLOW) == date(2011, 3, 1)
    assert figures.find_beginning({"source": "register", "register": "works"}) == date(2020, 5, 1)
    money = figures.find_beginning({"source": "projects", "money": "paid"})
    assert money == date(2026, 9, 1)


def test_the_figure_of_every_source_is_no_data_on_page_and_export_before_it_began(
    leader: Client, town: Town
) -> None:
    post = town.posts["leader"]
    post.permissions = sorted({*post.permissions, VIEW})
    post.save()
    theme = Theme.objects.create(key="all", name="全部", position=0)
    specs = {name: SPECS[name][0][0] for name in SPECS if name != "aid"} | {"aid": SPECS["aid"][1][0]}
    for name, spec in specs.items():
        Measure.objects.create(
            key=name, name=name, theme=theme, kind="amount", spec={"spec": spec}, unit_label="件", position=0
        )
    forget_all()
    with clock.at(datetime(2026, 12, 1, 2, tzinfo=UTC)):
        for name, spec in specs.items():
            address = {"period": "2015-01"}
            beginning = figures.find_beginning(spec)
            page = leader.get(f"/desk/figures/{name}/", address)
            assert page.context["line"]["figure"].value is None, name
            assert f"没有数据：{beginning} 起才有记录" in page.content.decode(), name
            book = load_workbook(BytesIO(leader.get(f"/desk/figures/{name}/export/", address).getvalue()))
            texts = [cell.value for row in book.worksheets[0].iter_rows() for cell in row]
            assert 0 not in texts, name
            assert f"没有数据：{beginning} 起才有记录" in texts, name


@pytest.mark.parametrize("name", sorted(SPECS))
@pytest.mark.usefixtures("town")
def test_what_is_read_by_month_equals_each_month_alone(name: str) -> None:
    span = periods.parse_period("2020-02..2020-08")
    read = 0
    for spec, _text in SPECS[name]:
        if not figures.reads_by_month(spec):
            continue
        by_month = figures.read(spec, period=span, splits=("month",))
        cells = {cell.key[0]: (cell.amount, cell.rows) for cell in by_month.cells}
        for month in periods.list_months(span):
            alone = figures.read(spec, period=month)
            assert cells.get(month.text, (0, 0)) == (alone.total, alone.rows), (spec, month)
            read += 1
    assert bool(read) == (name not in {"projects", "campaigns"})
