"""The file of the offices: what each office gets from it, and what is refused with words."""

from pathlib import Path

import pytest

from jiedao.kernel.errors import UserError
from jiedao.offices.file import PASSWORD_FILE, Office, find_office, read_offices
from jiedao.offices.proxy import write_routes

FILE = """
database_url = "postgresql://district:secret@db.example/jiedao?sslmode=require"
data = "offices"

[settings]
https = true
proxies = 1

[offices.buji]
hosts = ["buji.example", "bj.example"]
port = 8101

[offices.bantian]
hosts = ["bantian.example"]
port = 8102
processes = 2
[offices.bantian.settings]
https = false
oidc_scopes = ["openid"]
secret_key_file = "/etc/jiedao/bantian"
"""


@pytest.fixture
def offices(tmp_path: Path) -> dict[str, Office]:
    """The offices of the file, with the password of Buji."""
    (tmp_path / "offices.toml").write_text(FILE, encoding="utf-8")
    (tmp_path / "offices/buji").mkdir(parents=True)
    (tmp_path / "offices/buji" / PASSWORD_FILE).write_text("p/w\n", encoding="utf-8")
    return read_offices(tmp_path / "offices.toml")


def test_an_office_has_an_environment_of_its_own(
    offices: dict[str, Office], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("JIEDAO_FIELD_KEY", "of another office")
    variables = offices["buji"].build_environment()
    assert {name: text for name, text in variables.items() if name.startswith("JIEDAO_")} == {
        "JIEDAO_HTTPS": "true",
        "JIEDAO_PROXIES": "1",
        "JIEDAO_DATA": str(tmp_path / "offices/buji"),
        "JIEDAO_DATABASE_URL": "postgresql://office_buji:p%2Fw@db.example/jiedao?sslmode=require",
        "JIEDAO_DATABASE_SCHEMA": "office_buji",
        "JIEDAO_SECRET_KEY_FILE": str(tmp_path / "offices/buji/secret_key"),
        "JIEDAO_FIELD_KEY_FILE": str(tmp_path / "offices/buji/field_key"),
        "JIEDAO_ALLOWED_HOSTS": "buji.example,bj.example",
        "JIEDAO_TRUSTED_ORIGINS": "https://buji.example,https://bj.example",
    }


def test_settings_of_an_office_replace_those_of_all(offices: dict[str, Office]) -> None:
    assert offices["bantian"].settings == {
        "JIEDAO_HTTPS": "false",
        "JIEDAO_PROXIES": "1",
        "JIEDAO_OIDC_SCOPES": '["openid"]',
        "JIEDAO_SECRET_KEY_FILE": "/etc/jiedao/bantian",
    }


def test_an_office_without_a_password_is_to_be_created(offices: dict[str, Office]) -> None:
    with pytest.raises(UserError, match="jiedao offices create FILE bantian"):
        offices["bantian"].build_environment()


def test_without_users_of_their_own_the_offices_use_that_of_the_address(tmp_path: Path) -> None:
    (tmp_path / "offices.toml").write_text("own_users = false\n" + FILE, encoding="utf-8")
    office = read_offices(tmp_path / "offices.toml")["bantian"]
    assert office.address == "postgresql://district:secret@db.example/jiedao?sslmode=require"


def test_an_unknown_office_is_refused_with_the_nearest(offices: dict[str, Office]) -> None:
    with pytest.raises(UserError, match="Did you mean buji"):
        find_office(offices, "bujii")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("[settings]", "[settings", "it is no TOML"),
        ("data =", "date =", "date is unknown; did you mean data?"),
        ('data = "offices"', "", "data is missing"),
        ("postgresql://", "mysql://", "database_url must be the address of a PostgreSQL database"),
        ("[offices.buji]", "[offices.Buji]", "small letters"),
        ("port = 8101", 'port = "8101"', "port must be a number"),
        ("port = 8101", "port = true", "port must be a number"),
        ("port = 8101", "", "port must be a number from 1"),
        ("port = 8101", "port = 8102", "the offices buji and bantian have the same port: 8102"),
        ("bj.example", "bantian.example", "the offices buji and bantian have the same host: bantian.example"),
        ("bj.example", "https://bj.example", "hosts must list host names"),
        ("port = 8101", 'port = 8101\nschema = "office_bantian"', "have the same schema"),
        ("port = 8101", 'port = 8101\nschema = "public"', "cannot be the schema of an office"),
        ("port = 8101", 'port = 8101\nschema = "a; drop"', "cannot be the schema of an office"),
        ("proxies = 1", "JIEDAO_PROXIES = 1", "write proxies instead of JIEDAO_PROXIES"),
        ("proxies = 1", 'allowed_hosts = "*"', "allowed_hosts follows from the lines of the office"),
        ("processes = 2", "stopped = 1", "stopped must be true or false"),
    ],
)
def test_a_fault_is_named(tmp_path: Path, old: str, new: str, words: str) -> None:
    assert old in FILE
    path = tmp_path / "offices.toml"
    path.write_text(FILE.replace(old, new), encoding="utf-8")
    with pytest.raises(UserError) as refused:
        read_offices(path)
    assert words in str(refused.value)
    assert "secret" not in str(refused.value)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="No such file"):
        read_offices(tmp_path / "offices.toml")


def test_every_host_name_leads_to_its_office(offices: dict[str, Office]) -> None:
    routes = write_routes(offices)
    assert (
        "    buji.example jiedao_buji;\n    bj.example jiedao_buji;\n    bantian.example jiedao_bantian;"
        in routes
    )
    assert "upstream jiedao_bantian {\n    server 127.0.0.1:8102;" in routes
    assert "default unknown;" in routes
