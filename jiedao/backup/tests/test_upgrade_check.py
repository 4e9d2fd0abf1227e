"""An upgrade is checked before it begins, and must not begin without a backup of today."""

import json
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from jiedao.backup import upgrade_settings
from jiedao.backup.tests.conftest import Office
from jiedao.backup.upgrade_settings import compare_settings, read_defaults, read_released_defaults
from jiedao.environment import FORMER_SETTINGS
from jiedao.kernel import clock
from jiedao.packs.shipped import list_shipped_packs

pytestmark = pytest.mark.database


def check(office: Office, backups: Path) -> tuple[int, dict[str, Any], str]:
    """Return exit code, document and messages of the check."""
    done = office.run("upgrade", "--check", "--backups", str(backups), "--json")
    return done.returncode, json.loads(done.stdout), done.stderr


def test_an_upgrade_needs_a_backup_of_today_of_this_office(office: Office, tmp_path: Path) -> None:
    backups = tmp_path / "backups"
    backups.mkdir()
    code, document, words = check(office, backups)
    assert (code, document["ready"], document["backup"]) == (1, False, None)
    assert f"jiedao backup {backups}/" in words
    assert office.run("backup", str(backups / "one")).returncode == 0
    code, document, words = check(office, backups)
    assert (code, document["ready"], words) == (0, True, "")
    assert (document["pending"], document["seconds"], document["faults"]) == ([], 0, [])
    assert document["backup"]["folder"] == str(backups / "one")

    path = backups / "one" / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    yesterday = (clock.real_now() - timedelta(days=1)).isoformat(timespec="seconds")
    path.write_text(json.dumps({**manifest, "made_at": yesterday}), encoding="utf-8")
    code, document, words = check(office, backups)
    assert (code, document["backup"]["today"]) == (1, False)
    assert f"is of {yesterday}, not of today" in words
    path.write_text(json.dumps({**manifest, "key": "of another"}), encoding="utf-8")
    assert check(office, backups)[1]["backup"] is None


def test_an_older_program_and_another_key_are_refused(office: Office, tmp_path: Path) -> None:
    office.execute(
        "INSERT INTO django_migrations (app, name, applied) VALUES ('cases', '9999_later', '2026-11-29 00:00:00+00')"
    )
    office.execute("DELETE FROM kernel_keymark")
    office.execute("INSERT INTO kernel_keymark (name, mark) VALUES ('field', 'of another key')")
    code, document, words = check(office, tmp_path)
    assert code == 1
    assert any("cases.9999_later" in fault for fault in document["faults"])
    assert any("JIEDAO_FIELD_KEY_FILE" in fault for fault in document["faults"])
    assert "must not begin now" in words


def test_unknown_settings_are_named_all_at_once(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    environment = {**office.environment, "JIEDAO_PROXYS": "1", "JIEDAO_MAIL_HOSTS": "a"}
    monkeypatch.setattr(Office, "environment", environment)
    done = office.run("upgrade", "--check")
    assert (done.returncode, done.stdout) == (1, "")
    assert "did you mean JIEDAO_PROXIES?" in done.stderr
    assert "did you mean JIEDAO_MAIL_HOST?" in done.stderr


def test_a_setting_of_a_released_version_is_known_or_states_what_to_do_instead() -> None:
    released = {name for defaults in read_released_defaults().values() for name in defaults}
    assert len(released) >= 18
    assert released - read_defaults().keys() - FORMER_SETTINGS.keys() == set()
    assert FORMER_SETTINGS.keys() & read_defaults().keys() == set()


def test_new_and_removed_settings_and_other_defaults_are_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    now = read_defaults()
    former = {**now, "JIEDAO_COLOURS": "", "JIEDAO_UPLOAD_MB": 5, "JIEDAO_IDLE_MINUTES": 10}
    del former["JIEDAO_PROXIES"]
    monkeypatch.setattr(upgrade_settings, "read_released_defaults", lambda: {"0.0.9": former})
    monkeypatch.setitem(FORMER_SETTINGS, "JIEDAO_COLOURS", "write JIEDAO_THEME")
    monkeypatch.setenv("JIEDAO_UPLOAD_MB", "7")  # chosen: its default does not matter
    monkeypatch.delenv("JIEDAO_IDLE_MINUTES", raising=False)
    changes = compare_settings("0.0.9")
    assert (changes.since, changes.new) == ("0.0.9", ["JIEDAO_PROXIES"])
    assert changes.removed == {"JIEDAO_COLOURS": "write JIEDAO_THEME"}
    assert changes.defaults == {"JIEDAO_IDLE_MINUTES": [10, now["JIEDAO_IDLE_MINUTES"]]}
    assert compare_settings("0.0.1").since == ""


def test_the_applied_pack_is_checked_and_compared_with_the_shipped_one(
    office: Office, tmp_path: Path
) -> None:
    pack = tmp_path / "minimal"
    shutil.copytree(list_shipped_packs()["minimal"], pack)
    with (pack / "pack.toml").open("a", encoding="utf-8") as file:
        file.write("# of this town\n")
    applied = office.run("pack", "apply", str(pack), "--yes")
    assert applied.returncode == 0, applied.stderr
    shutil.rmtree(pack)  # the check reads the archive of what was applied
    document = check(office, tmp_path)[1]["pack"]
    assert (document["errors"], document["checked"]) == ([], "")
    assert document["applied"].endswith(" 1")
    assert document["shipped"] == [{"name": "pack.toml", "action": "change", "added": 0, "removed": 1}]
