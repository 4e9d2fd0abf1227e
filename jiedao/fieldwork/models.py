"""Items that phones sent, and the visits to places that they counted."""

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from jiedao.accounts.models import User


class ItemKind(models.TextChoices):
    """What an item of a phone does."""

    REPORT = "REPORT", _("上报")
    MOVE = "MOVE", _("办理")
    INSPECT = "INSPECT", _("检查")
    VISIT = "VISIT", _("到点打卡")


class ReceivedItem(models.Model):
    """An item of a phone that was carried out; a second one with the same UUID returns its result.

    `user` is empty for a visit to a place, so that it cannot be traced to a person.
    """

    client_uuid = models.UUIDField(unique=True)
    kind = models.CharField(max_length=8, choices=ItemKind)
    user = models.ForeignKey(
        User, null=True, blank=True, db_index=False, on_delete=models.SET_NULL, related_name="+"
    )
    digest = models.CharField(max_length=64, blank=True)  # of the content, "" for a visit
    result: Any = models.JSONField(default=dict)
    received_at = models.DateTimeField(db_index=True)  # real time; for a visit the beginning of the day

    def __str__(self) -> str:
        return str(self.client_uuid)


class PlaceKind(models.TextChoices):
    """What kind of place was visited."""

    PREMISE = "PREMISE", _("小区、楼栋")
    AREA = "AREA", _("网格")


class VisitProof(models.TextChoices):
    """How a phone showed that it was at the place."""

    CODE = "CODE", _("扫描二维码")
    POSITION = "POSITION", _("手机位置")


class PlaceVisit(models.Model):
    """How often a place was visited on a day, without person and time of day, so that no worker can be traced.

    `post_title` is empty where too few people hold posts of that title, see `actions.taking`.
    """

    kind = models.CharField(max_length=8, choices=PlaceKind)
    code = models.CharField(max_length=40)
    day = models.DateField()
    post_title = models.CharField(max_length=60, blank=True)
    proof = models.CharField(
        max_length=8, choices=VisitProof, blank=True
    )  # "" where the phone did not state it
    count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["day", "kind", "code", "post_title", "proof"], name="place_visit_once_a_day"
            )
        ]
        indexes = [
            models.Index(fields=["kind", "code", "-day"], name="place_visit_place")  # the page of a place
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.day}"
