import threading
import uuid
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError
from django.http import FileResponse
from django.test import RequestFactory

from jiedao.accounts.models import User
from jiedao.audit.models import Entry
from jiedao.files import storage
from jiedao.files.access import get_attachment, register_scope
from jiedao.files.actions import attach_files, remove_attachment, store_file
from jiedao.files.models import Attachment, Blob, Kind
from jiedao.files.selectors import list_attachments
from jiedao.files.tests.pictures import GPS_MARK, make_exif, make_picture
from jiedao.files.views import serve_attachment
from jiedao.kernel.errors import NotFoundError, UserError
from jiedao.orgs.actor import Actor, make_system_actor

pytestmark = pytest.mark.django_db
TEST_OBJECT = "files.test_thing"
register_scope(TEST_OBJECT, lambda actor, object_id: actor.is_system or object_id == 7)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings: LazySettings) -> Path:
    settings.JIEDAO_DATA = tmp_path
    return tmp_path


def make_actor(name: str) -> Actor:
    user = User.objects.create_user(name, None, name)
    return Actor(user_id=user.pk, post_id=None, label=name)


@pytest.fixture
def wang() -> Actor:
    return make_actor("wang")


@pytest.fixture
def li() -> Actor:
    return make_actor("li")


def make_photo(name: str = "a.jpg", content: bytes | None = None) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content or make_picture(exif=make_exif()), "text/html")


def read_body(response: object) -> bytes:
    assert isinstance(response, FileResponse)
    return b"".join(response.streaming_content)  # type: ignore[arg-type]


def test_a_photo_is_stored_clean_under_its_hash(wang: Actor, folder: Path) -> None:
    attachment = store_file(
        wang, make_photo("路灯.png"), object_type=TEST_OBJECT, object_id=7, kind=Kind.PHOTO_BEFORE
    )

    blob = attachment.blob
    path = folder / "files" / blob.sha256[:2] / blob.sha256[2:]
    assert GPS_MARK not in path.read_bytes()
    assert (blob.size, blob.content_type, blob.width, blob.height) == (
        path.stat().st_size,
        "image/jpeg",
        60,
        40,
    )
    assert attachment.name == "路灯.jpg"
    assert list_attachments(TEST_OBJECT, 7) == [attachment]
    assert list(path.parent.glob(".new-*")) == []


def test_the_audit_entry_does_not_hold_the_file_name(wang: Actor) -> None:
    attachment = store_file(wang, make_photo("张三身份证.jpg"), object_type=TEST_OBJECT, object_id=7)

    entry = Entry.objects.get(action="files.attachment:store")
    assert entry.user_id == wang.user_id
    assert entry.after["attachment"] == attachment.pk
    assert "张三" not in str(entry.after)


def test_the_same_content_is_stored_once(wang: Actor, li: Actor) -> None:
    first = store_file(wang, make_photo("a.jpg"))
    second = store_file(li, make_photo("b.jpg"))

    assert first.blob == second.blob
    assert Blob.objects.count() == 1


def test_a_document_keeps_its_bytes(wang: Actor) -> None:
    content = b"%PDF-1.7\nhello"

    attachment = store_file(wang, ContentFile(content, name="公告.pdf"))

    with storage.open_content(attachment.blob.sha256) as file:
        assert file.read() == content
    assert attachment.blob.width is None


def test_a_document_is_no_photo(wang: Actor) -> None:
    with pytest.raises(UserError, match="照片应是图片"):
        store_file(wang, ContentFile(b"%PDF-1.7", name="a.jpg"), kind=Kind.PHOTO_AFTER)


def test_a_file_over_the_limit_is_refused(wang: Actor, settings: LazySettings) -> None:
    settings.JIEDAO_UPLOAD_BYTES = 1024 * 1024

    with pytest.raises(UserError, match="超过 1 MB"):
        store_file(wang, ContentFile(b"%PDF-" + b"x" * 1024 * 1024, name="a.pdf"))

    assert not Blob.objects.exists()


def test_a_retry_with_the_same_uuid_returns_the_first_attachment(wang: Actor, li: Actor) -> None:
    key = uuid.uuid4()
    first = store_file(wang, make_photo(), client_uuid=key)

    assert store_file(wang, make_photo("other.jpg"), client_uuid=key) == first
    with pytest.raises(UserError, match="已被使用"):
        store_file(li, make_photo(), client_uuid=key)


def test_only_the_uploader_attaches_an_upload(wang: Actor, li: Actor) -> None:
    mine = store_file(wang, make_photo())

    with pytest.raises(UserError, match="不是您上传的"):
        attach_files(li, TEST_OBJECT, 7, [mine.pk])
    attach_files(wang, TEST_OBJECT, 7, [mine.pk])
    attach_files(wang, TEST_OBJECT, 7, [mine.pk])

    assert list_attachments(TEST_OBJECT, 7) == [mine]
    assert Entry.objects.filter(action="files.attachment:attach").count() == 1


