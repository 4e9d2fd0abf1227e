"""The probes that a load balancer calls."""

import pytest
from django.test import Client


def test_livez_needs_no_database() -> None:
    assert Client().get("/livez").content == b"ok"


@pytest.mark.django_db
def test_readyz_answers_200_when_the_database_can_be_used() -> None:
    answer = Client().get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {"ready": True}
