"""Look at an office after its upgrade, as a process of its own: `python -m tests.deploy.upgraded_office CASE`.

Prints as JSON the counts of its tables, the states of its cases, the reporter of the case, and the status of pages for
each kind of user.
"""

import json
import sys
from collections import Counter

import django

TABLES = (
    "accounts.User",
    "orgs.Holding",
    "cases.Case",
    "cases.CaseMove",
    "cases.Reporter",
    "registers.Record",
    "registers.Inspection",
    "registers.Finding",
    "projects.Task",
    "projects.Progress",
    "notices.Notice",
)
PAGES = (
    "/desk/",
    "/desk/cases/",
    "/desk/board/",
    "/desk/registers/",
    "/desk/projects/",
    "/desk/search/?q=垃圾",
)


def main(number: str) -> None:
    """Print what the office holds and shows."""
    from django.apps import apps
    from django.conf import settings
    from django.test import Client

    from jiedao.accounts.models import User
    from jiedao.cases.models import Case
    from jiedao.kernel.crypto import decrypt

    settings.ALLOWED_HOSTS = ["testserver"]
    case = Case.objects.get(number=number)
    pages: Counter[str] = Counter()
    for user in User.objects.filter(is_demo=True, is_active=True).order_by("id"):
        client = Client()
        client.force_login(user, settings.AUTHENTICATION_BACKENDS[-1])
        pages.update(f"{path} {client.get(path).status_code}" for path in PAGES)
    facts = {
        "counts": {name.lower().replace(".", "_"): apps.get_model(name).objects.count() for name in TABLES},
        "states": dict(Counter(Case.objects.values_list("state", flat=True))),
        "reporter": decrypt(case.reporter.name),
        "ready": Client().get("/readyz").status_code,
        "pages": pages,
    }
    json.dump(facts, sys.stdout)


if __name__ == "__main__":
    django.setup()
    main(sys.argv[1])
