"""Every list names the filters of its address that it cannot use: unknown names, two values where one is possible."""

import pytest
from django.http import QueryDict
from django.test import Client
from django.urls import reverse
from django.utils.html import escape

from jiedao.desk.tests.conftest import SignedIn
from jiedao.kernel.memo import forget_all
from jiedao.kernel.parameters import read_single_values
from jiedao.orgs.rights import CASE_RIGHTS
from jiedao.pages.right_names import list_rights
from jiedao.projects.models import ProjectKind, ProjectMeasure
from jiedao.projects.tests.parts import declare as declare_project
from jiedao.projects.tests.promise_parts import create_campaign, promise_town
from jiedao.registers.tests.parts import declare as declare_register
from jiedao.testing.cast import Town

# page -> a filter of it that takes one value, with two values; "" where it has none
LISTS = {
    "cases": "due=soon&due=overdue",
    "registers": "q=a&q=b",
    "register houses": "grade=A&grade=B",
    "register-map houses": "grade=A&grade=B",
    "inspections": "show=due&show=done",
    "projects": "colour=RED&colour=GREEN",
    "promises": "q=a&q=b",
    "pledges": "state=OPEN&state=BACK",
    "campaign DEMO": "from=2026-01-01&from=2026-02-01",
    "aid": "pay=a&pay=b",
    "board": "compare=YEAR&compare=BEFORE",
    "board_rows": "part=all&part=met",
    "map": "area=1&area=2",
    "search": "q=a&q=b",
    "notices": "all=1&all=2",
    "tasks": "",
    "messages": "",
    "imports": "",
    "admin_people": "q=a&q=b",
    "admin_tokens": "",
    "admin_posts": "",
    "admin_units": "",
    "admin_rights": "",
    "admin_calendar": "year=2026&year=2025",
    "admin_categories": "q=a&q=b",
    "admin_deliveries": "state=ALL&state=LOST",
    "admin_robots": "",
    "admin_audit": "who=a&who=b",
}
REFUSING = {
    "export": "due=soon&due=overdue",
    "board_export": "by=unit&by=area",
    "admin_audit_export": "who=a&who=b",
}


@pytest.fixture
def town(db: None) -> Town:
    """A town whose leader may open every page."""
    made = promise_town()
    post = made.posts["leader"]
    post.permissions = [*list_rights(), *(f"cases.case:{verb}" for verb in CASE_RIGHTS)]
    post.save()
    ProjectKind.objects.create(code="park", name="公园")
    for code in ("spaces", "land"):
        ProjectMeasure.objects.create(code=code, name=code, unit="个")
    declare_project()
    create_campaign(made, key="DEMO", feed=None)
    declare_register()
    forget_all()
    return made


@pytest.fixture
def client(town: Town, signed_in: SignedIn) -> Client:
    return signed_in("leader")


def get_address(name: str) -> str:
    url_name, *arguments = name.split()
    return reverse(f"desk:{url_name}", args=arguments)


@pytest.mark.parametrize("name", LISTS)
def test_a_list_names_what_it_cannot_use(town: Town, client: Client, name: str) -> None:
    address = get_address(name)
    needed = "measure=reported&" if name == "board_rows" else ""
    page = client.get(f"{address}?{needed}nonsense=1")
    assert page.status_code == 200
    assert "没有名为“nonsense”的筛选条件，已略去" in page.content.decode()
    plain = client.get(f"{address}?{needed}").content.decode()
    assert "已略去" not in plain
    if LISTS[name]:
        page = client.get(f"{address}?{needed}{LISTS[name]}")
        twice = LISTS[name].split("=")[0]
        assert f"筛选条件“{twice}”只能有一个值，已略去" in page.content.decode()


@pytest.mark.parametrize(
    ("name", "query"),
    [
        ("projects", "kind=roads"),
        ("projects", "from=gestern"),
        ("projects", "unit=987654"),
        ("pledges", "state=LATE"),
        ("pledges", "unit=x"),
        ("admin_people", "unit=987654"),
        ("board", "by=street"),
        ("inspections", "order=nonsense"),
        ("register houses", "order=nonsense"),
    ],
)
def test_a_value_that_a_filter_does_not_have_is_named(
    town: Town, client: Client, name: str, query: str
) -> None:
    page = client.get(f"{get_address(name)}?{query}").content.decode()
    assert f"筛选条件“{escape(query)}”看不懂，已略去" in page


@pytest.mark.parametrize("name", REFUSING)
def test_a_file_is_refused_instead(town: Town, client: Client, name: str) -> None:
    address = get_address(name)
    for query in ("nonsense=1", REFUSING[name]):
        assert client.get(f"{address}?{query}").status_code == 422


def test_equal_values_and_empty_ones_are_one_value() -> None:
    params = QueryDict("a=1&a= 1&b=&b=2&b=&cursor=n1&c=")
    assert read_single_values(params, ("a", "b", "c"), others=("cursor",)) == (
        {"a": "1", "b": "2", "cursor": "n1"},
        [],
    )
