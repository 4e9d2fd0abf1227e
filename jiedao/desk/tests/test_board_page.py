"""The board: figures are links, and unreadable addresses are reported."""

import re
from datetime import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from jiedao.audit.models import Entry
from jiedao.cases.selectors.board import BoardRow
from jiedao.cases.selectors.measures import RATES
from jiedao.desk.board.comparing import format_rate
from jiedao.desk.tests.conftest import SignedIn
from jiedao.kernel import clock
from jiedao.kernel.memo import forget_all
from jiedao.testing.cast import Town, make_cases
from jiedao.testing.html import parse_page

DAY = datetime(2020, 5, 4, 10, tzinfo=clock.TOWN_TZ)
MAY = "/desk/board/?period=2020-05"


@pytest.fixture
def cases(town: Town) -> None:
    done = {
        "state": "DONE",
        "handled_at": DAY,
        "handle_due_at": DAY,
        "handled_on_time": True,
        "closed_at": DAY,
    }
    rows = [{"reported_at": DAY, "unit": unit, **done} for unit in ("URBAN", "URBAN", "CLEAN")]
    make_cases(
        town, [*rows, {"reported_at": DAY, "unit": "WATER", "handle_due_at": DAY, "state": "HANDLING"}]
    )


def links(page: str) -> list[tuple[str, int]]:
    matches = re.findall(r'<td class="j-num"[^>]*><a href="([^"]+)">(\d+)</a>', page)
    return [(url.replace("&amp;", "&"), int(number)) for url, number in matches]


@pytest.mark.parametrize("by", ["unit", "area", "category", "channel"])
def test_every_figure_links_to_as_many_cases(town: Town, cases: None, signed_in: SignedIn, by: str) -> None:
    client = signed_in("leader")
    page = client.get(f"{MAY}&by={by}&all=1").content.decode()
    assert len(links(page)) > 10
    for url, number in links(page):
        listed = client.get(url).content.decode()
        assert listed.count("data-row>") == number, url


def test_board_shows_rates_and_tiles(town: Town, cases: None, signed_in: SignedIn) -> None:
    page = signed_in("leader").get(MAY).content.decode()
    assert "75.0%" in page
    assert "2020 年 5 月考核看板" in page


def test_percentage_of_a_rate_is_rounded_once() -> None:
    rate = RATES["on_time_rate"]
    counts = {rate.numerator: 4, rate.denominator: 21}  # 19.0476 %, and 19.05 % at two decimals
    assert format_rate(rate, BoardRow("", "", counts)) == "19.0%"
    assert format_rate(rate, BoardRow("", "", dict.fromkeys(counts, 0))) == "—"


def test_unreadable_period_shows_this_month_with_a_message(town: Town, signed_in: SignedIn) -> None:
    for query in ("period=May", "from=2020-13-01", "from=2020-05-09&to=2020-05-01", "period=9999"):
        page = signed_in("leader").get(f"/desk/board/?{query}")
        assert page.status_code == 200
        assert "j-alert" in page.content.decode() or "j-toast" in page.content.decode()


def test_from_and_to_choose_the_period(town: Town, cases: None, signed_in: SignedIn) -> None:
    page = signed_in("leader").get("/desk/board/?from=2020-05-05&to=2020-05-31").content.decode()
    assert "这个时段还没有可统计的案件" in page


@pytest.mark.parametrize(
    "query",
    ["measure=nonsense&period=2020", "measure=due&period=May", "measure=due&period=2020&by=moon&key=x"],
)
def test_unknown_measure_period_or_split_is_refused(town: Town, signed_in: SignedIn, query: str) -> None:
    assert signed_in("leader").get(f"/desk/board/rows/?{query}").status_code == 422


def test_list_behind_a_figure_has_pages(town: Town, signed_in: SignedIn) -> None:
    make_cases(town, [{"reported_at": DAY}] * 60, index=False)
    client, seen = signed_in("leader"), set()
    url = "/desk/board/rows/?measure=reported&period=2020-05"
    while url:
        page = client.get(url).content.decode()
        seen |= set(re.findall(r"/desk/cases/([\d-]+)/", page))
        more = re.search(r'rel="next" href="\?([^"]+)"', page)
        url = f"/desk/board/rows/?{more[1].replace('&amp;', '&')}" if more else ""
    assert len(seen) == 60


