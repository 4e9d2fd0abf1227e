"""The throwaway PostgreSQL is private and leaves nothing behind."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest

from tools.test_pg import NoPostgresError, find_server_account, find_server_programs, throwaway_postgres


@pytest.fixture
def installed() -> None:
    try:
        find_server_programs()
        find_server_account()
    except NoPostgresError as reason:
        pytest.skip(str(reason))


def get_cluster_folder(address: str) -> Path:
    """Return the folder of a cluster."""
    return Path(parse_qs(urlsplit(address).query)["host"][0])


@pytest.mark.usefixtures("installed")
def test_a_cluster_is_private_and_removed_after_the_block() -> None:
    with throwaway_postgres() as address, psycopg.connect(address) as connection:
        assert get_cluster_folder(address).exists()
        assert connection.execute("SHOW fsync").fetchone() == ("off",)
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
    assert not get_cluster_folder(address).exists()


@contextmanager
def failing_work(addresses: list[str]) -> Iterator[None]:
    with throwaway_postgres(durable=True) as address, psycopg.connect(address) as connection:
        addresses.append(address)
        assert connection.execute("SHOW fsync").fetchone() == ("on",)
        yield


@pytest.mark.usefixtures("installed")
def test_a_durable_cluster_is_removed_when_the_work_in_the_block_fails() -> None:
    addresses: list[str] = []
    with pytest.raises(RuntimeError, match="the work failed"), failing_work(addresses):
        raise RuntimeError("the work failed")
    assert not get_cluster_folder(addresses[0]).exists()
