"""Run an import for test_import_killed: `dying_import.py FILE` waits to be killed inside its third batch."""

import os
import sys
import threading
from typing import Any

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "jiedao.settings"
django.setup()

from jiedao.exchange import message_importer  # noqa: E402
from jiedao.exchange.messages import import_messages  # noqa: E402
from jiedao.orgs.actor import make_system_actor  # noqa: E402

DIES_AT = 3
message_importer.BATCH = 4
file_histories, calls = message_importer.file_histories, []


def file_and_hang(*args: Any, **kwargs: Any) -> Any:
    """Write closed cases; in the third batch wait to be killed before they are committed."""
    filed = file_histories(*args, **kwargs)
    calls.append(1)
    if len(calls) == DIES_AT:
        print("writing", flush=True)  # noqa: T201
        threading.Event().wait()
    return filed


message_importer.file_histories = file_and_hang
import_messages(make_system_actor(), sys.argv[1])
