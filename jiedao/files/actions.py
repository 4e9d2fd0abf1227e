"""Storing, attaching and taking off attachments."""

import uuid
from collections.abc import Sequence

from django.conf import settings
from django.core.files.base import File
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from jiedao.audit.actions import record
from jiedao.files import storage
from jiedao.files.access import sees
from jiedao.files.images import clean_picture
from jiedao.files.kinds import type_of
from jiedao.files.models import Attachment, Blob, Kind
from jiedao.files.names import clean_name
from jiedao.kernel import clock
from jiedao.kernel.errors import NotFoundError, UserError
from jiedao.orgs.actor import Actor

MIB = 1024 * 1024


def _read(upload: "File[bytes]") -> bytes:
    """Return the whole content; refuse it as soon as it is longer than allowed, whatever size it claims."""
    most = settings.JIEDAO_UPLOAD_BYTES
    content = b""
    if (upload.size or 0) <= most:
        upload.seek(0)
        content = upload.read(most + 1)
    if (upload.size or 0) > most or len(content) > most:
        raise UserError(
            _("文件超过 %(most)d MB。") % {"most": most // MIB},
            hint=_("请压缩图片，或把文件拆开再上传。"),
            field="file",
        )
    return content


def _blob(content: bytes, content_type: str, width: int | None, height: int | None) -> Blob:
    sha256 = storage.save(content)
    blob, _made = Blob.objects.get_or_create(
        sha256=sha256,
        defaults={"size": len(content), "content_type": content_type, "width": width, "height": height},
    )
    return blob


def store(
    actor: Actor,
    upload: "File[bytes]",
    *,
    object_type: str = "",
    object_id: int | None = None,
    kind: str = Kind.DOCUMENT,
    client_uuid: uuid.UUID | None = None,
) -> Attachment:
    """Store an uploaded file and return its attachment; without an object it waits for `attach`.

    Pictures are written anew without metadata. Whether the actor may add to the object is the caller's to
    check. A second call with the same client_uuid returns the first attachment.

    Raises:
        UserError: empty, too big, broken, of a type that is not accepted, or the client_uuid is another's.
    """
    if client_uuid is not None and (known := Attachment.objects.filter(client_uuid=client_uuid).first()):
        return _again(actor, known)
    content = _read(upload)
    file_type = type_of(content)
    width = height = None
    if file_type.is_image:
        picture = clean_picture(content, file_type)
        content, file_type, width, height = picture.content, picture.type, picture.width, picture.height
    elif kind != Kind.DOCUMENT:
        raise UserError(_("照片应是图片文件。"), hint=_("请选择 JPEG、PNG、WebP 或 GIF 图片。"), field="file")
    with transaction.atomic():
        row = Attachment(
            blob=_blob(content, file_type.content_type, width, height),
            name=clean_name(upload.name or "", file_type.extension, _("附件")),
            object_type=object_type,
            object_id=object_id,
            kind=kind,
            uploaded_by_id=actor.user_id,
            client_uuid=client_uuid,
        )
        attachment = _insert(row)
        if attachment is not row:
            return _again(actor, attachment)
        _note(actor, "store", attachment, before=None)
    return attachment


def _insert(row: Attachment) -> Attachment:
    """Save the row, or return the one that took its client UUID a moment ago."""
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        first: Attachment | None = Attachment.objects.filter(client_uuid=row.client_uuid).first()
        if row.client_uuid is None or first is None:
            raise
        return first
    return row


def _again(actor: Actor, known: Attachment) -> Attachment:
    """Return what was stored first under the same client UUID, to the one who stored it."""
    if known.uploaded_by_id != actor.user_id:
        raise UserError(_("这个上传编号已被使用。"), hint=_("请重新选择文件再上传。"), field="file")
    return known


def check_waiting(actor: Actor, ids: Sequence[int]) -> None:
    """Raise UserError for an upload that does not wait for this person: before anything is written that needs it."""
    found = {row.pk: row for row in Attachment.objects.filter(pk__in=ids, removed_at__isnull=True)}
    for attachment_id in ids:
        row = found.get(attachment_id)
        if row is None or row.object_id is not None or not sees(actor, row):
            raise _not_yours(attachment_id)


def _not_yours(attachment_id: int) -> UserError:
    return UserError(
        _("附件 %(id)d 不存在，或不是您上传的。") % {"id": attachment_id},
        hint=_("请重新上传后再提交。"),
        field="photos",
    )


def attach(actor: Actor, object_type: str, object_id: int, ids: Sequence[int]) -> None:
    """Attach uploads that wait to an object; those that are attached to it already stay.

    Raises:
        UserError: an id that does not exist, was taken off, is somebody else's, or belongs to another object.
    """
    if not ids:
        return
    with transaction.atomic():
        found = {row.pk: row for row in Attachment.objects.filter(pk__in=ids, removed_at__isnull=True)}
        for attachment_id in ids:
            row = found.get(attachment_id)
            if row is not None and (row.object_type, row.object_id) == (object_type, object_id):
                continue
            if row is None or row.object_id is not None or not sees(actor, row):
                raise _not_yours(attachment_id)
            # Of two that attach it at once, one finds it taken.
            free = Attachment.objects.filter(pk=row.pk, object_id__isnull=True)
            if not free.update(object_type=object_type, object_id=object_id):
                raise UserError(_("附件已用在别处。"), hint=_("请重新上传后再提交。"), field="photos")
            row.object_type, row.object_id = object_type, object_id
            _note(actor, "attach", row, before={"object_id": None})


def attach_copies(actor: Actor, object_type: str, object_id: int, ids: Sequence[int]) -> list[int]:
    """Attach the same contents to a second object and return the new ids; nothing is stored twice.

    Raises UserError for an attachment that was taken off or that the actor does not see.
    """
    copies = []
    with transaction.atomic():
        found = {row.pk: row for row in Attachment.objects.filter(pk__in=ids, removed_at__isnull=True)}
        for attachment_id in ids:
            row = found.get(attachment_id)
            if row is None or not sees(actor, row):
                raise _not_yours(attachment_id)
            copy = Attachment.objects.create(
                blob_id=row.blob_id, name=row.name, kind=row.kind, object_type=object_type, object_id=object_id,
                uploaded_by_id=row.uploaded_by_id, at=row.at,
            )  # fmt: skip
            _note(actor, "attach", copy, before=None)
            copies.append(copy.pk)
    return copies


def remove(actor: Actor, attachment: Attachment) -> None:
    """Take an attachment off its object. The row and the content stay, for the audit.

    Raises:
        NotFoundError: out of the actor's scope, or taken off already.
    """
    with transaction.atomic():
        standing = Attachment.objects.filter(pk=attachment.pk, removed_at__isnull=True)
        if not sees(actor, attachment) or not standing.update(removed_at=clock.now()):
            raise NotFoundError(_("没有这个附件，或它已被移除。"), hint=_("请刷新页面。"))
        _note(actor, "remove", attachment, before={"removed": False})


def _note(actor: Actor, verb: str, attachment: Attachment, before: dict[str, object] | None) -> None:
    record(
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
