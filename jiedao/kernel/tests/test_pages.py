import pytest
from django.test import Client, RequestFactory
from django.utils import translation

from jiedao.kernel import views


@pytest.mark.django_db
@pytest.mark.parametrize("status", [400, 403, 404, 409, 413, 422, 429, 500])
def test_a_problem_page_states_what_happened_and_what_to_do(status):
    with translation.override("zh-hans"):
        message, hint = views.explain(status)
        page = views.render_problem(RequestFactory().get("/"), status)
    html = page.content.decode()
    assert page.status_code == status
    assert message in html
    assert hint in html
    assert f'data-problem="{status}"' in html


@pytest.mark.django_db
def test_the_message_of_a_refusal_replaces_the_usual_one():
    page = views.render_problem(RequestFactory().get("/"), 409, "李明刚刚派遣了它。", "请刷新。")
    assert "李明刚刚派遣了它。" in page.content.decode()


def test_the_server_error_page_needs_neither_session_nor_database():
    page = views.server_error(RequestFactory().get("/"))
    assert page.status_code == 500
    assert "data-problem" in page.content.decode()


@pytest.mark.parametrize(("chosen", "stored"), [("dark", "dark"), ("light", "light"), ("", ""), ("pink", "")])
def test_a_theme_is_stored_in_a_cookie_and_an_unknown_one_deletes_it(chosen, stored):
    request = RequestFactory().post("/theme/", {"theme": chosen, "next": "/desk/"})
    response = views.set_theme(request)
    assert response.status_code == 302
    assert response["Location"] == "/desk/"
    assert response.cookies["jd_theme"].value == stored


def test_the_theme_switch_redirects_to_no_other_site():
    request = RequestFactory().post("/theme/", {"theme": "dark", "next": "https://evil.example/"})
    assert views.set_theme(request)["Location"] == "/"


def test_a_link_does_not_change_the_theme():
    assert views.set_theme(RequestFactory().get("/theme/?theme=dark")).status_code == 405


@pytest.mark.django_db
def test_an_expired_form_is_explained():
    page = Client(enforce_csrf_checks=True).post(
        "/theme/", {"theme": "dark"}, HTTP_ACCEPT_LANGUAGE="zh-hans", HTTP_ACCEPT="text/html,*/*"
    )
    assert page.status_code == 403
    assert "表单已过期" in page.content.decode()
    assert "data-problem" in page.content.decode()


@pytest.mark.django_db
def test_a_script_with_an_expired_token_gets_plain_text_and_no_new_token():
    answer = Client(enforce_csrf_checks=True).post(
        "/theme/", {"theme": "dark"}, HTTP_ACCEPT_LANGUAGE="zh-hans", HTTP_ACCEPT="*/*"
    )
    assert answer.status_code == 403
    assert "表单已过期" in answer.content.decode()
    assert "csrftoken" not in answer.cookies


@pytest.mark.django_db
def test_an_unknown_address_gets_the_problem_page_without_inline_style():
    page = Client().get("/no-such-place/", HTTP_ACCEPT_LANGUAGE="zh-hans")
    html = page.content.decode()
    assert page.status_code == 404
    assert "没有找到这个页面" in html
    assert " style=" not in html
    assert "<style" not in html
