"""Fixtures of the packs' tests."""

from pathlib import Path

import pytest

from jiedao.packs.tests.tiny import TinyPack


@pytest.fixture
def tiny(tmp_path: Path) -> TinyPack:
    """Return a sound tiny pack in a folder of its own."""
    return TinyPack(tmp_path / "pack")
