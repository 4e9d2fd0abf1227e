"""Reading environment variables: lists, keys, and faults in one sentence that states what to do.

It runs before Django, so it uses neither settings nor translations.
"""

import contextlib
import difflib
import json
import os
import re
import secrets
import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import psycopg
from django.core.exceptions import ImproperlyConfigured
from pydantic import ValidationError

PREFIX = "JIEDAO_"
TOOLS = {"JIEDAO_SHARED", "JIEDAO_SCREENSHOT_DATA"}  # of tests and tools
OPTIONS = {"JIEDAO_LANG"}  # of commands, which read it themselves
# Settings of released versions that were renamed or removed, each with what to do instead.
FORMER_SETTINGS: dict[str, str] = {}
SHORTEST_KEY = 32
SCHEMA = re.compile("(?!pg_|public$|information_schema$)[a-z][a-z0-9_]{0,62}")
MAKE_KEY = "Make one: python3 -c 'import secrets; print(secrets.token_urlsafe(48))'"


def read_list(text: object) -> object:
    """Return the items of a JSON list or of a list separated by commas; raise ValueError if it is neither."""
    if not isinstance(text, str):
        return text
    text = text.strip()
    if text.startswith("["):
        try:
            return json.loads(text)
        except ValueError:
            # a shell and some service managers remove the quotes of ["a"]
            message = (
                'this is no JSON list; write it without brackets: one, two (or with quotes: ["one", "two"])'
            )
            raise ValueError(message) from None
    return [item.strip() for item in text.split(",") if item.strip()]


def read_table(text: object) -> object:
    """Return the names and texts of a JSON object; raise ValueError with an example for what is none."""
    if not isinstance(text, str):
        return text
    try:
        table = json.loads(text) if text.strip() else {}
    except ValueError:
        table = None
    if not isinstance(table, dict):
        raise ValueError(
            "this is no JSON object. In the file, write it in single quotes, which keep the double ones: "
            '\'{"Content-Type": "application/json"}\''
        )
    return table


# Their values may contain quotes and number signs of their own.
FREE_TEXTS = re.compile("KEY$|PASSWORD|SECRET|DATABASE_URL|SMS_BODY|SMS_SUCCESS|SMS_HEADERS|LABEL|MAIL_FROM")


def check_quotes(environment: Mapping[str, str]) -> None:
    """Raise ImproperlyConfigured for a value that still has its quotes, or the comment behind it.

    Programs read a file of variables differently: a shell removes quotes and comments, systemd removes only quotes, and
    containers remove neither.
    """
    for name, value in sorted(environment.items()):
        upper = name.upper()
        if not upper.startswith(PREFIX) or FREE_TEXTS.search(upper.removesuffix("_FILE")):
            continue
        if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"":
            raise ImproperlyConfigured(
                f"{name}={value}: the quotes are part of the value, because what read this file does not remove them. "
                f"Write {name}={value[1:-1]}"
            )
        if comment := re.search(r"\s+#(\s.*)?$", value):
            raise ImproperlyConfigured(
                f"{name}={value}: the comment is part of the value. Write it on a line of its own, and here "
                f"{name}={value[: comment.start()]}"
            )


def check_sms_body(headers: Mapping[str, str], body: str) -> None:
    """Raise ImproperlyConfigured for a body that its header calls JSON and that is none, such as one without quotes."""
    kinds = [value for name, value in headers.items() if name.lower() == "content-type"]
    if not any("json" in kind.lower() for kind in kinds):
        return
    try:
        json.loads(re.sub(r"\{(phone|text|key|secret)\}", "0", body))
    except ValueError:
        raise ImproperlyConfigured(
            "JIEDAO_SMS_BODY: this is no JSON, as Content-Type in JIEDAO_SMS_HEADERS states. In the file, write it in "
            'single quotes, which keep the double ones: \'{"mobile": "{phone}", "content": "{text}"}\''
        ) from None


def check_schema(name: str) -> str:
    """Return the name of a schema, "" for none; raise ValueError for one that needs quotes or is taken."""
    if name and not SCHEMA.fullmatch(name):
        raise ValueError(
            f"{name!r} cannot be the schema of an office; write small letters, digits and _, such as office_buji"
        )
    return name


def name_sessions(schema: str) -> str:
    """Return the name under which PostgreSQL lists the sessions of the office in a schema."""
    return f"jiedao:{schema}"


