"""The page on making a pack works as written, command by command, in an empty folder."""

import json
from pathlib import Path

from tests.docs.follow import Follower

PAGE = "docs/how-to/make-a-pack.md"


def test_the_page_makes_a_town_that_is_checked_applied_and_staffed(tmp_path: Path) -> None:
    reader = Follower(tmp_path)
    reader.follow(PAGE)
    assert "mytown: 0 errors, 0 warnings" in reader.outputs["jiedao pack check mytown"]
    plan = json.loads(reader.run("jiedao pack plan mytown --json"))
    assert (plan["items"], plan["blocked"]) == ([], 0)  # everything that the page adds is applied
    users = json.loads(reader.run("jiedao user list --json"))
    assert {user["username"] for user in users} >= {
        "wangge",
        "paiqian",
        "chuzhi",
        "ducha",
        "zhiban",
        "huifang",
    }
