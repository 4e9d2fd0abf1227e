"""The cast, and a city desk to which the office may send."""

from collections.abc import Iterator
from ipaddress import ip_network
from typing import Any

import pytest

from jiedao.exchange.endpoints.actions import add_endpoint
from jiedao.exchange.endpoints.active import ACTIVE
from jiedao.exchange.models import Endpoint
from jiedao.exchange.tests.peers import CityDesk, run_city_desk
from jiedao.orgs.actor import make_system_actor


@pytest.fixture
def peer(settings: Any) -> Iterator[CityDesk]:
    """A city desk on this machine, to which the office may send."""
    with run_city_desk() as desk:
        settings.JIEDAO_WEBHOOK = {
            "hosts": [f"127.0.0.1:{desk.port}"],
            "networks": [ip_network("127.0.0.0/8")],
        }
        yield desk
    ACTIVE.forget()


@pytest.fixture
def platform(db: None, peer: CityDesk) -> Endpoint:
    """The endpoint of that city desk; its orders have the prefix 12345."""
    endpoint, peer.secret = add_endpoint(
        actor=make_system_actor(),
        code="CITY",
        kind="PLATFORM",
        name="市热线",
        target=f"http://127.0.0.1:{peer.port}/events",
        list_url=f"http://127.0.0.1:{peer.port}/orders",
        source="12345",
        token="city-token",
    )
    return endpoint


@pytest.fixture
def subscription(db: None, peer: CityDesk) -> Endpoint:
    """A subscription to all events, at the same address."""
    endpoint, peer.secret = add_endpoint(
        actor=make_system_actor(),
        code="SCREEN",
        kind="WEBHOOK",
        name="大屏",
        target=f"http://127.0.0.1:{peer.port}/events?key=hidden",
        events=["case.filed", "case.moved", "case.changed", "case.ended", "case.reopened"],
    )
    return endpoint