def describe_faults(fault: ValidationError) -> str:
    """Return the first fault in one line: the variable, what is wrong with it, and the number of further faults."""
    first, *others = fault.errors()
    name = PREFIX + str(first["loc"][0]).upper()
    reason = str(first["msg"]).removeprefix("Value error, ")
    value = first.get("input")
    is_secret = any(
        word in name for word in ("KEY", "URL", "PASSWORD", "TOKEN", "SECRET", "SMS_HEADERS", "SMS_BODY")
    )
    shown = f"={value}" if isinstance(value, str) and not is_secret else ""
    more = f" (and {len(others)} more)" if others else ""
    return f"{name}{shown}: {reason[:1].lower()}{reason[1:]}{more}. See docs/reference/commands.md."


def check_names(environment: Mapping[str, str], known: Iterable[str]) -> None:
    """Raise ImproperlyConfigured for variables JIEDAO_* that no setting reads, each with the most similar name."""
    names = {PREFIX + name.upper() for name in known} | OPTIONS | TOOLS
    suffixes = [known_name.removeprefix(PREFIX) for known_name in sorted(names - TOOLS)]
    faults = []
    for name in sorted(environment):
        if not name.upper().startswith(PREFIX) or name.upper() in names:
            continue
        if name.upper() in FORMER_SETTINGS:
            faults.append(f"{name}: this version no longer has it; {FORMER_SETTINGS[name.upper()]}.")
            continue
        near = difflib.get_close_matches(name.upper().removeprefix(PREFIX), suffixes, n=1, cutoff=0.6)
        advice = f"did you mean {PREFIX}{near[0]}?" if near else "see docs/reference/commands.md."
        faults.append(f"{name}: there is no such setting; {advice}")
    if faults:
        raise ImproperlyConfigured(" ".join(faults))


def read_secret(  # noqa: PLR0917 (the places of a secret, then that of the data)
    name: str, value: str | None, file: Path | None, fallback: Path, database: str, schema: str = ""
) -> str:
    """Return the secret from its variable, its file, or one made once beside the embedded data.

    Args:
        database: the address of the database: beside data that was written with another key, none is made.
        schema: of the office in it.

    Raises:
        ImproperlyConfigured: the key is empty, too short, cannot be read, or is missing and must not be made.
    """
    if value is not None:
        return check_key(value, f"{PREFIX}{name}")
    if file is not None:
        return check_key(read_key_file(file, f"{PREFIX}{name}_FILE"), f"{PREFIX}{name}_FILE={file}")
    if not fallback.exists():
        reason = find_data(database, schema)
        if reason and not fallback.exists():  # else another process has made both in the meantime
            raise ImproperlyConfigured(
                f"{PREFIX}{name}: {reason}, but its key {fallback} is missing. Put the key back (it is stored apart "
                f"from the backups), or name its place with {PREFIX}{name}_FILE. A new key is not made: it could not "
                "read what was encrypted with the old one"
            )
        if not fallback.exists():
            make_key(fallback)
    return check_key(read_key_file(fallback, f"{PREFIX}DATA"), f"{PREFIX}{name}: {fallback}")


def read_password(name: str, value: str | None, file: Path | None) -> str:
    """Return the password for another server from its variable or its file, "" where neither is set."""
    if value is not None:
        return value
    return read_key_file(file, f"{PREFIX}{name}_FILE") if file is not None else ""


def read_key_file(file: Path, variable: str) -> str:
    """Return the text of a file with a key; raise ImproperlyConfigured."""
    try:
        return file.read_text().strip()
    except (OSError, UnicodeDecodeError) as fault:
        reason = getattr(fault, "strerror", "") or "it is no text"
        raise ImproperlyConfigured(f"{variable}: cannot read {file}: {reason}") from fault


def check_key(key: str, source: str) -> str:
    """Return the key without surrounding spaces; raise ImproperlyConfigured for one that is empty or short."""
    key = key.strip()
    if len(key) < SHORTEST_KEY:
        state = "is empty" if not key else f"has {len(key)} characters"
        raise ImproperlyConfigured(
            f"{source}: the key {state}; at least {SHORTEST_KEY} are needed. For an office with data, put its own key "
            f"back. {MAKE_KEY}"
        )
    return key


def make_key(path: Path) -> None:
    """Write a new key; of two processes that start at once, both use the first one's."""
    path.parent.mkdir(parents=True, exist_ok=True)
    mine = path.with_name(f"{path.name}.{os.getpid()}")
    mine.touch(mode=0o600)
    try:
        mine.write_text(secrets.token_urlsafe(48))
        with contextlib.suppress(FileExistsError):
            os.link(mine, path)
    finally:
        mine.unlink()


