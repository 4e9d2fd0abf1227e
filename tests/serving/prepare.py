"""Prepares a town in a new database and prints a token and a session key of one user as JSON.

    python -m tests.serving.prepare [USERNAME [PACK]]

USERNAME is one of the cast; by default the registrar. With the folder of a pack the town is that of the pack, where
nobody but USERNAME is, as the system administrator.
"""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import django

if TYPE_CHECKING:
    from jiedao.accounts.models import User


def main() -> None:
    """Migrate, write the town, issue the credentials."""
    django.setup()
    from importlib import import_module

    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

    from jiedao.accounts.models import ApiToken
    from jiedao.kernel import clock
    from jiedao.kernel.serving import prepare_database
    from jiedao.testing.cast import make_town

    username, *packs = sys.argv[1:] or ["registrar"]
    prepare_database(verbosity=0)
    user = found_town(Path(packs[0]), username) if packs else make_town().users[username]
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[-1]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session["seen_at"] = session["begun_at"] = int(clock.real_now().timestamp())
    session.create()
    json.dump({"token": ApiToken.issue(user, "test")[1], "session": session.session_key}, sys.stdout)


def found_town(folder: Path, username: str) -> "User":
    """Apply a pack to an empty database; return its only user, the system administrator."""
    from jiedao.accounts.models import User
    from jiedao.orgs.actor import make_system_actor
    from jiedao.orgs.models import Holding, Post
    from jiedao.packs.actions import apply_pack
    from jiedao.packs.check import check_pack

    pack, report = check_pack(folder)
    assert report.passed, report.errors
    apply_pack(pack=pack, actor=make_system_actor())
    user = User.objects.create(username=username, full_name=username)
    Holding.objects.create(user=user, post=Post.objects.get(code__endswith=".SYSADMIN"))
    return user


if __name__ == "__main__":
    main()
