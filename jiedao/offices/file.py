"""The file that lists the offices of a server: `offices.toml`.

It is read without Django and without the settings of any office, so that one with a fault stops none of the others.
"""

import difflib
import json
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from jiedao.environment import OPTIONS, PREFIX, check_schema
from jiedao.kernel.errors import UserError

KEY = re.compile("[a-z][a-z0-9_]{0,39}")
HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?")
PASSWORD_FILE = "database_password"  # noqa: S105 (a name in the folder of the office)
# These follow from other lines of the file, so that two offices can never have the same.
FOLLOWING = {"data", "database_url", "database_schema", "allowed_hosts"}
COMMON = {"database_url", "data", "own_users", "settings", "offices"}
OF_OFFICE = {"hosts", "port", "schema", "processes", "stopped", "settings"}


@dataclass(frozen=True)
class Office:
    """An office of the file.

    Attributes:
        hosts: the names of its site; requests for other names are refused.
        port: the port of this machine at which its server listens.
        schema: the schema of its tables, and the name of its database user.
        data: its folder, with its keys and the password of its database user.
        database_url: the address of the database for its administrator.
        has_own_user: whether it has a database user of its own, who may use nothing but its schema.
        processes: the number of processes of its server.
        is_stopped: whether its server and worker do not run, such as while it is restored.
        settings: its environment variables `JIEDAO_*`.
    """

    key: str
    hosts: tuple[str, ...]
    port: int
    schema: str
    data: Path
    database_url: str
    has_own_user: bool = True
    processes: int = 1
    is_stopped: bool = False
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def address(self) -> str:
        """Return the address of the database for the user of this office; raise UserError without its password."""
        if not self.has_own_user:
            return self.database_url
        parts = urlsplit(self.database_url)
        place = parts.netloc.rpartition("@")[2]
        password = quote(self._read_password(), safe="")
        return parts._replace(netloc=f"{self.schema}:{password}@{place}").geturl()

    def _read_password(self) -> str:
        path = self.data / PASSWORD_FILE
        try:
            return path.read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            raise UserError(
                f"The office {self.key} has no database user yet: there is no {path}.",
                hint=f"Create the office: jiedao offices create FILE {self.key}",
            ) from None
        except (OSError, UnicodeDecodeError) as fault:
            reason = getattr(fault, "strerror", "") or "it is no text"
            raise UserError(
                f"The office {self.key}: {path} cannot be read: {reason}.",
                hint="The user that runs jiedao must be able to read it.",
            ) from fault

    def build_environment(self) -> dict[str, str]:
        """Return the environment of its processes.

        It is that of this process without settings of jiedao, and the office's own.
        """
        inherited = {
            name: text
            for name, text in os.environ.items()
            if not name.upper().startswith(PREFIX) or name.upper() in OPTIONS
        }
        inherited.pop("PROMETHEUS_MULTIPROC_DIR", None)
        variables = {
            "JIEDAO_SECRET_KEY_FILE": str(self.data / "secret_key"),
            "JIEDAO_FIELD_KEY_FILE": str(self.data / "field_key"),
            "JIEDAO_TRUSTED_ORIGINS": ",".join(f"https://{host}" for host in self.hosts),
            **self.settings,
            "JIEDAO_DATA": str(self.data),
            "JIEDAO_DATABASE_URL": self.address,
            "JIEDAO_DATABASE_SCHEMA": self.schema,
            "JIEDAO_ALLOWED_HOSTS": ",".join(self.hosts),
            "DJANGO_SETTINGS_MODULE": "jiedao.settings",
        }
        return {**inherited, **variables}


