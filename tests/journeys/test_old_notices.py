"""An installation with notices that hold texts and addresses is brought up to date without losing one of them."""

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from jiedao.kernel import clock
from jiedao.notices.kinds import describe_notice
from jiedao.notices.models import Notice
from jiedao.projects.tests.promise_parts import JULY, add_item, promise_town
from jiedao.registers.tests.inspecting import INSPECTED
from jiedao.registers.tests.parts import declare
from jiedao.testing.cast import make_case


@pytest.mark.django_db(transaction=True)
def test_old_notices_keep_their_text_and_name_their_object() -> None:
    with clock.at(JULY):
        town = promise_town()
        case, pledge, register = make_case(town), add_item(town), declare(INSPECTED)
    Notice.objects.all().delete()
    MigrationExecutor(connection).migrate([("notices", "0001_initial")])
    old = MigrationExecutor(connection).loader.project_state([("notices", "0001_initial")]).apps
    addresses = {
        "a": f"/desk/cases/{case.number}/",
        "b": f"/desk/promises/pledges/{pledge.pk}/",
        "c": "/desk/inspections/?show=missed&register=houses",
        "d": "/desk/cases/1999-00000001/",
        "e": "/desk/promises/pledges/987654/",
        "f": "",
    }
    old.get_model("notices", "Notice").objects.bulk_create(
        old.get_model("notices", "Notice")(
            user_id=town.users["leader"].pk, key=key, text=f"通知 {key}", url=url, tone="WARN"
        )
        for key, url in addresses.items()
    )
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())

    rows = {notice.key: notice for notice in Notice.objects.all()}
    assert {
        key: (notice.object_type, notice.object_id, notice.object_name) for key, notice in rows.items()
    } == {
        "a": ("cases.case", case.pk, f"{case.number} {case.subject}"),
        "b": ("projects.pledge", pledge.pk, f"{pledge.code} {pledge.text}"),
        "c": ("registers.register", register.id, "出租屋"),
        "d": ("", None, ""),
        "e": ("", None, ""),
        "f": ("", None, ""),
    }
    for key, notice in rows.items():
        assert describe_notice(notice) == f"通知 {key}"
        assert (notice.data["url"], notice.tone, notice.asks) == (addresses[key], "WARN", False)
