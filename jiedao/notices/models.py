"""Notices inside the system: who is notified of what, and whether the notice was read or settled."""

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from jiedao.accounts.models import User
from jiedao.kernel import clock

UNREAD = Q(read_at__isnull=True, settled_at__isnull=True)


class Tone(models.TextChoices):
    """How urgent a notice is."""

    INFO = "INFO", _("消息")
    WARN = "WARN", _("提醒")
    ALARM = "ALARM", _("告警")


class Notice(models.Model):
    """A notice to one user about one object.

    It holds no address and no text: the page that shows it makes both. A notice that is older than the kinds has the
    `kind` "", and its `data` hold its text and address.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="notices")
    at = models.DateTimeField(default=clock.now)
    tone = models.CharField(max_length=5, choices=Tone, default=Tone.INFO)
    kind = models.CharField(max_length=80, blank=True)
    object_type = models.CharField(max_length=40, blank=True)
    object_id = models.BigIntegerField(null=True, blank=True)
    # The name of the object when the notice was written, for readers who may no longer open the object.
    object_name = models.CharField(max_length=300, blank=True)
    data: Any = models.JSONField(default=dict, blank=True)
    # A copy of the kind's `asks`, so that one statement with an index finds the notices that a change settles.
    asks = models.BooleanField(default=False)
    # The piece of work on the object that it asks for, "" for the object's next step; see `actions.settle`.
    task = models.CharField(max_length=40, blank=True)
    key = models.CharField(max_length=160)
    # Waits to be turned into messages outside the system; written with the notice, see `outside.wants_message`.
    to_deliver = models.BooleanField(default=False)
    read_at = models.DateTimeField(null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="notice_once")]
        indexes = [
            # the bell on every page
            models.Index(fields=["user", "-id"], name="notice_unread", condition=UNREAD),
            # the groups of the page of notices
            models.Index(fields=["user", "object_type", "object_id"], name="notice_group"),
            # what a change of an object settles
            models.Index(
                fields=["object_type", "object_id"], name="notice_to_settle", condition=UNREAD & Q(asks=True)
            ),
            # what the room of deliveries has to read; nearly always empty
            models.Index(fields=["id"], name="notice_to_deliver", condition=Q(to_deliver=True)),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.object_name}".strip()


class Reveal(models.Model):
    """A user has revealed the identity behind an object; stored for the hour in which it counts, see `reveals`."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    object_type = models.CharField(max_length=40)
    object_id = models.BigIntegerField()
    at = models.DateTimeField(default=clock.now)

    def __str__(self) -> str:
        return f"{self.object_type} {self.object_id}"