def test_number_of_queries_does_not_grow_with_the_cases(town: Town, cases: None, signed_in: SignedIn) -> None:
    client = signed_in("leader")
    client.get(MAY)
    with CaptureQueriesContext(connection) as few:
        client.get(MAY)
    make_cases(town, [{"reported_at": DAY, "unit": "HILL"}] * 80, index=False)
    with CaptureQueriesContext(connection) as many:
        client.get(MAY)
    assert len(few) == len(many) <= 24


def test_a_rate_opens_its_cases_and_those_that_fail_with_the_deciding_column(
    town: Town, signed_in: SignedIn
) -> None:
    scores = (5, 3, 2, 1)
    reached = {"state": "DONE", "visited_at": DAY, "reported_at": DAY, "unit": "URBAN"}
    make_cases(town, [{**reached, "satisfaction": score, "solved": score > 2} for score in scores])
    client = signed_in("leader")
    page = parse_page(client.get(MAY).content.decode())
    tiles = {link.text: link.attributes["href"] for link in page.find_all("a", "j-stat__more")}
    assert set(tiles) >= {"未评满意 3", "未解决 2"}
    failing = parse_page(client.get(tiles["未评满意 3"]).content.decode())
    rows = failing.find_all("tr", attribute="data-row")
    columns = [head.text for head in failing.find_all("th")]
    cells = [row.find_all("td")[columns.index("满意度")].text for row in rows]
    assert [cell.split(" 未")[0] for cell in cells] == ["1 分", "2 分", "3 分"]
    tabs = [link.text for tabs in failing.find_all("nav", "j-tabs") for link in tabs.find_all("a")]
    assert tabs == ["回访数 4", "未评满意 3", "满意 1"]
    cell_link = next(link for link in page.find_all("a", "o-failing") if link.text == "未评满意 3")
    assert client.get(cell_link.attributes["href"]).content.decode().count("data-row") == 3 + 1


@pytest.mark.parametrize("rate", sorted(RATES))
def test_the_parts_of_every_rate_add_up_and_show_their_columns(
    town: Town, cases: None, signed_in: SignedIn, rate: str
) -> None:
    client, totals = signed_in("leader"), {}
    for part in ("all", "met", "failing"):
        page = client.get(f"/desk/board/rows/?rate={rate}&period=2020-05&part={part}")
        totals[part] = len(parse_page(page.content.decode()).find_all("tr", attribute="data-row"))
    assert totals["met"] + totals["failing"] == totals["all"]


def test_an_unknown_rate_or_part_is_refused(town: Town, signed_in: SignedIn) -> None:
    for query in ("rate=luck&period=2020", "rate=on_time_rate&part=third&period=2020"):
        assert signed_in("leader").get(f"/desk/board/rows/?{query}").status_code == 422


def test_the_cases_behind_a_figure_are_exported_and_audited(
    town: Town, cases: None, signed_in: SignedIn
) -> None:
    post = town.posts["leader"]
    post.permissions = sorted({*post.permissions, "cases.board:view"} - {"cases.case:export"})
    post.save()
    forget_all()
    query = "measure=reported&period=2020-05"
    assert "rows/export/" not in signed_in("leader").get(f"/desk/board/rows/?{query}").content.decode()
    assert signed_in("leader").get(f"/desk/board/rows/export/?{query}").status_code == 403
    post.permissions = [*post.permissions, "cases.case:export"]
    post.save()
    forget_all()
    client = signed_in("leader")
    shown = client.get(f"/desk/board/rows/?{query}")
    answer = client.get(f"/desk/board/rows/export/?{query}&format=csv")
    assert answer.status_code == 200
    rows = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    assert len(shown.context["page"].rows) > 0
    assert all(row.case.number in rows for row in shown.context["page"].rows)
    entry = Entry.objects.get(action="cases.case:export")
    assert entry.after["cases"] == shown.context["page"].total
    assert entry.after["figure"].endswith("2020 年 5 月")
    assert client.get("/desk/board/rows/export/?measure=none&period=2020-05").status_code == 422
