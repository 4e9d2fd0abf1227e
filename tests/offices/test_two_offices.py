"""Two offices with the same people and numbers on one PostgreSQL: neither reads or changes anything of the other."""

import json
import re
import shutil
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest

from jiedao.environment import name_sessions
from jiedao.kernel.standstill import PG_LOCK
from tests.offices.conftest import Offices, start

pytestmark = pytest.mark.database
WORDS = {"a": "梧桐巷路灯不亮", "b": "榕树里井盖松动"}
OTHER = {"a": "b", "b": "a"}


@pytest.fixture(scope="module")
def numbers(offices: Offices) -> dict[str, str]:
    """The number of a case in each office, whose text is the words of that office."""
    return {key: offices.file_case(key, words) for key, words in WORDS.items()}


def test_two_offices_give_the_same_numbers_to_their_own_cases(
    offices: Offices, numbers: dict[str, str]
) -> None:
    assert numbers["a"] == numbers["b"]
    assert offices.read("a", "SELECT detail FROM cases_case") == [(WORDS["a"],)]
    assert offices.read("b", "SELECT detail FROM cases_case") == [(WORDS["b"],)]


@pytest.mark.parametrize("key", ["a", "b"])
@pytest.mark.parametrize(
    "path",
    [
        "/desk/cases/",
        "/desk/cases/{number}/",
        "/desk/cases/export/?format=csv",
        "/desk/search/?q={words}",
        "/api/v1/cases",
        "/api/v1/cases/{number}",
    ],
)
def test_a_page_shows_the_case_of_its_office_alone(
    offices: Offices, numbers: dict[str, str], key: str, path: str
) -> None:
    path = path.format(number=numbers[key], words=quote(WORDS[key][:3]))
    answer = offices.call(key, path, **offices.headers[key])
    assert answer.status == 200
    assert numbers[key] in answer.text
    assert WORDS[OTHER[key]] not in answer.text


def test_the_search_of_an_office_does_not_find_words_of_the_other(
    offices: Offices, numbers: dict[str, str]
) -> None:
    path = f"/api/v1/cases?q={quote(WORDS['b'])}"
    assert numbers["a"] not in offices.call("a", path, **offices.headers["a"]).text
    assert numbers["b"] in offices.call("b", path, **offices.headers["b"]).text


def test_session_and_token_of_one_office_are_refused_by_the_other(offices: Offices) -> None:
    headers = offices.headers["a"]
    assert offices.call("a", "/desk/", Cookie=headers["Cookie"]).status == 200
    page = offices.call("b", "/desk/", Cookie=headers["Cookie"])
    assert page.status == 302
    assert "/accounts/sign-in/" in page.location
    assert offices.call("b", "/api/v1/cases", Authorization=headers["Authorization"]).status == 401


def test_a_server_answers_no_host_name_but_its_own(offices: Offices) -> None:
    for host in ("b.example.gov.cn", "unknown.example.gov.cn", "127.0.0.1"):
        answer = offices.call("a", "/accounts/sign-in/", Host=host)
        assert answer.status == 400, host


def test_metrics_count_the_cases_of_their_office(offices: Offices, numbers: dict[str, str]) -> None:
    assert numbers["a"] == numbers["b"]
    offices.file_case("b", "第二件")
    counts = {
        key: re.findall(r"^jiedao_cases_filed (\S+)$", offices.call(key, "/metrics").text, re.MULTILINE)
        for key in WORDS
    }
    cases = {key: offices.read(key, "SELECT count(*) FROM cases_case")[0][0] for key in WORDS}
    assert {key: float(count) for key, [count] in counts.items()} == cases
    assert cases["a"] != cases["b"]


def test_a_worker_runs_the_jobs_of_its_office_alone(offices: Offices, numbers: dict[str, str]) -> None:
    done_jobs = "SELECT count(*) FROM kernel_job WHERE state = 'DONE'"
    before, jobs = offices.digest("b"), offices.read("a", done_jobs)[0][0]
    done = offices.run("run", "FILE", "a", "--", "worker", "--once")
    assert done.returncode == 0, done.stderr
    assert offices.read("a", done_jobs)[0][0] > jobs
    assert offices.digest("b") == before


