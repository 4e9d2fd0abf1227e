"""Fixtures of the tests of documents."""

from jiedao.packs.tests.conftest import tiny

__all__ = ["tiny"]
