"""The public copies of cases and of their photos."""

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from jiedao.accounts.models import User
from jiedao.cases.models import Case
from jiedao.files.models import Attachment, Blob


class Decision(models.TextChoices):
    """What a reviewer decided about a case."""

    PUBLIC = "PUBLIC", _("公开")
    WITHHELD = "WITHHELD", _("不公开")
    WITHDRAWN = "WITHDRAWN", _("已撤下")


class Precision(models.TextChoices):
    """How exactly the public copy states the place."""

    NEAR = "NEAR", _("约 100 米")
    GRID = "GRID", _("所在网格的中间")
    NONE = "NONE", _("不标在图上")


class PublicCase(models.Model):
    """The decision on a case, and its public copy: words without what was blacked out, and a blurred position.

    The row holds nothing of what was blacked out. The state of the case is not copied: pages read it from the case.
    """

    case = models.OneToOneField(Case, primary_key=True, on_delete=models.CASCADE, related_name="+")
    decision = models.CharField(max_length=10, choices=Decision)
    subject = models.CharField(_("标题"), max_length=200, blank=True)
    text = models.TextField(_("内容"), blank=True)
    reply = models.TextField(_("答复"), blank=True)
    place_text = models.CharField(_("地点"), max_length=200, blank=True)
    precision = models.CharField(max_length=4, choices=Precision, default=Precision.NEAR)
    lon = models.FloatField(null=True, blank=True)
    lat = models.FloatField(null=True, blank=True)
    note = models.CharField(_("说明"), max_length=300, blank=True)
    # The reply that the reviewer read; a later one waits for its own review.
    reply_move_id = models.BigIntegerField(null=True, blank=True)
    decided_at = models.DateTimeField()
    decided_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    decided_label = models.CharField(max_length=120)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        indexes = [
            # public.list_public_cases, the newest case first
            models.Index(fields=["decision", "-case"], name="publiccase_new"),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.decision}"


class PublicPhoto(models.Model):
    """A photo that the public may see: the boxes that were painted black, and the newly encoded copy."""

    public_case = models.ForeignKey(PublicCase, on_delete=models.CASCADE, related_name="photos")
    attachment = models.ForeignKey(Attachment, on_delete=models.CASCADE, related_name="+")
    boxes: Any = models.JSONField(default=list)  # of four numbers, see `files.blackening.Box`
    blob = models.ForeignKey(Blob, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["public_case", "attachment"], name="public_photo_once")
        ]

    def __str__(self) -> str:
        return f"{self.public_case_id} {self.attachment_id}"
