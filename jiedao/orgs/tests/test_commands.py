"""The commands `jiedao user` and `jiedao token`."""

import json
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner, Result
from django.test import Client

from jiedao.accounts import second_factor
from jiedao.accounts.models import ApiToken, SecondFactor, User, hash_token
from jiedao.kernel import clock
from jiedao.kernel.errors import NotFoundError, UserError
from jiedao.orgs.commands import token_group, user_group
from jiedao.orgs.models import Holding, Post
from jiedao.orgs.tests.people import make_office

pytestmark = pytest.mark.django_db


def run_command(group: object, *arguments: str, stdin: str = "") -> Result:
    return CliRunner().invoke(group, arguments, input=stdin, catch_exceptions=False)  # type: ignore[arg-type]


def test_create_makes_an_account_with_its_post_and_prints_the_password() -> None:
    make_office()
    result = run_command(user_group, "create", "boss", "--name", "老板", "--post", "AUDIT")
    user = User.objects.get(username="boss")
    assert user.check_password(result.stdout.strip())
    assert Holding.objects.get(user=user).post.code == "AUDIT"


def test_a_password_from_standard_input_is_not_printed() -> None:
    make_office()
    result = run_command(
        user_group, "create", "boss", "--name", "老板", "--password-stdin", stdin="a long pass phrase\n"
    )
    assert User.objects.get(username="boss").check_password("a long pass phrase")
    assert result.stdout == ""


def test_an_unknown_post_leaves_no_account() -> None:
    make_office()
    with pytest.raises(UserError):
        run_command(user_group, "create", "boss", "--name", "老板", "--post", "NONE")
    assert not User.objects.filter(username="boss").exists()


def test_an_unknown_post_names_those_of_the_same_role() -> None:
    office = make_office()
    Post.objects.create(code="SQ1.GRID", unit=office.unit, title="网格员", scope="AREA", permissions=[])
    with pytest.raises(UserError) as refusal:
        run_command(user_group, "create", "boss", "--name", "老板", "--post", "SQ9.GRID")
    assert refusal.value.hint == "相近的岗位：SQ1.GRID"


def test_accounts_are_listed_as_json() -> None:
    make_office()
    rows = json.loads(run_command(user_group, "list", "--json").stdout)
    assert {
        "username": "clerk",
        "name": "受理员",
        "active": True,
        "posts": ["受理员 · 云溪街道办事处"],
    } in rows


def test_a_token_is_issued_and_revoked() -> None:
    make_office()
    secret = run_command(token_group, "issue", "clerk", "--name", "数据交换").stdout.strip()
    token = ApiToken.objects.get(digest=hash_token(secret))
    run_command(token_group, "revoke", str(token.pk))
    token.refresh_from_db()
    assert token.revoked_at is not None


def test_a_token_for_an_unknown_account_is_refused() -> None:
    with pytest.raises(NotFoundError):
        run_command(token_group, "issue", "nobody", "--name", "x")


def test_a_token_ends_at_the_end_of_its_last_day() -> None:
    make_office()
    run_command(token_group, "issue", "clerk", "--name", "x", "--expires", "2027-03-31")
    assert str(ApiToken.objects.get().expires_at) == "2027-03-31 15:59:59.999999+00:00"


def test_a_token_ends_in_90_days_unless_never_is_said() -> None:
    make_office()
    with clock.at(datetime(2026, 11, 29, 17, tzinfo=UTC)):  # the 30th in the town
        result = run_command(token_group, "issue", "clerk", "--name", "x")
        assert str(ApiToken.objects.get().expires_at) == "2027-02-28 15:59:59.999999+00:00"
        assert "2027-02-28" in result.stderr
        run_command(token_group, "issue", "clerk", "--name", "y", "--expires", "never")
    assert ApiToken.objects.get(name="y").expires_at is None
    assert (
        "--expires"
        in CliRunner().invoke(token_group, ["issue", "clerk", "--name", "z", "--expires", "soon"]).output
    )


def test_a_token_has_the_scopes_that_were_given() -> None:
    make_office()
    run_command(
        token_group, "issue", "clerk", "--name", "x", "--scope", "cases:report", "--scope", "cases:read"
    )
    assert ApiToken.objects.get().scopes == ["cases:read", "cases:report"]
    with pytest.raises(UserError, match="cases:write"):
        run_command(token_group, "issue", "clerk", "--name", "x", "--scope", "cases:write")


def test_all_access_is_ended_and_tokens_are_listed() -> None:
    office, client = make_office(), Client()
    client.force_login(office.users["clerk"], backend="django.contrib.auth.backends.ModelBackend")
    run_command(
        token_group, "issue", "clerk", "--name", "手机", "--scope", "cases:report", "--expires", "2099-01-01"
    )
    listed = json.loads(run_command(token_group, "list", "--json").stdout)
    kept = json.loads(run_command(user_group, "end-access", "--keep-tokens", "--json").stdout)
    assert (kept["sessions"], kept["revoked"], kept["tokens"]) == (1, False, listed)
    assert client.get("/accounts/password/").status_code == 302
    row = {
        "username": "clerk",
        "name": "手机",
        "scopes": ["cases:report"],
        "expires": "2099-01-01",
        "last_used": None,
    }
    assert listed == [{"id": ApiToken.objects.get().pk, **row}]
    assert json.loads(run_command(user_group, "end-access", "--json").stdout)["tokens"] == listed
    assert ApiToken.objects.get().revoked_at is not None
    assert json.loads(run_command(token_group, "list", "--json").stdout) == []


def test_reset_gives_the_last_administrator_a_new_password() -> None:
    office = make_office()
    secret = second_factor.encrypt_secret("A" * 32)
    SecondFactor.objects.create(user=office.users["audit"], secret=secret, last_step=0)
    result = run_command(user_group, "reset", "audit")
    user = User.objects.get(username="audit")
    assert user.check_password(result.stdout.strip())
    assert user.must_change_password
    assert second_factor.is_on(user)
    run_command(user_group, "reset", "audit", "--second-factor")
    assert not second_factor.is_on(user)
    again = run_command(user_group, "reset", "audit", "--second-factor")  # there is none any more
    assert User.objects.get(username="audit").check_password(again.stdout.strip())
    with pytest.raises(NotFoundError):
        run_command(user_group, "reset", "nobody")
