"""Linking accounts of the office's provider: by an administrator with the right, to accounts of other users only."""

from collections.abc import Callable
from typing import Any

import pytest
from click.testing import CliRunner
from django.test import RequestFactory

from jiedao.accounts.models import ProviderAccount, User
from jiedao.accounts.oidc.links import find_account
from jiedao.accounts.oidc.passwords import may_use_password
from jiedao.accounts.visitor import make_visitor
from jiedao.audit.models import Entry
from jiedao.environment import OidcSettings
from jiedao.kernel.errors import NotAllowed, NotFoundError, Stale, UserError
from jiedao.kernel.memo import forget_all
from jiedao.kernel.models import Policy
from jiedao.orgs.actor import find_actor
from jiedao.orgs.commands import user_group
from jiedao.orgs.linking import link_provider_account, read_linking, unlink_provider_account
from jiedao.orgs.tests.people import Office, make_office

ISSUER = "https://login.example.cn"


@pytest.fixture
def office(db: None, settings: Any) -> Office:
    settings.JIEDAO_OIDC = OidcSettings(
        ISSUER, "jiedao", match_claim="preferred_username", passwords_for_administrators_only=True
    )
    return make_office()


@pytest.fixture
def waiting(office: Office) -> ProviderAccount:
    return ProviderAccount.objects.create(issuer=ISSUER, subject="u-7", label="李敏")


def test_an_administrator_links_a_waiting_account_and_removes_the_link(
    office: Office, waiting: ProviderAccount
) -> None:
    user, actor = office.users["clerk"], office.actor("sys")
    before = read_linking(user.pk)
    assert before is not None
    assert (before.account, before.waiting) == (None, [waiting])
    link_provider_account(actor=actor, user_id=user.pk, number=waiting.pk)
    entry = Entry.objects.get(action="accounts.provider:link")
    assert (entry.object_id, entry.user_id) == (user.pk, actor.user_id)
    assert entry.after == {"issuer": ISSUER, "subject": "u-7", "number": waiting.pk}
    after = read_linking(user.pk)
    assert after is not None
    assert (after.account, after.waiting) == (waiting, [])
    unlink_provider_account(actor=actor, user_id=user.pk)
    assert not ProviderAccount.objects.exists()
    assert User.objects.get(pk=user.pk).session_epoch == user.session_epoch + 1
    with pytest.raises(UserError):
        unlink_provider_account(actor=actor, user_id=user.pk)


@pytest.mark.parametrize(
    ("who", "whose"), [("clerk", "new"), ("sec", "new"), ("sys", "sys"), ("sys", "sec"), ("sys", "audit")]
)
def test_linking_requires_the_right_and_a_user_who_is_neither_oneself_nor_above(
    office: Office, waiting: ProviderAccount, who: str, whose: str
) -> None:
    with pytest.raises(NotAllowed):
        link_provider_account(actor=office.actor(who), user_id=office.users[whose].pk, number=waiting.pk)
    ProviderAccount.objects.update(user=office.users[whose])
    with pytest.raises(NotAllowed):
        unlink_provider_account(actor=office.actor(who), user_id=office.users[whose].pk)


@pytest.mark.parametrize(
    "chosen",
    [{"number": 0}, {"number": 10**12}, {"subject": " "}, {"subject": "x" * 256}, {"subject": "a\tb"}, {}],
)
def test_an_account_that_cannot_be_is_refused(office: Office, chosen: dict[str, Any]) -> None:
    with pytest.raises(UserError):
        link_provider_account(actor=office.actor("sys"), user_id=office.users["clerk"].pk, **chosen)
    assert not ProviderAccount.objects.exists()


def test_one_account_belongs_to_one_person(office: Office, waiting: ProviderAccount) -> None:
    actor, clerk, new = office.actor("sys"), office.users["clerk"].pk, office.users["new"].pk
    link_provider_account(actor=actor, user_id=clerk, subject="u-7")
    with pytest.raises(Stale):
        link_provider_account(actor=actor, user_id=new, number=waiting.pk)
    with pytest.raises(Stale):
        link_provider_account(actor=actor, user_id=clerk, subject="u-8")


def test_another_providers_account_is_not_offered(office: Office) -> None:
    other = ProviderAccount.objects.create(issuer="https://other.example.cn", subject="u-7")
    linking = read_linking(office.users["clerk"].pk)
    assert linking is not None
    assert linking.waiting == []
    with pytest.raises(UserError):
        link_provider_account(actor=office.actor("sys"), user_id=office.users["clerk"].pk, number=other.pk)


def test_nothing_is_linked_without_a_provider(office: Office, settings: Any) -> None:
    settings.JIEDAO_OIDC = None
    assert read_linking(office.users["clerk"].pk) is None
    with pytest.raises(NotFoundError):
        link_provider_account(actor=office.actor("sys"), user_id=office.users["clerk"].pk, subject="u-7")


@pytest.mark.parametrize(
    ("name", "linked"), [("clerk", True), ("sys", False), ("sec", False), ("audit", False)]
)
def test_a_claim_never_links_an_administrator(
    office: Office, rf: RequestFactory, name: str, linked: bool
) -> None:
    claims = {"sub": "u-7", "preferred_username": name}
    account = find_account(actor=make_visitor(rf.get("/")), claims=claims)
    assert account is not None
    assert (account.user == office.users[name]) is linked


@pytest.mark.parametrize("name", ["clerk", "new", "sys", "sec", "audit", "head"])
def test_administrators_may_always_use_a_password(office: Office, name: str) -> None:
    assert may_use_password(office.users[name]) is (name not in {"clerk", "new"})


def test_a_second_factor_of_the_provider_opens_a_guarded_post(office: Office) -> None:
    Policy.objects.create(key="second_factor_rights", value=["orgs.user:manage"])
    forget_all()
    find: Callable[..., Any] = find_actor
    assert find(office.users["sys"], has_factor=True).can("orgs.user:manage")


def test_the_operator_links_by_a_command(office: Office) -> None:
    CliRunner().invoke(user_group, ["link", "sys", "u-9"], catch_exceptions=False)
    assert ProviderAccount.objects.get().user == office.users["sys"]
    CliRunner().invoke(user_group, ["unlink", "sys"], catch_exceptions=False)
    assert not ProviderAccount.objects.exists()
