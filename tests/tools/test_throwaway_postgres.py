"""The throwaway PostgreSQL is private, and gone afterwards."""

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest

from tools.test_pg import NoPostgresError, server_account, server_programs, throwaway_postgres


@pytest.fixture
def installed() -> None:
    try:
        server_programs()
        server_account()
    except NoPostgresError as reason:
        pytest.skip(str(reason))


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize(("durable", "fsync"), [(False, "off"), (True, "on")])
def test_the_cluster_serves_and_goes(durable: bool, fsync: str) -> None:
    with throwaway_postgres(durable=durable) as address, psycopg.connect(address) as connection:
        home = Path(parse_qs(urlsplit(address).query)["host"][0])
        assert connection.execute("SHOW fsync").fetchone() == (fsync,)
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
    assert not home.exists()


def fail_inside(homes: list[Path]) -> None:
    with throwaway_postgres() as address:
        homes.append(Path(parse_qs(urlsplit(address).query)["host"][0]))
        raise RuntimeError("the work failed")


@pytest.mark.usefixtures("installed")
def test_the_cluster_goes_when_the_work_fails() -> None:
    homes: list[Path] = []
    with pytest.raises(RuntimeError, match="the work failed"):
        fail_inside(homes)
    assert not homes[0].exists()
