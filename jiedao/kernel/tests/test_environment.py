"""Settings that cannot be used stop the start with one sentence; keys are never weak, and never made beside data."""

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from jiedao.environment import (
    FORMER_SETTINGS,
    check_names,
    check_sms_body,
    find_data,
    read_list,
    read_oidc,
    read_secret,
)
from jiedao.settings import Environment, read_database, read_environment

KEY = "0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize(
    ("name", "value", "part"),
    [
        ("JIEDAO_UPLOAD_MB", "0", "greater than or equal to 1"),
        ("JIEDAO_DATABASE_POOL", "-3", "greater than or equal to 1"),
        ("JIEDAO_DATABASE_SCHEMA", "Buji", "cannot be the schema of an office"),
        ("JIEDAO_DATABASE_SCHEMA", "a,public", "cannot be the schema of an office"),
        ("JIEDAO_DATABASE_SCHEMA", "pg_temp", "cannot be the schema of an office"),
        ("JIEDAO_IDLE_MINUTES", "many", "valid integer"),
        ("JIEDAO_HTTPS", "ja", "valid boolean"),
        ("JIEDAO_DIGEST", "md5", "'sm3'"),
        ("JIEDAO_LOG_LEVEL", "info", "'INFO'"),
        ("JIEDAO_METRICS_ALLOW", "10.0.0.0/99", "network"),
        ("JIEDAO_ALLOWED_HOSTS", "[a.example.cn]", "without brackets"),
        ("JIEDAO_ALLOWED_HOSTS", "https://a.example.cn/", "host name"),
        ("JIEDAO_TRUSTED_ORIGINS", "a.example.cn", "https://"),
        ("JIEDAO_ALOWED_HOSTS", "a.example.cn", "did you mean JIEDAO_ALLOWED_HOSTS?"),
        ("JIEDAO_OIDC_CLIENT_ID", "jiedao", "JIEDAO_OIDC_DISCOVERY_URL"),
        ("JIEDAO_OIDC_DISCOVERY_URL", "http://login.example.cn", "https://"),
        ("JIEDAO_OIDC_DISCOVERY_URL", "https://login.example.cn", "JIEDAO_OIDC_CLIENT_ID"),
        ("JIEDAO_OIDC_DISCOVERY_URL", "https://[", "https://"),
        ("JIEDAO_OIDC_CLOCK_SKEW", "301", "less than or equal to 300"),
        ("JIEDAO_OIDC_PASSWORDS", "none", "'administrators'"),
        ("JIEDAO_SECRETKEY", KEY, "did you mean JIEDAO_SECRET_KEY?"),
    ],
)
def test_a_wrong_setting_is_named_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, part: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ImproperlyConfigured) as caught:
        read_oidc(read_environment())
    text = str(caught.value)
    assert text.startswith("JIEDAO_")
    assert name in text
    assert part in text
    assert "\n" not in text


def test_a_secret_is_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JIEDAO_DATA", "")
    monkeypatch.setenv("JIEDAO_DATABASE_POOL", "x")
    monkeypatch.setenv("JIEDAO_SECRET_KEY", KEY)
    with pytest.raises(ImproperlyConfigured) as caught:
        read_environment()
    assert KEY not in str(caught.value)


