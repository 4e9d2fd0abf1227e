"""The archive of applied packs is part of a backup."""

from pathlib import Path

import pytest
from django.db import connection

from jiedao.backup.making import read_facts
from jiedao.orgs.actor import make_system_actor
from jiedao.packs.actions import apply_pack
from jiedao.packs.check import check_pack
from jiedao.packs.models import AppliedPack
from jiedao.packs.tests.tiny import TinyPack


@pytest.mark.django_db
def test_a_backup_contains_the_archive_of_packs(tmp_path: Path) -> None:
    tiny = TinyPack(tmp_path / "pack")
    apply_pack(pack=check_pack(tiny.folder)[0], actor=make_system_actor())
    with connection.cursor() as cursor:
        _migrations, _counts, _head, blobs = read_facts(cursor)
    assert AppliedPack.objects.get().blob.sha256 in dict(blobs)