def find_data(database: str, schema: str = "") -> str:
    """Return which data the database, or the schema in it, holds; "" for a new one.

    A database that does not answer counts as full.
    """
    parts = urlsplit(database)
    if parts.scheme == "sqlite":
        file = Path(unquote(parts.path[1:]))
        try:
            with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as connection:
                tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        except sqlite3.Error:
            return f"the database {file} cannot be read" if file.is_file() and file.stat().st_size else ""
        return f"the database {file} has data" if tables else ""
    try:
        with psycopg.connect(database, connect_timeout=3) as server:
            row = server.execute(
                "SELECT count(*) FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema') "
                "AND (schemaname = %(schema)s OR %(schema)s = '')",
                {"schema": schema},
            ).fetchone()
    except psycopg.Error:
        return "the database of JIEDAO_DATABASE_URL does not answer"
    return "the database of JIEDAO_DATABASE_URL has data" if row and row[0] else ""


@dataclass(frozen=True)
class OidcSettings:
    """The provider at which the office signs in; see docs/how-to/sign-in-with-the-offices-account.md.

    Attributes:
        match_claim: the claim that is the account's name here at the first sign-in; "": only an administrator links.
        trusted_acr, trusted_amr: values by which the provider states a second factor that replaces jiedao's own.
        clock_skew: seconds by which the clocks may differ.
        sign_out: whether signing out here offers signing out there.
    """

    issuer: str
    client_id: str
    client_secret: str = field(default="", repr=False)
    scopes: tuple[str, ...] = ("openid", "profile")
    match_claim: str = ""
    label: str = ""
    trusted_acr: tuple[str, ...] = ()
    trusted_amr: tuple[str, ...] = ()
    clock_skew: int = 60
    passwords_for_administrators_only: bool = False
    sign_out: bool = False
    ca_file: Path | None = None


def read_oidc(env: Any) -> OidcSettings | None:
    """Return the provider of the variables `JIEDAO_OIDC_*`, None if they name none; raise ImproperlyConfigured."""
    names = [name for name in env.model_fields_set if name.startswith("oidc_")]
    if not env.oidc_discovery_url:
        if names:
            message = f"{PREFIX}{min(names).upper()} is set, but not JIEDAO_OIDC_DISCOVERY_URL"
            raise ImproperlyConfigured(f"{message}: the address of the provider")
        return None
    issuer = env.oidc_discovery_url.removesuffix("/.well-known/openid-configuration")
    if not re.fullmatch(
        r"https://[^\s/?#\[\]]+(/[^\s?#]*)?|http://(localhost|127\.0\.0\.1)(:\d+)?(/[^\s?#]*)?", issuer
    ):
        raise ImproperlyConfigured(
            "JIEDAO_OIDC_DISCOVERY_URL: the address must begin with https://, without ? and #"
        )
    if not env.oidc_client_id:
        raise ImproperlyConfigured(
            "JIEDAO_OIDC_CLIENT_ID is missing: the name of jiedao at JIEDAO_OIDC_DISCOVERY_URL"
        )
    if "openid" not in env.oidc_scopes:
        raise ImproperlyConfigured("JIEDAO_OIDC_SCOPES: the scope openid is missing")
    if env.oidc_ca_file is not None:
        read_key_file(env.oidc_ca_file, "JIEDAO_OIDC_CA_FILE")
    stated_secret = env.oidc_client_secret.get_secret_value() if env.oidc_client_secret is not None else None
    secret = read_password("OIDC_CLIENT_SECRET", stated_secret, env.oidc_client_secret_file)
    if env.oidc_client_secret_file is not None and not secret:
        raise ImproperlyConfigured("JIEDAO_OIDC_CLIENT_SECRET_FILE: the file is empty")
    return OidcSettings(
        issuer=issuer,
        client_id=env.oidc_client_id,
        client_secret=secret,
        scopes=tuple(env.oidc_scopes),
        match_claim=env.oidc_match_claim,
        label=env.oidc_label,
        trusted_acr=tuple(env.oidc_trusted_acr),
        trusted_amr=tuple(env.oidc_trusted_amr),
        clock_skew=env.oidc_clock_skew,
        passwords_for_administrators_only=env.oidc_passwords == "administrators",
        sign_out=env.oidc_sign_out,
        ca_file=env.oidc_ca_file,
    )


def read_port(parts: Any) -> int | None:
    """Return the port of an address; raise ImproperlyConfigured for one that is no number up to 65535."""
    try:
        port: int | None = parts.port
    except ValueError as fault:
        message = "JIEDAO_DATABASE_URL: the port must be a number up to 65535"
        raise ImproperlyConfigured(message) from fault
    return port
