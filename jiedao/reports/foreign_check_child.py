"""Check the numbers of the text on standard input, and write the result to standard output as JSON.

Run by `confined_child.py`; the argument is JSON with `seconds` and `language`. It has neither the settings nor the
database of jiedao. The answer has the fields of a `CheckResult`, or is `{"fault": CODE}`.
"""

import json
import signal
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
LONGEST_ANSWER = 50_000_000  # characters


def main() -> None:
    wanted = json.loads(sys.argv[1])
    sys.path.insert(0, str(HERE.parent.parent))
    prepare(wanted["language"])
    from jiedao.reports.checker.context import OutOfTimeError  # noqa: PLC0415 (needs the path and the language)

    def stop(*_signal: object) -> None:
        raise OutOfTimeError

    text = sys.stdin.buffer.read().decode()
    signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, wanted["seconds"])
    try:
        answer = check(text)
    except OutOfTimeError:
        answer = {"fault": "TIME"}
    except MemoryError:
        answer = {"fault": "MEMORY"}
    printed = json.dumps(answer, default=str)
    sys.stdout.write(printed if len(printed) <= LONGEST_ANSWER else json.dumps({"fault": "LONG"}))


def prepare(language: str) -> None:
    """Let the reasons of claims be in the language of the reader."""
    import django  # noqa: PLC0415 (needs the path)
    from django.conf import settings  # noqa: PLC0415
    from django.utils import translation  # noqa: PLC0415

    settings.configure(LANGUAGE_CODE="zh-hans", LOCALE_PATHS=[str(HERE / "locale")], LOGGING_CONFIG=None)
    django.setup()
    translation.activate(language)


def check(text: str) -> dict[str, Any]:
    """Return the result of the check, and stop the clock as soon as the rules are done."""
    from jiedao.reports.checker import check_text  # noqa: PLC0415 (needs the path)

    result = check_text(text)
    signal.setitimer(signal.ITIMER_REAL, 0)
    return asdict(result)


if __name__ == "__main__":
    main()
