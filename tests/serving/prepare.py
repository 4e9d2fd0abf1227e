"""Prepares the cast in a new database and prints a token and a session key of one user as JSON.

    python -m tests.serving.prepare [USERNAME]

USERNAME is one of the cast; by default the registrar.
"""

import json
import sys

import django


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

    prepare_database(verbosity=0)
    user = make_town().users[sys.argv[1] if len(sys.argv) > 1 else "registrar"]
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[-1]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session["seen_at"] = session["begun_at"] = int(clock.real_now().timestamp())
    session.create()
    json.dump({"token": ApiToken.issue(user, "test")[1], "session": session.session_key}, sys.stdout)


if __name__ == "__main__":
    main()
