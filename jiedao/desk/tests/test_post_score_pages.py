"""The pages of scores of posts: nothing of a post with too few holders is shown, and no page names a holder."""

from io import BytesIO

import pytest
from django.test import Client
from docx import Document
from openpyxl import load_workbook

from jiedao.desk.tests.conftest import SignedIn
from jiedao.evaluation.models import SheetVersion
from jiedao.evaluation.tests.conftest import _july, measures, scored_town
from jiedao.evaluation.tests.test_posts import crews, version
from jiedao.testing.cast import Town

__all__ = ["_july", "crews", "measures", "scored_town", "version"]  # fixtures

SHEET = "/desk/scores/crews/"


@pytest.fixture
def town(scored_town: Town, version: SheetVersion) -> Town:
    """Return the town whose posts are scored."""
    return scored_town


@pytest.fixture
def supervisor(town: Town, signed_in: SignedIn) -> Client:
    """Publish June, and return the supervisor."""
    client = signed_in("supervisor")
    assert client.post(f"{SHEET}publish/", {"period": "2020-06"}).status_code == 302
    return client


def read(client: Client, url: str) -> str:
    """Return a page as text."""
    page = client.get(url)
    assert page.status_code == 200, url
    return page.content.decode()


def read_download(client: Client, url: str) -> BytesIO:
    """Return a downloaded file."""
    answer = client.get(url)
    assert answer.status_code == 200
    return BytesIO(b"".join(answer.streaming_content))  # type: ignore[attr-defined]


def test_pages_show_posts_and_no_holders(supervisor: Client) -> None:
    pages = [
        read(supervisor, f"{SHEET}?period=2020-06"),
        read(supervisor, f"{SHEET}RIVER.CREW/?period=2020-06"),
        read(supervisor, f"{SHEET}simulate/?period=2020-06"),
    ]
    assert all("临江社区工作站 网格员" in page for page in pages)
    assert all("甲RIVER" not in page for page in pages)
    assert "77.50" in pages[1]


def test_a_post_with_too_few_holders_shows_the_reason_alone(supervisor: Client) -> None:
    page = read(supervisor, f"{SHEET}HILL.CREW/?period=2020-06")
    assert "在岗 2 人，不足 3 人" in page
    assert "项目rate" not in page
    assert "人工评分" not in page
    assert supervisor.get(f"{SHEET}NOWHERE.CREW/?period=2020-06").status_code == 404


def test_downloads_of_posts_hold_no_points_of_a_hidden_one(supervisor: Client) -> None:
    ranking, explained = load_workbook(
        read_download(supervisor, f"{SHEET}workbook/?period=2020-06")
    ).worksheets
    rows = [row[1:7] for row in ranking.iter_rows(min_row=3, values_only=True)]
    assert rows[0] == ("临江社区工作站 网格员", 77.5, "差", 67.5, 10, None)
    assert rows[1][:5] == ("望山社区工作站 网格员", None, None, None, None)
    assert {row[0] for row in explained.iter_rows(min_row=3, values_only=True)} == {"临江社区工作站 网格员"}
    word = Document(read_download(supervisor, f"{SHEET}document/?period=2020-06&unit=HILL.CREW"))
    assert any("不足 3 人" in paragraph.text for paragraph in word.paragraphs)
