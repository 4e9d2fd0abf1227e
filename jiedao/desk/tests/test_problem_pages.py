"""Problem pages: in the frame of the site for a user who holds a post, with words that fit the page."""

import re
from html import unescape

import pytest
from django.core.exceptions import RequestDataTooBig
from django.test import Client, RequestFactory
from django.utils import translation

from jiedao.accounts.models import User
from jiedao.desk.tests.conftest import SignedIn
from jiedao.kernel import problems, views
from jiedao.testing.cast import Town

STATUSES = [400, 403, 404, 405, 408, 409, 413, 422, 429, 500, 503, 507]


def render(status: int, town: Town, *, signed_in: bool, language: str = "zh-hans") -> str:
    """Return the problem page as the answer to a GET."""
    request = RequestFactory().get("/desk/cases/")
    request.user = User.objects.first()  # type: ignore[assignment]
    request.actor = town.actor("dispatcher") if signed_in else None  # type: ignore[attr-defined]
    request._messages = []  # type: ignore[attr-defined]
    with translation.override(language):
        return views.render_problem(request, status).content.decode()


def find_words(html: str) -> str:
    """Return the words that a page shows, without its hint."""
    page = re.sub(r'<p class="j-problem__hint">.*?</p>', "", html, flags=re.DOTALL)
    return unescape(re.sub(r"<[^>]+>", " ", page)) + " ".join(re.findall(r'aria-label="([^"]*)"', page))


@pytest.mark.parametrize("signed_in", [True, False])
@pytest.mark.parametrize("status", STATUSES)
def test_a_hint_names_only_what_is_on_the_page(town: Town, status: int, signed_in: bool) -> None:
    html = render(status, town, signed_in=signed_in)
    _message, hint = problems.explain(status, signed_in=signed_in)
    words = find_words(html)

    assert hint in html
    for name in re.findall("“(.+?)”", hint):
        assert name in words
    assert ('role="search"' in html) or "搜索" not in hint
    assert ('class="j-top ' in html) or not re.search("上方|右上角", hint)
    assert "j-problem__code" in html or "下面的代码" not in hint
    assert "下方" not in hint
    assert ("j-nav" in html) == signed_in
    assert html.count("<h1") == 1


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/desk/cases/2020-99999999/", 404),
        ("/desk/no-such-page/", 404),
        ("/nowhere/", 404),
        ("/desk/admin/", 403),
    ],
)
def test_a_problem_has_the_navigation_for_a_signed_in_user(
    town: Town, signed_in: SignedIn, path: str, status: int
) -> None:
    page = signed_in("dispatcher").get(path)

    assert page.status_code == status
    assert 'class="j-nav' in page.content.decode()
    assert 'role="search"' in page.content.decode()


def test_a_stranger_gets_no_navigation(town: Town) -> None:
    page = Client().get("/nowhere/")

    assert page.status_code == 404
    assert 'class="j-nav' not in page.content.decode()


def test_a_method_that_an_address_does_not_accept_gets_a_page(town: Town, signed_in: SignedIn) -> None:
    page = signed_in("dispatcher").get("/desk/cases/bulk/")

    html = page.content.decode()
    assert page.status_code == 405
    assert page["Allow"] == "POST"
    assert "这个页面不能这样打开" in html
    assert 'class="j-nav' in html


def test_an_expired_form_is_explained_inside_the_frame(town: Town, signed_in: SignedIn) -> None:
    signed = signed_in("dispatcher")
    client = Client(enforce_csrf_checks=True)
    client.cookies = signed.cookies

    page = client.post("/desk/notices/read/", HTTP_ACCEPT="text/html")

    html = page.content.decode()
    assert page.status_code == 403
    assert "表单已过期" in html
    assert 'class="j-nav' in html


def test_a_fault_is_shown_inside_the_frame_with_the_number_of_its_log_line(
    town: Town, signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_args: object, **_options: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("jiedao.desk.home.views_own.list_panels", fail)
    client = signed_in("dispatcher")
    client.raise_request_exception = False

    page = client.get("/desk/notices/")

    html = page.content.decode()
    assert page.status_code == 500
    assert 'class="j-nav' in html
    assert "系统出了错" in html
    assert "再试一次" in html
    assert page.wsgi_request.META["jiedao.request_id"] in html


def test_too_long_a_body_is_413_inside_the_frame(
    town: Town, signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_args: object, **_options: object) -> None:
        raise RequestDataTooBig

    monkeypatch.setattr("jiedao.desk.home.views_own.mark_all_read", fail)

    page = signed_in("dispatcher").post("/desk/notices/read/")

    assert page.status_code == 413
    assert "上传的文件太大" in page.content.decode()
    assert 'class="j-nav' in page.content.decode()


def test_a_link_leads_back_to_the_page_of_this_site_where_it_came_from(
    town: Town, signed_in: SignedIn
) -> None:
    client = signed_in("dispatcher")

    own = client.get("/desk/cases/2020-9/", HTTP_REFERER="http://testserver/desk/cases/?state=CLOSED").content
    foreign = client.get("/desk/cases/2020-9/", HTTP_REFERER="https://evil.example/desk/").content

    assert b'href="/desk/cases/?state=CLOSED"' in own
    assert b"evil.example" not in foreign


@pytest.mark.parametrize(("accept", "kind"), [("text/html,*/*", "text/html"), ("*/*", "text/plain")])
def test_without_django_a_browser_gets_a_page(accept: str, kind: str) -> None:
    headers, body = problems.explain_in_text(413, "/desk/cases/new/", "zh-CN", accept)

    assert dict(headers)["content-type"].startswith(kind)
    assert "上传的文件太大" in body.decode()
    assert "<form" not in body.decode()
    api_headers, _body = problems.explain_in_text(413, "/api/v1/cases", "zh-CN", accept)
    assert dict(api_headers)["content-type"] == "application/problem+json"


@pytest.mark.parametrize(("path", "status"), [("/api/v1/nowhere", 404), ("/api/v1/cases/2020-1", 401)])
def test_the_api_answers_in_json(town: Town, path: str, status: int) -> None:
    answer = Client().get(path, HTTP_ACCEPT="text/html")

    assert answer.status_code == status
    assert answer.json()["message"]
    assert answer.json()["hint"]