def test_the_offices_provider_is_read_with_its_secret(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert read_oidc(read_environment()) is None
    file = tmp_path / "secret"
    file.write_text("of the office\n")
    address = "https://login.example.cn/realms/office"
    monkeypatch.setenv("JIEDAO_OIDC_DISCOVERY_URL", f"{address}/.well-known/openid-configuration")
    monkeypatch.setenv("JIEDAO_OIDC_CLIENT_ID", "jiedao")
    monkeypatch.setenv("JIEDAO_OIDC_CLIENT_SECRET_FILE", str(file))
    config = read_oidc(read_environment())
    assert config is not None
    assert (config.issuer, config.client_secret) == (address, "of the office")
    assert "of the office" not in repr(config)
    monkeypatch.setenv("JIEDAO_OIDC_SCOPES", "profile")
    with pytest.raises(ImproperlyConfigured, match="scope openid is missing"):
        read_oidc(read_environment())


@pytest.mark.parametrize("text", ['["a.cn", "b.cn"]', "a.cn,b.cn", " a.cn , b.cn, "])
def test_a_list_is_json_or_separated_by_commas(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("JIEDAO_ALLOWED_HOSTS", text)
    assert read_environment().allowed_hosts == read_list(text) == ["a.cn", "b.cn"]


@pytest.mark.parametrize(
    ("name", "value", "advice"),
    [
        (
            "JIEDAO_SMS_HEADERS",
            "{Content-Type: application/json}",
            "single quotes, which keep the double ones",
        ),
        ("JIEDAO_SMS_HEADERS", '["a"]', "this is no JSON object"),
        ("JIEDAO_ALLOWED_HOSTS", "[a.cn,b.cn]", "write it without brackets: one, two"),
        ("JIEDAO_METRICS_ALLOW", "[127.0.0.1]", "write it without brackets: one, two"),
        ("JIEDAO_DATA", '"/var/lib/jiedao"', "Write JIEDAO_DATA=/var/lib/jiedao"),
        ("JIEDAO_MAIL_TLS", "starttls   # or tls", "and here JIEDAO_MAIL_TLS=starttls"),
        ("JIEDAO_OIDC_TRUSTED_AMR", '["otp]', "write it without brackets: one, two"),
    ],
)
def test_a_value_that_lost_or_kept_its_quotes_is_named_with_what_to_write(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, advice: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ImproperlyConfigured, match=f"^{name}.*{re.escape(advice)}"):
        read_environment()


def test_quotes_within_a_free_text_are_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JIEDAO_SMS_SUCCESS", '"code": *0 # "ok"')
    monkeypatch.setenv("JIEDAO_MAIL_PASSWORD", "'a # b'")
    monkeypatch.setenv("JIEDAO_SMS_HEADERS", '{"Content-Type": "application/json"}')
    assert read_environment().sms_headers == {"Content-Type": "application/json"}


def test_a_body_without_its_quotes_is_no_json() -> None:
    headers = {"content-type": "application/json; charset=utf-8"}
    check_sms_body(headers, '{"mobile": "{phone}", "content": "【街】{text}", "id": {key}}')
    check_sms_body({"Content-Type": "application/x-www-form-urlencoded"}, "mobile={phone}")
    with pytest.raises(ImproperlyConfigured, match=r"^JIEDAO_SMS_BODY: this is no JSON"):
        check_sms_body(headers, "{mobile: {phone}, content: {text}}")


def test_variables_of_others_are_not_ours() -> None:
    check_names({"PATH": "/bin", "MYJIEDAO_X": "1", "JIEDAO_DATA": "data"}, Environment.model_fields)
    with pytest.raises(ImproperlyConfigured, match="no such setting"):
        check_names({"JIEDAO_COLOUR": "red"}, Environment.model_fields)


def test_a_setting_of_an_earlier_version_states_what_to_do_instead(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FORMER_SETTINGS, "JIEDAO_COLOUR", "write JIEDAO_THEME")
    with pytest.raises(ImproperlyConfigured, match="no longer has it; write JIEDAO_THEME"):
        check_names({"JIEDAO_COLOUR": "red"}, Environment.model_fields)


def read(folder: Path, value: str | None = None, file: Path | None = None) -> str:
    """Read the secret key of an office in the folder."""
    database = f"sqlite:///{folder / 'jiedao.sqlite3'}"
    return read_secret("SECRET_KEY", value, file, folder / "secret_key", database)


@pytest.mark.parametrize("key", ["", "   ", KEY[:31]])
def test_an_empty_or_short_key_is_refused(tmp_path: Path, key: str) -> None:
    file = tmp_path / "secret_key"
    file.write_text(key)
    for value, path in ((key, None), (None, file), (None, None)):
        with pytest.raises(ImproperlyConfigured, match=r"32 are needed.*Make one"):
            read(tmp_path, value, path)
    assert read(tmp_path, KEY) == KEY


def test_a_key_is_made_once_for_a_new_office(tmp_path: Path) -> None:
    key = read(tmp_path)
    assert len(key) >= 32
    assert (tmp_path / "secret_key").stat().st_mode & 0o077 == 0
    assert read(tmp_path) == key


def test_no_key_is_made_beside_a_database_that_has_data(tmp_path: Path) -> None:
    (tmp_path / "jiedao.sqlite3").touch()
    assert find_data(f"sqlite:///{tmp_path / 'jiedao.sqlite3'}") == ""
    with closing(sqlite3.connect(tmp_path / "jiedao.sqlite3")) as connection:
        connection.execute("CREATE TABLE cases_case (id integer)")
    with pytest.raises(ImproperlyConfigured, match="has data, but its key"):
        read(tmp_path)
    assert not (tmp_path / "secret_key").exists()
    (tmp_path / "jiedao.sqlite3").write_bytes(b"no database" * 100)
    with pytest.raises(ImproperlyConfigured, match="cannot be read, but its key"):
        read(tmp_path)


def test_no_key_is_made_for_a_server_that_does_not_answer(tmp_path: Path) -> None:
    with pytest.raises(ImproperlyConfigured, match="does not answer"):
        read_secret("SECRET_KEY", None, None, tmp_path / "secret_key", "postgresql://x@127.0.0.1:1/x")


def test_the_schema_is_the_last_option_of_a_connection_and_names_its_sessions() -> None:
    url = "postgresql://localhost/jiedao?options=-c%20search_path%3Dpublic&application_name=mine"
    options = read_database(url, 6, "office_buji")["OPTIONS"]
    assert options["options"].endswith("-c search_path=public -c search_path=office_buji")
    assert options["application_name"] == "jiedao:office_buji"
    assert read_database(url, 6)["OPTIONS"]["options"].endswith("-c jit=off -c search_path=public")


def test_a_schema_is_refused_with_sqlite() -> None:
    with pytest.raises(ImproperlyConfigured, match="only PostgreSQL has schemas"):
        read_database("sqlite:////tmp/jiedao.sqlite3", 6, "office_buji")
