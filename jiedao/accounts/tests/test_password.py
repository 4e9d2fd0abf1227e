"""A password that somebody else has set is changed before anything else."""

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
    assert answer.status_code == 200
    person.refresh_from_db()
    assert person.check_password(OLD)
