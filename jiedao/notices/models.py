"""What a person should know: notices inside the system."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from jiedao.accounts.models import User
from jiedao.kernel import clock


class Tone(models.TextChoices):
    """How much a notice presses."""

    INFO = "INFO", _("消息")
    WARN = "WARN", _("提醒")
    ALARM = "ALARM", _("告警")


class Notice(models.Model):
    """One notice to one person. `key` makes an effect happen once: the same key never gives two notices."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="notices")
    at = models.DateTimeField(default=clock.now)
    tone = models.CharField(max_length=5, choices=Tone, default=Tone.INFO)
    text = models.CharField(max_length=300)
    url = models.CharField(max_length=200, blank=True)
    key = models.CharField(max_length=160)
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="notice_once")]
        indexes = [
            # the bell on every page: unread of one person
            models.Index(fields=["user", "-id"], name="notice_unread", condition=Q(read_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return self.text
