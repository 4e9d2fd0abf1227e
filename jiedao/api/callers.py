"""Whether a request comes from a signed-in user or has a valid token, before Django has received its body."""

import re
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.http import parse_cookie

from jiedao.accounts.models import hash_token
from jiedao.accounts.store import SessionStore
from jiedao.api.auth import find_caller

SESSION = re.compile(r"[0-9a-z]{32}", re.ASCII)
TOKEN = re.compile(r"bearer +(jd_[\w-]{20,80}) *", re.ASCII | re.IGNORECASE)


def is_known_caller(environ: dict[str, Any]) -> bool:
    """Return whether the session of a request is in force, or its token valid; it queries the database."""
    token = TOKEN.fullmatch(environ.get("HTTP_AUTHORIZATION", ""))
    session = parse_cookie(environ.get("HTTP_COOKIE", "")).get(settings.SESSION_COOKIE_NAME, "")
    is_session = SESSION.fullmatch(session) is not None
    if token is None and not is_session:
        return False
    if token is not None and find_caller(hash_token(token[1])) is not None:
        return True
    return is_session and SESSION_KEY in SessionStore(session).load()
