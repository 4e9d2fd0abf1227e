"""Fixtures of the room's tests: the town, in which the registrar reviews cases and the shift leader consults."""

import io

import pytest
from django.core.files.base import ContentFile
from PIL import Image

from jiedao.cases.models import Case
from jiedao.files.actions import store_file
from jiedao.files.models import Kind
from jiedao.testing.cast import Town, make_town


def give_rights(town: Town) -> Town:
    """Let the registrar review cases and the shift leader manage consultations."""
    for username, right in (
        ("registrar", "publishing.case:review"),
        ("shift", "publishing.consultation:manage"),
    ):
        post = town.posts[username]
        post.permissions = [*post.permissions, right]
        post.save()
    return town


@pytest.fixture
def town(db: None) -> Town:
    return give_rights(make_town())


def add_photo(town: Town, case: Case) -> int:
    """Attach a photo whose left half is red and whose right half is green, and return its id."""
    image = Image.new("RGB", (200, 100), "red")
    image.paste("green", (100, 0, 200, 100))
    file = io.BytesIO()
    image.save(file, "JPEG", quality=95)
    upload = ContentFile(file.getvalue(), name="现场.jpg")
    stored = store_file(
        town.actor("registrar"),
        upload,
        kind=Kind.PHOTO_BEFORE,
        object_type="cases.case",
        object_id=case.pk,
    )
    return stored.pk
