"""A district with two offices, each a web server of the test."""

from collections.abc import Iterator
from ipaddress import ip_network
from typing import Any

import pytest

from jiedao.delivery.tests.servers import WebServer, run_web_server
from jiedao.district.actions import add_office
from jiedao.district.models import Office
from jiedao.orgs.actor import make_system_actor
from jiedao.orgs.models import Unit, UnitKind
from jiedao.places.models import Area

SECRET = "jd_secret"


@pytest.fixture
def district(db: None, settings: Any) -> None:
    """A district of two sub-districts, each with a unit that represents its office."""
    settings.JIEDAO_OFFICE_NETWORKS = [ip_network("127.0.0.0/8")]
    root = Area.objects.add_root(instance=Area(kind="DISTRICT", code="440307", name="龙岗区"))
    for code, name in (("440307002", "布吉街道"), ("440307003", "坂田街道")):
        root.refresh_from_db()
        Area.objects.add_child(root, instance=Area(kind="STREET", code=code, name=name))
        Unit.objects.create(code=f"JD{code[-1]}", name=f"{name}办事处", kind=UnitKind.OFFICE)


@pytest.fixture
def server() -> Iterator[WebServer]:
    with run_web_server() as state:
        yield state


@pytest.fixture
def office(district: None, server: WebServer) -> Office:
    return add_office(
        actor=make_system_actor(),
        code="BUJI",
        name="布吉街道",
        address=f"http://127.0.0.1:{server.port}",
        area="440307002",
        unit="JD2",
        token=SECRET,
    )
