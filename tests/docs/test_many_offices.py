"""The page about many offices works as it is written, on a PostgreSQL server that exists only for this test."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from jiedao.offices.file import read_offices
from tests.docs.pages import ROOT, Follower, Page
from tests.docs.test_howtos import NGINX, ROOT_NEEDED, SERVICES, make_machine
from tools.test_pg import NoPostgresError, throwaway_postgres

PAGE = Page("run-many-offices")
FILE = "etc/jiedao/offices.toml"


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The address of a database as the first step makes it: its owner may create users, and is no superuser."""
    try:
        with throwaway_postgres() as superuser:
            with psycopg.connect(superuser, autocommit=True) as connection:
                connection.execute("CREATE ROLE district LOGIN CREATEROLE")
                connection.execute("ALTER DATABASE jiedao OWNER TO district")
            yield superuser.replace("//jiedao@", "//district@")
    except NoPostgresError as reason:
        pytest.skip(str(reason))


def test_two_offices_are_made_by_the_page(server: str, tmp_path: Path) -> None:
    variables = make_machine(tmp_path)
    (tmp_path / "etc/jiedao").mkdir()
    for name in ("conf.d", "snippets"):
        (tmp_path / "etc/nginx" / name).mkdir(parents=True)
    (tmp_path / "backups").mkdir()
    shutil.copytree(ROOT / "packs/minimal", tmp_path / "etc/jiedao/town")
    (text,) = PAGE.find_blocks("toml")
    text = Follower(tmp_path).place(text).replace("postgresql://jiedao:PASSWORD@localhost/jiedao", server)
    (tmp_path / FILE).write_text(text, encoding="utf-8")
    follower = Follower(
        tmp_path,
        variables,
        skipped={
            "sudo -u postgres": "the fixture makes user and database",
            "chown": ROOT_NEEDED,
            "cp deploy/systemd": SERVICES,
            "systemctl": SERVICES,
            "cp deploy/logs": NGINX,
            "cp deploy/nginx": "needs root; tests/deploy/test_nginx_offices.py runs it",
            "ln -s ../sites-available": NGINX,
            "nginx -t": NGINX,
            "jiedao offices list": "needs the running services; tests/offices/test_two_offices.py calls it",
        },
        seconds=1800,  # it makes all tables of two offices
        written={"/etc/nginx": f"{tmp_path}/etc/nginx", "UNIT.SYSADMIN": "ZHIHUI.SYSADMIN"},
    )
    printed = follower.follow(PAGE)
    assert "2 of 2 offices have the tables of this version" in printed
    offices = read_offices(tmp_path / FILE)
    for key, office in offices.items():
        assert (office.data / "field_key").stat().st_mode & 0o077 == 0
        assert len(list((tmp_path / "backups" / key).glob("jiedao-*/manifest.json"))) == 1
    with psycopg.connect(offices["buji"].address) as connection:
        assert connection.execute("SELECT full_name FROM accounts_user").fetchall() == [("张三",)]
    with psycopg.connect(offices["bantian"].address) as connection:
        assert connection.execute("SELECT count(*) FROM accounts_user").fetchone() == (0,)
    assert (
        "bantian.example.gov.cn jiedao_bantian;"
        in (tmp_path / "etc/nginx/conf.d/jiedao-offices.conf").read_text()
    )
    assert "http://$jiedao_office;" in (tmp_path / "etc/nginx/snippets/jiedao-offices-proxy.conf").read_text()
