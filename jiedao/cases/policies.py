"""The policies that the loop of a case reads, each with its value until a pack sets it."""

from typing import Any

POLICIES: dict[str, Any] = {
    "limits": {
        "ACCEPT": "2wh",
        "VERIFY": "4wh",
        "DISPATCH": "2wh",
        "HANDLE": "3wd",
        "HELP": "2wd",
        "CHECK": "1wd",
        "FINISH": "1wd",
        "VISIT": "3wd",
        "CLOSE": "10wd",
    },
    "warn_share": 0.75,
    "escalate_every": "1wd",
    "escalate_rungs": 3,
    "max_returns": 3,
    "max_extensions": 2,
    "visit_attempts": 3,
    "reopen_days": 30,
    "wrong_reasons": ["NOT_OURS"],
    "retention_days": 730,
}