def test_the_user_of_an_office_may_use_nothing_but_its_schema(offices: Offices) -> None:
    other = offices["b"].schema
    statements = [
        f"SELECT * FROM {other}.accounts_user",
        f"INSERT INTO {other}.kernel_townclock DEFAULT VALUES",
        f"CREATE TABLE {other}.mine (id int)",
        "CREATE TABLE public.mine (id int)",
        "CREATE SCHEMA mine",
        f"SET ROLE {other}",
        f"ALTER ROLE {other} PASSWORD 'x'",
    ]
    with closing(psycopg.connect(offices["a"].address, autocommit=True)) as connection:
        for statement in statements:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)
        assert connection.execute("SHOW search_path").fetchone() == (offices["a"].schema,)


def test_a_connection_outside_the_schema_is_refused(offices: Offices) -> None:
    variables = {"JIEDAO_DATABASE_SCHEMA": "office_missing"}
    done = subprocess.run(
        [sys.executable, "-m", "jiedao", "user", "list"],
        env=offices["a"].build_environment() | variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "JIEDAO_DATABASE_SCHEMA is office_missing" in done.stderr


def test_locks_of_one_office_are_free_for_the_other(offices: Offices) -> None:
    lock = f"SELECT pg_try_advisory_lock({PG_LOCK})"
    with (
        closing(psycopg.connect(offices["a"].address)) as first,
        closing(psycopg.connect(offices["a"].address)) as second,
        closing(psycopg.connect(offices["b"].address)) as other,
    ):
        taken = [connection.execute(lock).fetchone() for connection in (first, second, other)]
    assert taken == [(True,), (False,), (True,)]


def test_a_backup_holds_one_office_and_a_restore_replaces_it_alone(
    offices: Offices, numbers: dict[str, str], tmp_path: Path
) -> None:
    assert offices.run("run", "FILE", "a", "--", "backup", str(tmp_path / "saved")).returncode == 0
    saved, other = offices.digest("a"), offices.digest("b")
    manifest = json.loads((tmp_path / "saved/manifest.json").read_text())
    assert manifest["schema"] == "office_a"
    assert manifest["counts"]["cases_case"] == saved["cases_case"][0]
    offices.file_case("a", "备份以后的案件")
    refused = offices.run("run", "FILE", "a", "--", "restore", str(tmp_path / "saved"), "--yes")
    assert refused.returncode == 1  # its server is connected
    assert "jiedao serve" in refused.stderr
    # As an office in a schema of its own would be: with the keys of a, and no server.
    for name in ("secret_key", "field_key"):
        shutil.copy(offices["a"].data / name, offices["c"].data / name)
    restored = offices.run("run", "FILE", "c", "--", "restore", str(tmp_path / "saved"), "--yes")
    assert restored.returncode == 0, restored.stderr
    copy = offices.digest("c")
    differing = {name for name in saved if saved[name] != copy.get(name)}
    # The restore ends sessions and tokens, which writes an audit entry.
    assert differing <= {"django_session", "accounts_apitoken", "audit_entry", "audit_seal", "kernel_job"}
    assert offices.read("c", "SELECT detail FROM cases_case ORDER BY id") == [(WORDS["a"],)]
    assert offices.digest("b") == other
    again = offices.run("run", "FILE", "c", "--", "restore", str(tmp_path / "saved"), "--yes")
    assert again.returncode == 0, again.stderr
    assert offices.digest("b") == other
    assert "备份以后的案件" in str(offices.read("a", "SELECT detail FROM cases_case"))
    verified = offices.run("run", "FILE", "c", "--", "audit", "verify", "--json")
    assert json.loads(verified.stdout)["intact"], verified.stdout


def test_no_statement_of_an_office_names_another(offices: Offices, numbers: dict[str, str]) -> None:
    statements = offices.read_statements()
    for key in ("a", "b", "c"):
        schema = offices[key].schema
        own = [text for _user, session, text in statements if session == name_sessions(schema)]
        assert len(own) > 20, key
        others = {f"office_{letter}" for letter in "abc"} - {schema}
        assert [
            text for text in own if any(f"{other}." in text or f'"{other}"' in text for other in others)
        ] == []
    users = {user for user, session, _text in statements if session.startswith("jiedao:")}
    assert users == {"office_a", "office_b", "office_c"}


def test_one_office_that_cannot_be_migrated_stops_none_of_the_others(offices: Offices) -> None:
    behind = subprocess.run(
        [sys.executable, "-m", "django", "migrate", "tasks", "0001_initial"],
        env=offices["a"].build_environment(),
        capture_output=True,
        check=False,
    )
    assert behind.returncode == 0, behind.stderr
    with psycopg.connect(offices["b"].address) as connection:  # its columns exist: it fails in b, the first
        connection.execute("DELETE FROM django_migrations WHERE app = 'tasks' AND name <> '0001_initial'")
    states = json.loads(offices.run("list", "FILE", "--json").stdout)
    assert [state["missing_migrations"] for state in states][:2] == [1, 1]
    done = offices.run("migrate", "FILE", "--json")
    assert done.returncode == 1
    results = {result["key"]: result["reason"] for result in json.loads(done.stdout)}
    assert list(results) == ["b", "a", "c"]
    assert results["a"] == results["c"] == ""
    assert "already exists" in results["b"]
    assert "2 of 3 offices" in done.stderr
    assert offices.read(
        "a", "SELECT name FROM django_migrations WHERE app = 'tasks' ORDER BY id DESC LIMIT 1"
    ) == [("0002_represented_person",)]
    with psycopg.connect(offices["b"].address) as connection:
        connection.execute(
            "INSERT INTO django_migrations (app, name, applied) VALUES ('tasks', '0002_represented_person', now())"
        )


def test_the_list_states_what_each_office_does(offices: Offices) -> None:
    done = offices.run("list", "FILE", "--json")
    states = {state["key"]: state for state in json.loads(done.stdout)}
    assert list(states) == ["b", "a", "c"]
    assert [(state["answers"], state["is_stopped"]) for state in states.values()] == [
        (True, False),
        (True, False),
        (False, True),
    ]
    assert states["a"]["accounts"] == offices.read("a", "SELECT count(*) FROM accounts_user")[0][0]
    assert states["a"]["sessions"] > 0
    assert done.returncode == 0


def test_create_and_migrate_again_change_nothing(offices: Offices) -> None:
    before, key = offices.digest("a"), (offices["a"].data / "field_key").read_text()
    done = offices.run("create", "FILE", "a")
    assert done.returncode == 0, done.stderr
    assert offices.digest("a") == before
    assert (offices["a"].data / "field_key").read_text() == key


def test_workers_start_again_and_stop_together(offices: Offices) -> None:
    worker = start(offices, "worker")
    try:
        first = wait_for_worker(offices, "a", set())
        subprocess.run(["kill", "-9", str(first)], check=True)
        assert wait_for_worker(offices, "a", {first}) != first
    finally:
        worker.terminate()
        assert worker.wait(60) == 0


def wait_for_worker(offices: Offices, key: str, ended: set[int], seconds: float = 60) -> int:
    """Return the process id of the worker of an office once it runs."""
    schema = offices[key].schema
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        for path in Path("/proc").glob("[0-9]*"):
            try:
                command = (path / "cmdline").read_bytes().replace(b"\0", b" ")
                environment = (path / "environ").read_bytes()
            except OSError:
                continue
            is_ours = str(offices.file.parent).encode() in environment
            schemas = f"JIEDAO_DATABASE_SCHEMA={schema}\0".encode()
            if b" worker " in command and is_ours and schemas in environment and int(path.name) not in ended:
                return int(path.name)
        time.sleep(0.1)
    raise AssertionError("no worker")
