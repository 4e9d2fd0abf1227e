"""Storing, attaching and removing attachments."""

import uuid
from collections.abc import Sequence

from django.conf import settings
from django.core.files.base import File
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from jiedao.audit.actions import record_entry
from jiedao.files import storage
from jiedao.files.access import can_see_attachment
from jiedao.files.images import Picture, clean_picture
from jiedao.files.kinds import MOVIE_TYPES, detect_type
from jiedao.files.models import Attachment, Blob, Kind
from jiedao.files.movies import clean_movie
from jiedao.files.names import clean_name
from jiedao.kernel import clock
from jiedao.kernel.client_keys import refuse_nil_uuid
from jiedao.kernel.errors import NotFoundError, UserError
from jiedao.orgs.actor import Actor

MIB = 1024 * 1024


def _read_upload(upload: "File[bytes]") -> bytes:
    """Return the content; refuse it when it is longer than allowed, whatever size the upload claims."""
    limit = settings.JIEDAO_UPLOAD_BYTES
    content = b""
    if (upload.size or 0) <= limit:
        upload.seek(0)
        content = upload.read(limit + 1)
    if (upload.size or 0) > limit or len(content) > limit:
        raise UserError(
            _("文件超过 %(most)d MB。") % {"most": limit // MIB},
            hint=_("请压缩图片，把文件拆开，或把视频剪短、降低清晰度，再上传。"),
            field="file",
        )
    return content


def _store_blob(content: bytes, content_type: str, width: int | None, height: int | None) -> Blob:
    sha256 = storage.save_content(content)
    blob, is_new = Blob.objects.get_or_create(
        sha256=sha256,
        defaults={"size": len(content), "content_type": content_type, "width": width, "height": height},
    )
    if is_new:  # a job may have deleted the same content meanwhile, as nothing used it
        storage.save_content(content)
    return blob


def store_picture(picture: Picture) -> Blob:
    """Store a picture that the system made, such as a public copy; the caller records why."""
    return _store_blob(picture.content, picture.type.content_type, picture.width, picture.height)


def store_file(
    actor: Actor,
    upload: "File[bytes]",
    *,
    object_type: str = "",
    object_id: int | None = None,
    kind: str = Kind.DOCUMENT,
    documents: bool = False,
    client_uuid: uuid.UUID | None = None,
) -> Attachment:
    """Store an uploaded file and return its attachment; without an object it waits for `attach_files`.

    Pictures are written anew without metadata; films lose the place where they were taken. The caller must check
    whether the actor may add to the object. A second call with the same client_uuid returns the first attachment.

    Args:
        kind: the kind of the attachment; that of a photo accepts pictures only, unless `documents`.
        documents: store a file that is no picture as a document, whatever the kind.

    Raises:
        UserError: the file is empty, too big, broken or of a type that is not accepted, or another user has used
            the client_uuid.
    """
    refuse_nil_uuid(client_uuid)
    if client_uuid is not None and (earlier := Attachment.objects.filter(client_uuid=client_uuid).first()):
        return _return_earlier(actor, earlier)
    content = _read_upload(upload)
    file_type = detect_type(content)
    width = height = None
    if file_type.is_image:
        picture = clean_picture(content, file_type)
        content, file_type, width, height = picture.content, picture.type, picture.width, picture.height
    elif kind != Kind.DOCUMENT and not documents:
        raise UserError(
            _("照片应是图片文件。"),
            hint=_("请选择 JPEG、PNG、WebP 或 GIF 图片；文件、录音、视频请作为附件上传。"),
            field="file",
        )
    else:
        kind = Kind.DOCUMENT
        content = clean_movie(content).content if file_type in MOVIE_TYPES else content
    with transaction.atomic():
        unsaved = Attachment(
            blob=_store_blob(content, file_type.content_type, width, height),
            name=clean_name(upload.name or "", file_type.choose_extension(upload.name or ""), _("附件")),
            object_type=object_type,
            object_id=object_id,
            kind=kind,
            uploaded_by_id=actor.user_id,
            client_uuid=client_uuid,
        )
        attachment = _insert(unsaved)
        if attachment is not unsaved:
            return _return_earlier(actor, attachment)
        _record_entry(actor, "store", attachment, before=None)
    return attachment


def _insert(attachment: Attachment) -> Attachment:
    """Save the attachment, or return the one that was saved with its client UUID a moment ago."""
    try:
        with transaction.atomic():
            attachment.save(force_insert=True)
    except IntegrityError:
        earlier: Attachment | None = Attachment.objects.filter(client_uuid=attachment.client_uuid).first()
        if attachment.client_uuid is None or earlier is None:
            raise
        return earlier
    return attachment


def _return_earlier(actor: Actor, earlier: Attachment) -> Attachment:
    """Return the attachment stored earlier under the same client UUID, but only to its uploader."""
    if earlier.uploaded_by_id != actor.user_id:
        raise UserError(_("这个上传编号已被使用。"), hint=_("请重新选择文件再上传。"), field="file")
    return earlier


def check_uploads(actor: Actor, ids: Sequence[int]) -> None:
    """Raise UserError for an id that is no unattached upload of the actor; call it before writing the object."""
    uploads = {upload.pk: upload for upload in Attachment.objects.filter(pk__in=ids, removed_at__isnull=True)}
    for attachment_id in ids:
        upload = uploads.get(attachment_id)
        if upload is None or upload.object_id is not None or not can_see_attachment(actor, upload):
            raise _make_upload_error(attachment_id)


def _make_upload_error(attachment_id: int) -> UserError:
    return UserError(
        _("附件 %(id)d 不存在，或不是您上传的。") % {"id": attachment_id},
        hint=_("请重新上传后再提交。"),
        field="photos",
    )


def attach_files(actor: Actor, object_type: str, object_id: int, ids: Sequence[int]) -> None:
    """Attach unattached uploads to an object; uploads that are attached to it already are left unchanged.

    Raises:
        UserError: an id is missing or removed, or belongs to another user or another object.
    """
    if not ids:
        return
    with transaction.atomic():
        uploads = {
            upload.pk: upload for upload in Attachment.objects.filter(pk__in=ids, removed_at__isnull=True)
        }
        for attachment_id in ids:
            upload = uploads.get(attachment_id)
            if upload is not None and (upload.object_type, upload.object_id) == (object_type, object_id):
                continue
            if upload is None or upload.object_id is not None or not can_see_attachment(actor, upload):
                raise _make_upload_error(attachment_id)
            # When two requests attach the upload at once, the second one updates no row.
            unattached = Attachment.objects.filter(pk=upload.pk, object_id__isnull=True)
            if not unattached.update(object_type=object_type, object_id=object_id):
                raise UserError(_("附件已用在别处。"), hint=_("请重新上传后再提交。"), field="photos")
            upload.object_type, upload.object_id = object_type, object_id
            _record_entry(actor, "attach", upload, before={"object_id": None})


def attach_copies(actor: Actor, object_type: str, object_id: int, ids: Sequence[int]) -> list[int]:
    """Attach the same contents to a second object and return the new ids; no content is stored twice.

    Raise UserError for an attachment that was removed or that the actor does not see.
    """
    copies = []
    with transaction.atomic():
        originals = {
            original.pk: original
            for original in Attachment.objects.filter(pk__in=ids, removed_at__isnull=True)
        }
        for attachment_id in ids:
            original = originals.get(attachment_id)
            if original is None or not can_see_attachment(actor, original):
                raise _make_upload_error(attachment_id)
            copy = Attachment.objects.create(
                blob_id=original.blob_id,
                name=original.name,
                kind=original.kind,
                object_type=object_type,
                object_id=object_id,
                uploaded_by_id=original.uploaded_by_id,
                at=original.at,
            )
            _record_entry(actor, "attach", copy, before=None)
            copies.append(copy.pk)
    return copies


def remove_attachment(actor: Actor, attachment: Attachment) -> None:
    """Remove an attachment from its object. The row and the content stay, for the audit.

    Raises:
        NotFoundError: the attachment is out of the actor's scope, or removed already.
    """
    with transaction.atomic():
        present = Attachment.objects.filter(pk=attachment.pk, removed_at__isnull=True)
        if not can_see_attachment(actor, attachment) or not present.update(removed_at=clock.now()):
            raise NotFoundError(_("没有这个附件，或它已被移除。"), hint=_("请刷新页面。"))
        _record_entry(actor, "remove", attachment, before={"removed": False})


def _record_entry(actor: Actor, verb: str, attachment: Attachment, before: dict[str, object] | None) -> None:
    record_entry(
        actor=actor,
        action=f"files.attachment:{verb}",
        obj_type=attachment.object_type or "files.attachment",
        obj_id=attachment.object_id or attachment.pk,
        before=before,
        after={
            "attachment": attachment.pk,
            "kind": attachment.kind,
            "blob": attachment.blob_id,
        },
    )
