# ruff: noqa: PLC0415 (Django is set up before its models are imported)
"""Prepares a database for measurements and prints its credentials as JSON: `servers` runs it as a process."""

import json
import random
import sys
from pathlib import Path
from typing import Any

import django


def create_session(user: Any) -> str:
    """Sign a user in and return the key of the session."""
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[-1]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return str(session.session_key)


def main() -> None:
    """Migrate, apply the reference pack, create its people; print a token and the session of a dispatcher."""
    django.setup()
    from django.core.management import call_command

    from benchmarks.texts import PACK, SEED
    from jiedao.accounts.models import ApiToken, User
    from jiedao.demo.people import make_people
    from jiedao.kernel.memo import forget_all
    from jiedao.orgs.actor import make_system_actor
    from jiedao.packs.actions import apply_pack
    from jiedao.packs.check import check_pack

    call_command("migrate", verbosity=0, interactive=False)
    apply_pack(pack=check_pack(Path(PACK))[0], actor=make_system_actor("benchmark"))
    forget_all()
    make_people(PACK / "demo", random.Random(SEED), actor=make_system_actor("benchmark"))
    user = User.objects.get(username="paiqian")
    credentials = {"token": ApiToken.issue(user, "benchmark")[1], "session": create_session(user)}
    json.dump(credentials, sys.stdout)


if __name__ == "__main__":
    main()
