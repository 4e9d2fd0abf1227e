"""The frame of the public's site: it exists while the pack describes it, in two languages, without a cookie."""

from typing import Any

import pytest
from django.test import Client

from jiedao.kernel.memo import forget_all
from jiedao.kernel.models import Policy
from jiedao.kernel.policies import POLICIES
from jiedao.testing.cast import make_town
from jiedao.testing.public_site import open_site

pytestmark = pytest.mark.django_db


def test_the_root_leads_to_the_desk_while_the_pack_has_no_site(client: Client) -> None:
    forget_all()  # a site that another test has opened
    assert client.get("/").headers["Location"] == "/desk/"
    assert client.get("/privacy/").status_code == 404


def test_the_start_page_shows_the_words_of_the_pack_and_sets_no_cookie(client: Client) -> None:
    make_town()
    open_site()
    page = client.get("/")
    assert page.status_code == 200
    assert "东街便民服务" in page.text
    assert "0755-12345678" in page.text
    assert not page.cookies
    assert "保存两年。" in client.get("/privacy/").text


def test_a_visitor_chooses_the_language_by_a_link(client: Client) -> None:
    open_site()
    answer = client.get("/language/en/?next=/privacy/")
    assert answer.headers["Location"] == "/privacy/"
    assert "Protection of personal data" in client.get("/privacy/").text


def test_the_frame_of_a_page_costs_no_statement_once_it_is_cached(
    client: Client, django_assert_num_queries: Any
) -> None:
    open_site()
    client.get("/privacy/")
    with django_assert_num_queries(0):
        client.get("/privacy/")


def test_a_change_of_the_site_is_visible_once_its_policy_is_loaded_again(client: Client) -> None:
    open_site()
    assert "东街便民服务" in client.get("/").text
    row = Policy.objects.get(key="portal")
    row.value["name"] = "西街便民服务"
    row.save()
    POLICIES.forget()
    assert "西街便民服务" in client.get("/").text


def test_the_choice_of_a_language_leads_to_no_other_site(client: Client) -> None:
    assert client.get("/language/en/?next=https://example.org/").headers["Location"] == "/"
    assert client.get("/language/fr/").status_code == 404


def test_an_unsupported_method_is_refused_inside_the_frame(client: Client) -> None:
    open_site()
    page = client.post("/privacy/")
    assert page.status_code == 405
    assert "p-page" in page.text


@pytest.mark.parametrize("path", ["/nothing/", "/consultations/99/", "/publications/9999/", "/report/none/"])
def test_an_unknown_address_is_answered_on_the_page_of_the_site(client: Client, path: str) -> None:
    make_town()
    open_site()
    page = client.get(path)
    assert page.status_code == 404
    assert 'class="p-nav' in page.text
    assert 'data-problem="404"' in page.text
    main = page.text.split("<main")[1]
    assert 'href="/report/"' in main
    assert 'href="/follow/"' in main
    assert "登录" not in main.split("</main>")[0]


def test_the_desk_keeps_its_own_page_for_an_unknown_address(client: Client) -> None:
    make_town()
    open_site()
    page = client.get("/desk/nothing/")
    assert page.status_code == 404
    assert "p-nav" not in page.text


def test_a_fault_of_the_site_is_shown_on_its_page(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    open_site()
    client.raise_request_exception = False

    def fail(*_arguments: object) -> None:
        raise ValueError("broken")

    monkeypatch.setattr("jiedao.portal.matters.views.list_public_cases", fail)
    page = client.get("/map/")
    assert page.status_code == 500
    assert "网站出了错" in page.text
    assert "0755-12345678" in page.text


def test_an_expired_form_of_the_site_is_explained_on_its_page() -> None:
    open_site()
    page = Client(enforce_csrf_checks=True).post("/follow/", {"number": "1"}, headers={"accept": "text/html"})
    assert page.status_code == 403
    assert "表单已过期" in page.text
    assert 'class="p-nav' in page.text