def read_offices(path: Path) -> dict[str, Office]:
    """Return the offices of a file by their keys, in its order; raise UserError for a file with a fault."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as fault:
        reason = getattr(fault, "strerror", "") or "it is no text in UTF-8"
        raise make_file_error(path, f"it cannot be read: {reason}") from fault
    except tomllib.TOMLDecodeError as fault:
        raise make_file_error(path, f"it is no TOML: {fault}") from fault
    try:
        offices = _read_content(content, path.resolve().parent)
        _check_distinct(list(offices.values()))
    except ValueError as fault:
        raise make_file_error(path, str(fault)) from fault
    return offices


def make_file_error(path: Path, what: str) -> UserError:
    """Return the error for a file with a fault."""
    return UserError(f"{path}: {what}.", hint="See docs/how-to/run-many-offices.md. Nothing was changed.")


def _read_content(content: dict[str, Any], folder: Path) -> dict[str, Office]:
    _check_names(content, COMMON, "")
    url = _read(content, "database_url", str, "")
    if urlsplit(url).scheme not in {"postgresql", "postgres"}:
        raise ValueError("database_url must be the address of a PostgreSQL database: postgresql://...")
    data = _read(content, "data", str, "")
    if not data:
        raise ValueError("data is missing: the folder in which each office gets a folder of its own")
    common = {
        "database_url": url,
        "has_own_user": _read(content, "own_users", bool, default=True),
    }
    tables = _read(content, "offices", dict, {})
    if not tables:
        raise ValueError("there is no office; write a table such as [offices.buji]")
    settings = _read(content, "settings", dict, {})
    return {
        key: _read_office(key, table, settings, data=folder / data / key, **common)
        for key, table in tables.items()
    }


def _read_office(key: str, table: Any, settings: dict[str, Any], **common: Any) -> Office:
    where = f"[offices.{key}] "
    if not KEY.fullmatch(key):
        raise ValueError(f"{where}is no key; write small letters, digits and _, such as buji")
    if not isinstance(table, dict):
        raise ValueError(f"offices.{key} is no table; write [offices.{key}] and its lines below")
    _check_names(table, OF_OFFICE, where)
    hosts = _read(table, "hosts", list, [], where)
    if not hosts or not all(isinstance(host, str) and HOST.fullmatch(host) for host in hosts):
        raise ValueError(f'{where}hosts must list host names in small letters: ["buji.example.gov.cn"]')
    port, processes = _read(table, "port", int, 0, where), _read(table, "processes", int, 1, where)
    if not 1 <= port <= 65535 or not 1 <= processes <= 64:
        raise ValueError(f"{where}port must be a number from 1 to 65535, and processes from 1 to 64")
    own_settings = settings | _read(table, "settings", dict, {}, where)
    return Office(
        key,
        tuple(hosts),
        port,
        check_schema(_read(table, "schema", str, f"office_{key}", where)),
        processes=processes,
        is_stopped=_read(table, "stopped", bool, default=False, where=where),
        settings=dict(_read_setting(name, value, where) for name, value in own_settings.items()),
        **common,
    )


def _read(table: dict[str, Any], name: str, kind: type, default: Any = None, where: str = "") -> Any:
    value = table.get(name, default)
    if type(value) is not kind:
        kinds = {str: "a text", bool: "true or false", int: "a number", list: "a list", dict: "a table"}
        raise ValueError(f"{where}{name} must be {kinds[kind]}")
    return value


def _read_setting(name: str, value: Any, where: str) -> tuple[str, str]:
    """Return a setting as a variable; lists and tables as JSON, which every setting of that kind reads."""
    if name.startswith(PREFIX) or name != name.lower():
        raise ValueError(f"{where}settings: write {name.removeprefix(PREFIX).lower()} instead of {name}")
    if name in FOLLOWING:
        raise ValueError(f"{where}settings: {name} follows from the lines of the office; remove it")
    if isinstance(value, (bool, list, dict)):
        return PREFIX + name.upper(), json.dumps(value, ensure_ascii=False)
    return PREFIX + name.upper(), str(value)


def _check_names(table: dict[str, Any], known: set[str], where: str) -> None:
    for name in table:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            advice = f"did you mean {near[0]}?" if near else f"there are {', '.join(sorted(known))}"
            raise ValueError(f"{where}{name} is unknown; {advice}")


def _check_distinct(offices: list[Office]) -> None:
    """Raise ValueError where two offices have the same host name, port or schema."""
    owners: dict[tuple[str, object], str] = {}
    for office in offices:
        pairs = [("port", office.port), ("schema", office.schema), *(("host", host) for host in office.hosts)]
        for what, value in pairs:
            other = owners.setdefault((what, value), office.key)
            if other != office.key:
                raise ValueError(f"the offices {other} and {office.key} have the same {what}: {value}")


def find_office(offices: Mapping[str, Office], key: str) -> Office:
    """Return the office of a key; raise UserError with the nearest key for one that is not in the file."""
    if key in offices:
        return offices[key]
    near = difflib.get_close_matches(key, offices, n=1)
    hint = f"Did you mean {near[0]}?" if near else f"There are {', '.join(offices)}."
    raise UserError(f"There is no office {key} in the file.", hint=hint)
