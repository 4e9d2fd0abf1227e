"""The operator's commands."""

import json

import pytest
from click.testing import CliRunner, Result

from jiedao.accounts.models import ApiToken, User, token_digest
from jiedao.kernel.errors import NotFoundError, UserError
from jiedao.orgs.commands import token_group, user_group
from jiedao.orgs.models import Holding
from jiedao.orgs.tests.people import make_office

pytestmark = pytest.mark.django_db


def run(group: object, *arguments: str, stdin: str = "") -> Result:
    return CliRunner().invoke(group, arguments, input=stdin, catch_exceptions=False)  # type: ignore[arg-type]


def test_an_account_is_made_with_its_post_and_the_password_printed_once() -> None:
    make_office()
    result = run(user_group, "create", "boss", "--name", "老板", "--post", "AUDIT")
    user = User.objects.get(username="boss")
    assert user.check_password(result.stdout.strip())
    assert Holding.objects.get(user=user).post.code == "AUDIT"


def test_a_password_from_standard_input_is_not_printed() -> None:
    make_office()
    result = run(
        user_group, "create", "boss", "--name", "老板", "--password-stdin", stdin="a long pass phrase\n"
    )
    assert User.objects.get(username="boss").check_password("a long pass phrase")
    assert result.stdout == ""


def test_an_unknown_post_leaves_no_account() -> None:
    make_office()
    with pytest.raises(UserError):
        run(user_group, "create", "boss", "--name", "老板", "--post", "NONE")
    assert not User.objects.filter(username="boss").exists()


def test_accounts_are_listed_as_json() -> None:
    make_office()
    rows = json.loads(run(user_group, "list", "--json").stdout)
    assert {
        "username": "clerk",
        "name": "受理员",
        "active": True,
        "posts": ["受理员 · 云溪街道办事处"],
    } in rows


def test_a_token_is_issued_and_revoked() -> None:
    make_office()
    secret = run(token_group, "issue", "clerk", "--name", "数据交换").stdout.strip()
    token = ApiToken.objects.get(digest=token_digest(secret))
    run(token_group, "revoke", str(token.pk))
    token.refresh_from_db()
    assert token.revoked_at is not None


def test_a_token_for_nobody_is_refused() -> None:
    with pytest.raises(NotFoundError):
        run(token_group, "issue", "nobody", "--name", "x")
