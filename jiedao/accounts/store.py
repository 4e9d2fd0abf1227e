"""Sessions in the database, whose last activity may be lost when it cannot be written."""

import logging
from typing import Any

from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.contrib.sessions.models import Session
from django.db import DatabaseError
from django.db.models.functions import Now

from jiedao.kernel.outages import find_outage
from jiedao.kernel.prepared import SOME_TEXT, PreparedQuery

log = logging.getLogger("jiedao.accounts")
SESSION_IN_FORCE = PreparedQuery(
    lambda key: Session.objects.filter(session_key=key, expire_date__gt=Now())[:1], SOME_TEXT
)


class SessionStore(DatabaseStore):
    """Lets a signed-in user go on reading while the disk is full: only the time of the activity is not stored."""

    only_activity = False

    def _get_session_from_db(self) -> Any:
        """Return the session as Django does, by a prepared query."""
        session = SESSION_IN_FORCE.fetch_first(self.session_key)
        if session is None:
            self._session_key = None
        return session

    def save(self, must_create: bool = False) -> Any:
        """Store the session; a fault is ignored if nothing but the time of the last activity would be lost."""
        try:
            return super().save(must_create)
        except DatabaseError as fault:
            if must_create or not self.only_activity or not find_outage(fault):
                raise
            log.warning("the time of an activity was not stored: %s", fault)
