"""The database knows its field key: another key is refused before anything is written."""

import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client

from jiedao.kernel import keymark
from jiedao.kernel.crypto import encrypt
from jiedao.kernel.errors import UserError
from jiedao.kernel.models import KeyMark
from jiedao.kernel.serving import protect_database_file

OTHER = "another key, which is long enough to be one"
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _compare_again() -> Iterator[None]:
    keymark.forget_confirmation()
    yield
    keymark.forget_confirmation()


def test_the_first_use_writes_the_mark_and_another_key_is_refused(settings) -> None:
    keymark.confirm_key()
    mark = KeyMark.objects.get().mark
    keymark.confirm_key()
    settings.JIEDAO_FIELD_KEY = OTHER
    with pytest.raises(UserError) as caught:
        keymark.confirm_key()
    assert "JIEDAO_FIELD_KEY_FILE" in str(caught.value.hint)
    assert KeyMark.objects.get().mark == mark
    ready = Client().get("/readyz")
    assert (ready.status_code, ready.json()["reason"][:4]) == (503, "key:")


def test_a_lost_key_is_replaced_on_request_only(settings) -> None:
    keymark.confirm_key()
    settings.JIEDAO_FIELD_KEY = OTHER
    keymark.confirm_key(accept=True)
    keymark.forget_confirmation()
    keymark.confirm_key()
    assert Client().get("/readyz").status_code == 200


def test_a_database_without_a_mark_is_recognised_by_what_is_encrypted_in_it(
    settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = encrypt("张三")
    monkeypatch.setattr(keymark, "SAMPLES", [lambda: None, lambda: (text, "")])
    settings.JIEDAO_FIELD_KEY = OTHER
    with pytest.raises(UserError):
        keymark.confirm_key()
    assert not KeyMark.objects.exists()


def test_only_the_owner_can_read_the_database_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL guards its own files")
    file = tmp_path / "new" / "jiedao.sqlite3"
    monkeypatch.setitem(connection.settings_dict, "NAME", str(file))
    protect_database_file()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    file.chmod(0o644)
    protect_database_file()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
