"""Successions: the holders of a role that was merged into another one, or that got another key."""

import pytest

from jiedao.accounts.models import User
from jiedao.orgs.models import Holding, Post
from jiedao.packs.tests.test_apply import apply
from jiedao.packs.tests.tiny import TinyPack, check_in_english

pytestmark = pytest.mark.django_db

CLERK = """
[[role]]
key = "CLERK"
title = "办事员"
scope = "AREA"
permissions = ["cases.case:view"]

[[post]]
role = "CLERK"
units = ["JDB"]
"""


@pytest.fixture
def holding(tiny: TinyPack) -> Holding:
    """A clerk of the office of the tiny pack."""
    tiny.append("posts.toml", CLERK)
    apply(tiny)
    user = User.objects.create_user("clerk", "x", "办事员")
    return Holding.objects.create(user=user, post=Post.objects.get(code="JDB.CLERK"))


def test_holders_follow_to_the_role_that_was_theirs(tiny: TinyPack, holding: Holding) -> None:
    tiny.edit("posts.toml", CLERK, "")
    tiny.edit("posts.toml", 'key = "LEADER"\n', 'key = "LEADER"\nwas = ["CLERK"]\n')
    apply(tiny)
    holding.refresh_from_db()
    assert holding.post.code == "JDB.LEADER"
    assert not Post.objects.get(code="JDB.CLERK").active


def test_holders_follow_when_unit_and_role_change_at_once(tiny: TinyPack, holding: Holding) -> None:
    text = (tiny.folder / "posts.toml").read_text(encoding="utf-8")
    renamed = text.replace('key = "CLERK"', 'key = "AIDE"\nwas = ["CLERK"]').replace('"CLERK"', '"AIDE"')
    tiny.write("posts.toml", renamed.replace('was = ["AIDE"]', 'was = ["CLERK"]').replace('"JDB', '"BAN'))
    for name in ("units.toml", "duties.toml"):
        text = (tiny.folder / name).read_text(encoding="utf-8")
        tiny.write(
            name, text.replace('code = "JDB"', 'code = "BAN"\nwas = ["JDB"]').replace('"JDB"', '"BAN"')
        )
    tiny.edit("units.toml", 'was = ["BAN"]', 'was = ["JDB"]')
    apply(tiny)
    holding.refresh_from_db()
    assert holding.post.code == "BAN.AIDE"


def test_a_role_that_still_exists_is_no_former_role(tiny: TinyPack) -> None:
    tiny.append("posts.toml", CLERK)
    tiny.edit("posts.toml", 'key = "LEADER"\n', 'key = "LEADER"\nwas = ["CLERK", "LEADER"]\n')
    messages = [fault.message for fault in check_in_english(tiny.folder)[1].errors]
    assert messages == ["LEADER cannot have been itself", "CLERK is still a role"]