def test_attaching_is_all_or_nothing(wang: Actor) -> None:
    mine = store_file(wang, make_photo())

    with pytest.raises(UserError, match="不存在"):
        attach_files(wang, TEST_OBJECT, 7, [mine.pk, 999_999])

    assert list_attachments(TEST_OBJECT, 7) == []


def test_an_attachment_is_not_moved_to_another_object(wang: Actor) -> None:
    mine = store_file(wang, make_photo(), object_type=TEST_OBJECT, object_id=7)

    with pytest.raises(UserError):
        attach_files(wang, TEST_OBJECT, 8, [mine.pk])


def test_scope_decides_who_sees(wang: Actor, li: Actor) -> None:
    unattached = store_file(wang, make_photo())
    visible = store_file(wang, make_photo(), object_type=TEST_OBJECT, object_id=7)
    hidden = store_file(wang, make_photo(), object_type=TEST_OBJECT, object_id=8)
    unregistered = store_file(wang, make_photo(), object_type="files.unregistered", object_id=1)

    assert get_attachment(wang, unattached.pk) == unattached
    assert get_attachment(li, visible.pk) == visible
    assert get_attachment(make_system_actor(), hidden.pk) == hidden
    for actor, attachment in (
        (li, unattached),
        (li, hidden),
        (wang, hidden),
        (make_system_actor(), unregistered),
    ):
        with pytest.raises(NotFoundError):
            get_attachment(actor, attachment.pk)


def test_removing_hides_an_attachment_and_keeps_row_and_content(wang: Actor, li: Actor) -> None:
    attachment = store_file(wang, make_photo(), object_type=TEST_OBJECT, object_id=7)

    remove_attachment(wang, attachment)

    assert list_attachments(TEST_OBJECT, 7) == []
    assert Attachment.objects.get(pk=attachment.pk).removed_at is not None
    assert storage.get_content_path(attachment.blob.sha256).exists()
    assert Entry.objects.filter(action="files.attachment:remove").exists()
    for act in (lambda: get_attachment(wang, attachment.pk), lambda: remove_attachment(wang, attachment)):
        with pytest.raises(NotFoundError):
            act()


def test_only_actors_who_see_an_attachment_remove_it(wang: Actor, li: Actor) -> None:
    waiting = store_file(wang, make_photo())

    with pytest.raises(NotFoundError):
        remove_attachment(li, waiting)


def test_a_picture_is_shown_and_a_document_downloaded(wang: Actor) -> None:
    image = store_file(wang, make_photo("路灯.jpg"))
    document = store_file(wang, ContentFile(b"%PDF-1.7", name='a"b.pdf'))

    shown = serve_attachment(RequestFactory().get("/"), image)
    sent = serve_attachment(RequestFactory().get("/"), document)

    assert shown["Content-Type"] == "image/jpeg"
    assert shown["Content-Disposition"].startswith("inline; filename*=utf-8''%E8%B7%AF%E7%81%AF.jpg")
    assert sent["Content-Disposition"].startswith("attachment")
    assert sent["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in sent["Content-Security-Policy"]
    assert sent["Cache-Control"] == "private, no-cache"
    assert len(read_body(shown)) == image.blob.size
    assert serve_attachment(RequestFactory().get("/?download=1"), image)["Content-Disposition"].startswith(
        "attachment"
    )


def test_a_cached_content_is_answered_with_304(wang: Actor) -> None:
    image = store_file(wang, make_photo())
    tag = serve_attachment(RequestFactory().get("/"), image)["ETag"]

    assert (
        serve_attachment(RequestFactory().get("/", headers={"If-None-Match": tag}), image).status_code == 304
    )


def test_a_content_missing_on_disk_is_reported(wang: Actor) -> None:
    image = store_file(wang, make_photo())
    storage.get_content_path(image.blob.sha256).unlink()

    with pytest.raises(NotFoundError, match="备份"):
        serve_attachment(RequestFactory().get("/"), image)


def test_a_truncated_content_on_disk_is_written_again(wang: Actor) -> None:
    image = store_file(wang, make_photo())
    path = storage.get_content_path(image.blob.sha256)
    path.write_bytes(b"cut")

    store_file(wang, make_photo())

    assert path.stat().st_size == image.blob.size


def test_many_writers_of_one_content_leave_one_complete_file(folder: Path) -> None:
    content = b"x" * 3_000_000
    threads = [threading.Thread(target=storage.save_content, args=(content,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [path.read_bytes() for path in folder.rglob("*") if path.is_file()] == [content]


def test_an_object_type_without_an_id_is_refused(wang: Actor) -> None:
    mine = store_file(wang, make_photo())

    with pytest.raises(IntegrityError):
        Attachment.objects.filter(pk=mine.pk).update(object_type=TEST_OBJECT)
