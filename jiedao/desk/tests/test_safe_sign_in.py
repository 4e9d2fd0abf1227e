"""Safe sign-in on the desk: required second factors, their reset, and signing out idle users."""

from datetime import UTC, date, datetime, timedelta

import pytest

from jiedao.accounts import second_factor
from jiedao.accounts.models import ApiToken, SecondFactor
from jiedao.audit.models import Entry
from jiedao.desk.tests.conftest import SignedIn
from jiedao.kernel import clock
from jiedao.kernel.memo import forget_all
from jiedao.kernel.models import Policy
from jiedao.orgs.models import Holding
from jiedao.testing.cast import Town, walk

NINE = datetime(2026, 11, 25, 1, 0, tzinfo=UTC)
SETUP = "/accounts/second-factor/?required=1"


def guard(town: Town, username: str) -> None:
    secret = second_factor.encrypt_secret("A" * 32)
    SecondFactor.objects.create(user=town.users[username], secret=secret, last_step=0)


@pytest.fixture
def second_factor_required(town: Town) -> None:
    """Require a second factor for posts that manage accounts."""
    Policy.objects.create(key="second_factor_rights", value=["orgs.user:manage"])
    forget_all()


def test_post_with_a_guarded_right_must_set_up_a_second_factor(
    town: Town, signed_in: SignedIn, second_factor_required: None
) -> None:
    client = signed_in("admin")
    for path in ("/desk/", "/desk/admin/people/", "/desk/drafts/new/"):
        assert client.get(path)["Location"] == SETUP
    page = client.get(SETUP).content.decode()
    assert "您的岗位要求两步验证" in page
    assert "退出登录" in page
    guard(town, "admin")
    assert client.get("/desk/admin/people/").status_code == 200


def test_other_posts_need_no_second_factor(
    town: Town, signed_in: SignedIn, second_factor_required: None
) -> None:
    assert signed_in("handler").get("/desk/").status_code == 200


def test_switching_to_such_a_post_requires_a_second_factor(
    town: Town, signed_in: SignedIn, second_factor_required: None
) -> None:
    Holding.objects.create(user=town.users["handler"], post=town.posts["admin"])
    client = signed_in("handler")
    assert client.get("/desk/").status_code == 200
    client.post("/desk/account/post/", {"post": town.posts["admin"].pk})
    assert client.get("/desk/admin/people/")["Location"] == SETUP


def test_reset_of_the_second_factor_signs_the_user_out(town: Town, signed_in: SignedIn) -> None:
    guard(town, "handler")
    person, user = signed_in("handler"), town.users["handler"]
    client = signed_in("admin")
    assert "重置两步验证" in client.get(f"/desk/admin/people/{user.pk}/").content.decode()
    client.post(f"/desk/admin/people/{user.pk}/second-factor/")
    assert not SecondFactor.objects.exists()
    assert person.get("/desk/").status_code == 302
    entry = Entry.objects.get(action="accounts.second_factor:reset")
    assert (entry.object_id, entry.user_id) == (user.pk, town.users["admin"].pk)
    assert "重置两步验证" not in client.get(f"/desk/admin/people/{user.pk}/").content.decode()


def test_administrator_cannot_reset_the_own_factor_or_that_of_an_auditor(
    town: Town, signed_in: SignedIn
) -> None:
    post = town.posts["visitor"]
    post.permissions = ["audit.entry:view"]
    post.save()
    for who in ("admin", "visitor"):
        guard(town, who)
        signed_in("admin").post(f"/desk/admin/people/{town.users[who].pk}/second-factor/")
    assert SecondFactor.objects.count() == 2


def test_open_page_does_not_keep_the_user_signed_in(town: Town, signed_in: SignedIn) -> None:
    case = walk(town)
    with clock.at(NINE):
        client = signed_in("dispatcher")
        assert client.get(f"/desk/cases/{case.number}/").status_code == 200
    for minutes in range(5, 31, 5):
        with clock.at(NINE + timedelta(minutes=minutes)):
            answer = client.post(f"/desk/cases/{case.number}/presence/", {"doing": "writing"})
            assert answer.status_code == 200
    with clock.at(NINE + timedelta(minutes=31)):
        answer = client.get(f"/desk/cases/{case.number}/")
    assert answer["Location"] == f"/accounts/sign-in/?next=/desk/cases/{case.number}/"


def test_draft_survives_the_idle_sign_out(town: Town, signed_in: SignedIn) -> None:
    with clock.at(NINE):
        client = signed_in("handler")
        client.post("/desk/drafts/new/", {"fields": '{"detail": "井盖"}'})
    with clock.at(NINE + timedelta(hours=1)):
        assert client.get("/desk/drafts/new/").status_code == 302
        assert signed_in("handler").get("/desk/drafts/new/").json()["fields"] == {"detail": "井盖"}


def test_account_page_shows_recent_sign_ins(town: Town, signed_in: SignedIn) -> None:
    town.users["handler"].set_password("walk round the loop")
    town.users["handler"].save()
    client = signed_in("handler")
    client.logout()
    for password in ("wrong", "walk round the loop"):
        client.post("/accounts/sign-in/", {"username": "handler", "password": password})
    page = client.get("/desk/account/").content.decode()
    assert "密码不对" in page
    assert "127.0.0.1" in page
    assert "开启两步验证" in page
    assert "密码不对" not in signed_in("leader").get("/desk/account/").content.decode()


def test_list_of_tokens_shows_post_and_last_use(town: Town, signed_in: SignedIn) -> None:
    token, _secret = ApiToken.issue(town.users["registrar"], "数据交换")
    page = signed_in("admin").get("/desk/admin/tokens/").content.decode()
    assert "受理员 · " in page
    assert "从未" in page
    ApiToken.objects.filter(pk=token.pk).update(last_used_date=date(2026, 11, 20))
    assert "2026-11-20" in signed_in("admin").get("/desk/admin/tokens/").content.decode()
