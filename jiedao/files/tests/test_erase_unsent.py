"""Photos that a visitor uploaded and never sent are erased after two days; everything else stays."""

import os
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.core.files.base import ContentFile

from jiedao.accounts.models import User
from jiedao.audit.models import Entry
from jiedao.files import jobs
from jiedao.files.actions import attach_files, store_file
from jiedao.files.models import Attachment, Blob, Kind
from jiedao.files.storage import get_content_path
from jiedao.files.tests.pictures import make_picture
from jiedao.kernel import clock
from jiedao.orgs.actor import Actor, make_system_actor

pytestmark = pytest.mark.django_db
VISITOR = make_system_actor("公众（网站）")
BEFORE = Kind.PHOTO_BEFORE.value


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings: LazySettings) -> Path:
    settings.JIEDAO_DATA = tmp_path
    return tmp_path


def upload(width: int, actor: Actor = VISITOR) -> Attachment:
    """Store a photo of this width, whose file is an hour and a half old."""
    content = ContentFile(make_picture(size=(width, 40)), name="a.jpg")
    attachment = store_file(actor, content, kind=BEFORE)
    then = time.time() - 5400
    os.utime(get_content_path(attachment.blob.sha256), (then, then))
    return attachment


def let_time_pass(days: float) -> None:
    for row in Attachment.objects.all():
        Attachment.objects.filter(pk=row.pk).update(at=row.at - timedelta(days=days))


def test_a_photo_that_was_not_sent_is_erased_with_its_content() -> None:
    unsent, sent = upload(60), upload(70)
    user = User.objects.create_user("a", None, "a")
    of_user = upload(80, Actor(user_id=user.pk, post_id=None, label="a"))
    attach_files(VISITOR, "cases.case", 7, [sent.pk])
    let_time_pass(1.9)
    assert jobs.erase_unsent() == 0
    let_time_pass(0.2)
    assert jobs.erase_unsent() == 1
    assert set(Attachment.objects.values_list("pk", flat=True)) == {sent.pk, of_user.pk}
    assert not get_content_path(unsent.blob.sha256).exists()
    assert all(get_content_path(row.blob.sha256).exists() for row in (sent, of_user))
    assert Entry.objects.filter(action="files.attachment:erase", object_id=unsent.pk).count() == 1


def test_a_content_that_is_used_or_was_stored_again_stays() -> None:
    first, second, third = upload(60), upload(60), upload(70)
    attach_files(VISITOR, "cases.case", 7, [second.pk])
    let_time_pass(3)
    os.utime(get_content_path(third.blob.sha256))  # as the upload does whose row is not committed yet
    assert jobs.erase_unsent() == 2
    assert get_content_path(first.blob.sha256).exists()
    assert get_content_path(third.blob.sha256).exists()
    assert [row.pk for row in Blob.objects.all()] == [second.blob_id]


def test_a_clock_that_is_a_year_ahead_erases_nothing() -> None:
    upload(60)
    with clock.at(clock.now() + timedelta(days=365)):
        assert jobs.erase_unsent() == 0
    assert Attachment.objects.exists()
