"""Accounts, holdings and tokens: actions, refusals and audit entries."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client

from jiedao.accounts.models import ApiToken, hash_token
from jiedao.audit.models import Entry
from jiedao.kernel import clock
from jiedao.kernel.errors import NotAllowed, NotFoundError, UserError
from jiedao.orgs import actions
from jiedao.orgs.models import Holding
from jiedao.orgs.people import list_posts_on_duty
from jiedao.orgs.tests.people import Office, make_office

pytestmark = pytest.mark.django_db


@pytest.fixture
def office() -> Office:
    return make_office()


def get_last_entry() -> Any:
    return Entry.objects.order_by("-id").first()


def test_a_new_account_gets_a_password_that_must_be_changed(office: Office) -> None:
    user, secret = actions.create_user(actor=office.actor("sys"), username=" Li.Min ", full_name="李 敏")
    assert user.username == "li.min"
    assert user.check_password(secret)
    assert user.must_change_password
    assert get_last_entry().after == {"username": "li.min", "full_name": "李 敏"}
    assert secret not in str(Entry.objects.values_list())


@pytest.mark.parametrize("username", ["", "x", "李敏", "a b", "-ab", "a" * 41, "clerk"])
def test_an_invalid_or_used_account_name_is_refused(office: Office, username: str) -> None:
    with pytest.raises(UserError) as caught:
        actions.create_user(actor=office.actor("sys"), username=username, full_name="甲")
    assert caught.value.field == "username"


def test_a_weak_password_is_refused(office: Office) -> None:
    with pytest.raises(UserError):
        actions.create_user(actor=office.actor("sys"), username="newer", full_name="甲", password="12345678")


@pytest.mark.parametrize("who", ["clerk", "sec", "audit"])
def test_managing_accounts_requires_the_right(office: Office, who: str) -> None:
    actor, pk = office.actor(who), office.users["new"].pk
    for call in (
        lambda: actions.create_user(actor=actor, username="other", full_name="甲"),
        lambda: actions.rename_user(actor=actor, user_id=pk, full_name="乙"),
        lambda: actions.set_user_active(actor=actor, user_id=pk, active=False),
        lambda: actions.reset_password(actor=actor, user_id=pk),
        lambda: actions.give_post(actor=actor, user_id=pk, post_id=office.posts["clerk"].pk),
        lambda: actions.take_post(actor=actor, holding_id=1),
        lambda: actions.issue_token(actor=actor, user_id=pk, name="x"),
        lambda: actions.revoke_token(actor=actor, token_id=1),
    ):
        with pytest.raises(NotAllowed):
            call()


def test_an_administrator_without_casework_gives_a_casework_post(office: Office) -> None:
    holding = actions.give_post(
        actor=office.actor("sys"),
        user_id=office.users["new"].pk,
        post_id=office.posts["clerk"].pk,
        area_ids=[office.area.pk],
        from_date=date(2026, 1, 1),
    )
    assert list(holding.areas.all()) == [office.area]
    assert get_last_entry().after["areas"] == ["990001001"]


def test_a_post_is_on_duty_from_the_day_it_is_given_until_it_is_taken(
    office: Office, django_assert_num_queries: Any, django_capture_on_commit_callbacks: Any
) -> None:
    right, unit_id = "cases.case:accept", office.posts["clerk"].unit_id
    Holding.objects.filter(post=office.posts["clerk"]).delete()
    assert list_posts_on_duty(right, unit_ids=[unit_id]) == []
    with django_capture_on_commit_callbacks(execute=True):
        holding = actions.give_post(
            actor=office.actor("sys"),
            user_id=office.users["new"].pk,
            post_id=office.posts["clerk"].pk,
            area_ids=[office.area.pk],
        )
    (post,) = list_posts_on_duty(right, unit_ids=[unit_id])
    with django_assert_num_queries(0):
        assert list_posts_on_duty(right, office.area.path) == [post]
        assert list_posts_on_duty(right, "9999") == []
    with django_capture_on_commit_callbacks(execute=True):
        actions.take_post(actor=office.actor("sys"), holding_id=holding.pk)
    assert list_posts_on_duty(right, unit_ids=[unit_id]) == []


def test_giving_a_post_again_changes_the_holding(office: Office) -> None:
    arguments = {
        "actor": office.actor("sys"),
        "user_id": office.users["new"].pk,
        "post_id": office.posts["clerk"].pk,
    }
    actions.give_post(**arguments)
    actions.give_post(**arguments, to_date=date(2027, 1, 1))
    assert Holding.objects.get(user=office.users["new"]).to_date == date(2027, 1, 1)
    assert get_last_entry().before["to"] == ""


@pytest.mark.parametrize("post", ["sec", "audit", "head"])
def test_an_administrative_post_is_given_only_by_a_holder_of_its_rights(office: Office, post: str) -> None:
    with pytest.raises(NotAllowed):
        actions.give_post(
            actor=office.actor("sys"), user_id=office.users["new"].pk, post_id=office.posts[post].pk
        )


def test_an_actor_with_casework_gives_only_rights_they_hold(office: Office) -> None:
    with pytest.raises(NotAllowed):
        actions.give_post(
            actor=office.actor("head"), user_id=office.users["new"].pk, post_id=office.posts["clerk"].pk
        )


def test_nobody_changes_their_own_account(office: Office) -> None:
    actor, pk = office.actor("sys"), office.users["sys"].pk
    own = Holding.objects.get(user_id=pk).pk
    for call in (
        lambda: actions.give_post(actor=actor, user_id=pk, post_id=office.posts["clerk"].pk),
        lambda: actions.take_post(actor=actor, holding_id=own),
        lambda: actions.set_user_active(actor=actor, user_id=pk, active=False),
        lambda: actions.reset_password(actor=actor, user_id=pk),
        lambda: actions.issue_token(actor=actor, user_id=pk, name="x"),
    ):
        with pytest.raises(NotAllowed):
            call()


def test_nobody_takes_over_an_account_with_more_rights(office: Office) -> None:
    actor, pk = office.actor("sys"), office.users["audit"].pk
    with pytest.raises(NotAllowed):
        actions.reset_password(actor=actor, user_id=pk)
    with pytest.raises(NotAllowed):
        actions.issue_token(actor=actor, user_id=pk, name="x")
    with pytest.raises(NotAllowed):
        actions.set_user_active(actor=actor, user_id=pk, active=False)
    with pytest.raises(NotAllowed):
        actions.rename_user(actor=actor, user_id=pk, full_name="另一人")
    assert not actions.may_take_over(actor, office.users["audit"])
    assert (
        actions.rename_user(actor=actor, user_id=office.users["clerk"].pk, full_name="另一人").full_name
        == "另一人"
    )


def test_an_administrator_whose_post_has_ended_is_still_above(office: Office) -> None:
    Holding.objects.filter(user=office.users["audit"]).update(to_date=date(2020, 1, 1))
    with pytest.raises(NotAllowed):
        actions.rename_user(actor=office.actor("sys"), user_id=office.users["audit"].pk, full_name="另一人")


def test_a_reset_password_is_valid_and_not_in_the_audit(office: Office) -> None:
    user, secret = actions.reset_password(actor=office.actor("sys"), user_id=office.users["clerk"].pk)
    assert user.check_password(secret)
    assert user.must_change_password
    assert get_last_entry().after == {"password": "reset"}


def test_deactivating_an_account_revokes_its_tokens(office: Office) -> None:
    token, _secret = actions.issue_token(
        actor=office.actor("sys"), user_id=office.users["clerk"].pk, name="手机"
    )
    user = actions.set_user_active(actor=office.actor("sys"), user_id=office.users["clerk"].pk, active=False)
    token.refresh_from_db()
    assert not user.is_active
    assert token.revoked_at is not None


def test_a_token_is_stored_only_as_a_digest(office: Office) -> None:
    _row, secret = actions.issue_token(
        actor=office.actor("sys"), user_id=office.users["clerk"].pk, name=" 手机  端 "
    )
    row = ApiToken.objects.get(digest=hash_token(secret))
    assert row.name == "手机 端"
    assert secret not in str(Entry.objects.values_list())


def test_a_token_requires_a_purpose_and_a_future_expiry(office: Office) -> None:
    arguments = {"actor": office.actor("sys"), "user_id": office.users["clerk"].pk}
    with pytest.raises(UserError):
        actions.issue_token(**arguments, name="  ")
    with pytest.raises(UserError):
        actions.issue_token(**arguments, name="x", expires_at=clock.now() - timedelta(days=1))


def test_revoking_twice_writes_one_entry(office: Office) -> None:
    actor = office.actor("sys")
    token, _secret = actions.issue_token(actor=actor, user_id=office.users["clerk"].pk, name="x")
    actions.revoke_token(actor=actor, token_id=token.pk)
    count = Entry.objects.count()
    actions.revoke_token(actor=actor, token_id=token.pk)
    assert Entry.objects.count() == count


def test_dates_areas_and_ids_are_checked(office: Office) -> None:
    arguments = {
        "actor": office.actor("sys"),
        "user_id": office.users["new"].pk,
        "post_id": office.posts["clerk"].pk,
    }
    with pytest.raises(UserError):
        actions.give_post(**arguments, from_date=date(2026, 2, 1), to_date=date(2026, 1, 1))
    with pytest.raises(UserError):
        actions.give_post(**arguments, area_ids=[987654])
    with pytest.raises(NotFoundError):
        actions.give_post(**{**arguments, "post_id": 987654})
    assert not Holding.objects.filter(user=office.users["new"]).exists()


def test_a_reset_password_ends_the_lock_and_the_sessions(office: Office) -> None:
    user = office.users["clerk"]
    user.set_password("walk round the loop")
    user.save()
    inside, door = Client(), Client()
    inside.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    for _n in range(5):
        door.post("/accounts/sign-in/", {"username": user.username, "password": "wrong"})
    _user, secret = actions.reset_password(actor=office.actor("sys"), user_id=user.pk)
    assert inside.get("/accounts/password/").status_code == 302
    answer = door.post("/accounts/sign-in/", {"username": user.username, "password": secret})
    assert answer.status_code == 302


def test_deactivating_an_account_ends_its_sessions_for_good(office: Office) -> None:
    user, client = office.users["clerk"], Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    actions.issue_token(actor=office.actor("sys"), user_id=user.pk, name="手机")
    actions.set_user_active(actor=office.actor("sys"), user_id=user.pk, active=False)
    revoked, off = Entry.objects.order_by("id")[1:]
    assert (revoked.object_type, revoked.after) == ("accounts.apitoken", {"revoked": True})
    assert off.after == {"is_active": False}
    actions.set_user_active(actor=office.actor("sys"), user_id=user.pk, active=True)
    assert client.get("/accounts/password/").status_code == 302


def test_a_password_similar_to_the_account_is_refused(office: Office) -> None:
    arguments = {"username": "zhangwei-office", "full_name": "甲", "password": "zhangwei-office"}
    with pytest.raises(UserError):
        actions.create_user(actor=office.actor("sys"), **arguments)


def test_a_second_factor_that_is_off_cannot_be_reset(office: Office) -> None:
    with pytest.raises(UserError):
        actions.reset_second_factor(actor=office.actor("sys"), user_id=office.users["clerk"].pk)


@pytest.mark.parametrize("who", ["clerk", "sec", "audit"])
def test_resetting_a_second_factor_requires_the_right(office: Office, who: str) -> None:
    with pytest.raises(NotAllowed):
        actions.reset_second_factor(actor=office.actor(who), user_id=office.users["new"].pk)


@pytest.mark.parametrize("who", ["sec", "audit"])
def test_security_and_audit_administrators_get_no_casework_post(office: Office, who: str) -> None:
    arguments = {"user_id": office.users[who].pk, "post_id": office.posts["clerk"].pk}
    with pytest.raises(NotAllowed):
        actions.give_post(actor=office.actor("sys"), **arguments)
