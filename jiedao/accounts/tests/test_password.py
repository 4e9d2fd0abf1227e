"""Changing the password; one that another user has set must be changed first."""

import pytest
from django.test import Client

from jiedao.accounts.models import User
from jiedao.audit.models import Entry

pytestmark = pytest.mark.django_db
OLD, NEW = "a-first-password", "my-own-password-7"


@pytest.fixture
def person() -> User:
    user = User.objects.create_user("wang", OLD, "王敏")
    User.objects.filter(pk=user.pk).update(must_change_password=True)
    return user


def test_a_set_password_leads_to_the_change_page_until_it_is_changed(person: User) -> None:
    client = Client()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    answer = client.get("/desk/")
    assert (answer.status_code, answer["Location"]) == (302, "/accounts/password/")
    page = client.get("/accounts/password/")
    assert page.status_code == 200
    changed = client.post(
        "/accounts/password/", {"old_password": OLD, "new_password1": NEW, "new_password2": NEW}
    )
    assert changed.status_code == 302
    person.refresh_from_db()
    assert person.must_change_password is False
    assert person.check_password(NEW)
    assert NEW not in str(list(Entry.objects.values_list("after", flat=True)))


def test_a_weak_password_is_refused_with_the_reason(person: User) -> None:
    client = Client()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    answer = client.post(
        "/accounts/password/", {"old_password": OLD, "new_password1": "12345", "new_password2": "12345"}
    )
    assert answer.status_code == 422
    person.refresh_from_db()
    assert person.check_password(OLD)
    assert person.must_change_password


@pytest.mark.parametrize("new", [OLD, "13800138000", "wang-wang-wang", "password1234"])
def test_an_old_numeric_similar_or_common_password_is_refused(person: User, new: str) -> None:
    User.objects.filter(pk=person.pk).update(username="wang-wang-wan")
    client = Client()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    form = {"old_password": OLD, "new_password1": new, "new_password2": new}
    assert client.post("/accounts/password/", form).status_code == 422
    person.refresh_from_db()
    assert person.check_password(OLD)


def test_the_page_shows_the_password_rules(person: User) -> None:
    client = Client(headers={"accept-language": "zh-hans"})
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    page = client.get("/accounts/password/").content.decode()
    assert "至少 10 个字符" in page
    assert "退出登录" in page


def test_a_changed_password_ends_the_other_sessions_and_is_in_the_audit(person: User) -> None:
    own_client, other_client = Client(), Client()
    for client in (own_client, other_client):
        client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    own_client.post("/accounts/password/", {"old_password": OLD, "new_password1": NEW, "new_password2": NEW})
    assert own_client.get("/accounts/password/").status_code == 200
    assert other_client.get("/accounts/password/").status_code == 302
    entry = Entry.objects.get(action="accounts.password:change")
    assert (entry.object_id, entry.actor_label, entry.before, entry.after) == (person.pk, "王敏", None, None)


def test_five_wrong_present_passwords_lock_the_account(person: User) -> None:
    client = Client()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    form = {"old_password": "wrong", "new_password1": NEW, "new_password2": NEW}
    assert [client.post("/accounts/password/", form).status_code for _n in range(5)] == [422] * 4 + [429]
    assert client.post("/accounts/password/", {**form, "old_password": OLD}).status_code == 429
    assert Entry.objects.filter(action="accounts.session:fail", object_id=person.pk).count() == 5
