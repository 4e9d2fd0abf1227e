"""Stored contents, one row per hash, and the attachments that use them."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from jiedao.accounts.models import User
from jiedao.kernel import clock


class Blob(models.Model):
    """A stored content, identified by its hash. An edit never changes or deletes a row."""

    sha256 = models.CharField(max_length=64, unique=True)
    size = models.PositiveBigIntegerField()
    content_type = models.CharField(max_length=100)
    width = models.PositiveIntegerField(null=True, blank=True)
    height = models.PositiveIntegerField(null=True, blank=True)
    created_at = models.DateTimeField(default=clock.now)

    def __str__(self) -> str:
        return self.sha256[:12]


class Kind(models.TextChoices):
    """The kind of an attachment."""

    PHOTO_BEFORE = "PHOTO_BEFORE", _("处置前照片")
    PHOTO_AFTER = "PHOTO_AFTER", _("处置后照片")
    PHOTO_CHECK = "PHOTO_CHECK", _("核查照片")
    DOCUMENT = "DOCUMENT", _("文件")


class AttachmentQuerySet(models.QuerySet["Attachment"]):
    """Attachments by the object they belong to."""

    def of(self, object_type: str, object_id: int) -> "AttachmentQuerySet":
        """Return the attachments of the object that were not removed."""
        return self.filter(object_type=object_type, object_id=object_id, removed_at__isnull=True)


class Attachment(models.Model):
    """A use of a blob: uploaded (no object yet), attached to an object, or removed (the row stays)."""

    blob = models.ForeignKey(Blob, on_delete=models.PROTECT, related_name="attachments")
    name = models.CharField(_("文件名"), max_length=150)
    object_type = models.CharField(max_length=40, blank=True)
    object_id = models.BigIntegerField(null=True, blank=True)
    kind = models.CharField(_("种类"), max_length=12, choices=Kind, default=Kind.DOCUMENT)
    uploaded_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField(default=clock.now)
    client_uuid = models.UUIDField(null=True, blank=True, unique=True)
    removed_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[Any] = AttachmentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(object_type="", object_id__isnull=True)
                | (~Q(object_type="") & Q(object_id__isnull=False)),
                name="attachment_object_whole",
            )
        ]
        indexes = [
            # AttachmentQuerySet.of reads the attachments of an object
            models.Index(fields=["object_type", "object_id", "id"], name="attachment_object"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_image(self) -> bool:
        """Return whether a page can show the attachment in place."""
        return self.blob.content_type.startswith("image/")
