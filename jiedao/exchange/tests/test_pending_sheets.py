"""Sheets that wait for their import: for a day, for their user, and not without end."""

import os
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from jiedao.exchange import pending_sheets
from jiedao.kernel import clock
from jiedao.kernel.errors import UserError
from jiedao.testing.cast import Town, make_town

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings: Any) -> Path:
    settings.JIEDAO_DATA = tmp_path
    return tmp_path / "sheets"


@pytest.fixture
def town() -> Town:
    return make_town()


def store(town: Town, who: str, text: str = "a") -> pending_sheets.PendingSheet:
    upload = SimpleUploadedFile("来件.csv", text.encode())
    return pending_sheets.store_sheet(town.actor(who), upload)


def test_a_sheet_is_there_for_its_user_alone(town: Town) -> None:
    sheet = store(town, "registrar")
    assert pending_sheets.get_sheet(town.actor("registrar"), sheet.token).name == "来件.csv"
    for who, token in (
        ("dispatcher", sheet.token),
        ("registrar", "../" + sheet.token),
        ("registrar", "x" * 24),
    ):
        with pytest.raises(UserError, match="不在了"):
            pending_sheets.get_sheet(town.actor(who), token)


@pytest.mark.parametrize("days", [-1.1, 1.1, 730])
def test_sheets_are_erased_after_a_day_and_when_the_clock_was_ahead(town: Town, days: float) -> None:
    old, new = store(town, "registrar"), store(town, "registrar")
    moment = clock.real_now().timestamp() + days * 24 * 3600
    os.utime(old.path, (moment, moment))
    pending_sheets.erase_old_sheets()
    assert (old.path.exists(), new.path.exists()) == (False, True)


def test_the_oldest_sheet_of_a_user_gives_way(town: Town) -> None:
    sheets = [store(town, "registrar", str(number)) for number in range(pending_sheets.MOST_SHEETS)]
    for age, sheet in enumerate(reversed(sheets)):
        moment = clock.real_now().timestamp() - age
        os.utime(sheet.path, (moment, moment))
    other = store(town, "dispatcher")
    assert all(sheet.path.exists() for sheet in sheets)
    newest = store(town, "registrar")
    assert [sheet.path.exists() for sheet in sheets] == [False] + [True] * (len(sheets) - 1)
    assert newest.path.exists()
    assert other.path.exists()
