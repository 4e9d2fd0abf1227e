"""Check or update docs/reference/openapi.json, the description of the JSON API, against the endpoints.

    python tools/openapi.py check     exit 1 if the file differs
    python tools/openapi.py update    write the file

A change of the file is a change of an interface: it needs a line in CHANGELOG.md.
"""

import os
import sys
from pathlib import Path

import django

ROOT = Path(__file__).resolve().parent.parent
FILE = ROOT / "docs" / "reference" / "openapi.json"


def write_description() -> str:
    """Return the description as the file has it."""
    import orjson  # noqa: PLC0415

    from jiedao.api.router import api  # noqa: PLC0415 (the settings are loaded first)

    options = orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS
    return orjson.dumps(api.get_openapi_schema(), option=options).decode() + "\n"


def main() -> int:
    """Run the command; return the exit code."""
    if sys.argv[1:] not in (["check"], ["update"]):
        print(__doc__)
        return 2
    sys.path.insert(0, str(ROOT))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "jiedao.settings")
    django.setup()
    description = write_description()
    if sys.argv[1] == "update":
        FILE.write_text(description, encoding="utf-8")
        print(f"{FILE.relative_to(ROOT)} written")
        return 0
    if not FILE.exists() or FILE.read_text(encoding="utf-8") != description:
        print(f"{FILE.relative_to(ROOT)} differs from the endpoints; python tools/openapi.py update")
        return 1
    print("the description is as the endpoints are")
    return 0


if __name__ == "__main__":
    sys.exit(main())
