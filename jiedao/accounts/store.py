"""Sessions in the database, whose last activity may be lost when it cannot be written."""

import logging
from typing import Any

from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.db import DatabaseError

from jiedao.kernel.outages import find_outage

log = logging.getLogger("jiedao.accounts")


class SessionStore(DatabaseStore):
    """Lets a signed-in user go on reading while the disk is full: only the time of the activity is not stored."""

    only_activity = False

    def save(self, must_create: bool = False) -> Any:
        """Store the session; a fault is ignored if nothing but the time of the last activity would be lost."""
        try:
            return super().save(must_create)
        except DatabaseError as fault:
            if must_create or not self.only_activity or not find_outage(fault):
                raise
            log.warning("the time of an activity was not stored: %s", fault)
