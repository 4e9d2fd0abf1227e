"""The addresses that a load balancer asks."""

import pytest
from django.test import Client


def test_livez_needs_no_database() -> None:
    assert Client().get("/livez").content == b"ok"


@pytest.mark.django_db
def test_readyz_says_when_the_database_is_there() -> None:
    answer = Client().get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {"ready": True}
