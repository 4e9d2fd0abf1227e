"""Where messages go, when a user wants them, and each message with its state."""

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from jiedao.accounts.models import User
from jiedao.kernel import clock
from jiedao.notices.models import Notice
from jiedao.orgs.models import Unit


class ChannelCode(models.TextChoices):
    """The way of a message out of the system."""

    MAIL = "MAIL", _("邮件")
    SMS = "SMS", _("短信")
    WEBHOOK = "WEBHOOK", _("群机器人")


class Group(models.TextChoices):
    """Kinds of notices that users choose together; see `wishes.find_group`."""

    TASK = "TASK", _("新到的任务")
    URGE = "URGE", _("预警、超期、催办督办和退回")
    NEWS = "NEWS", _("只是告知的消息")


class Receiver(models.Model):
    """When and in which language a user wants messages. What is None or empty follows the pack.

    Attributes of the table:
        choices: group -> list of channels and "DIGEST"; None for the defaults of the user's posts.
        quiet_from, quiet_to: local times between which only urgent messages are sent; equal times mean never.
        digest_hour: the local hour of the daily digest.
        digested_date: the local day of the last digest, also of one that had nothing to report.
    """

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="receiver")
    language = models.CharField(max_length=10, default="zh-hans")
    choices: Any = models.JSONField(null=True, blank=True)
    quiet_from = models.TimeField(null=True, blank=True)
    quiet_to = models.TimeField(null=True, blank=True)
    digest_hour = models.PositiveSmallIntegerField(null=True, blank=True)
    digested_date = models.DateField(null=True, blank=True)

    def __str__(self) -> str:
        return str(self.user)


class Address(models.Model):
    """Where messages go: an address of a user, or the chat robot of a unit or of the town.

    Nothing but the code that proves the address is sent to it before it is verified. A robot is verified by the
    administrator who enters it.
    """

    channel = models.CharField(max_length=8, choices=ChannelCode)
    user = models.ForeignKey(User, null=True, blank=True, on_delete=models.CASCADE, related_name="addresses")
    unit = models.ForeignKey(Unit, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(_("名称"), max_length=60, blank=True)  # of a robot
    groups: Any = models.JSONField(default=list, blank=True)  # what a robot gets
    target = models.CharField(max_length=1000)  # encrypted by kernel.crypto
    secret = models.CharField(max_length=300, blank=True)  # encrypted; signs the messages of a webhook
    verified_at = models.DateTimeField(null=True, blank=True)
    code = models.CharField(max_length=200, blank=True)  # encrypted; proves the address
    code_at = models.DateTimeField(null=True, blank=True)
    code_failures = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(default=clock.real_now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "channel"], condition=Q(user__isnull=False), name="delivery_address_once"
            ),
            models.CheckConstraint(
                condition=Q(user__isnull=True) | Q(unit__isnull=True), name="delivery_address_owner"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.pk}"


class Purpose(models.TextChoices):
    """Why a message is sent."""

    NOTICE = "NOTICE", _("通知")
    DIGEST = "DIGEST", _("每日汇总")
    CODE = "CODE", _("验证码")
    TEST = "TEST", _("测试")


class DeliveryState(models.TextChoices):
    """The state of a message. UNSURE: the worker died while sending, so it is not known whether it was sent."""

    WAITING = "WAITING", _("等待发送")
    SENDING = "SENDING", _("正在发送")
    SENT = "SENT", _("已发送")
    FAILED = "FAILED", _("没有送到")
    UNSURE = "UNSURE", _("不知道是否送到")
    DROPPED = "DROPPED", _("不必再发")


OPEN = Q(state__in=[DeliveryState.WAITING, DeliveryState.SENDING])
LOST = Q(state__in=[DeliveryState.FAILED, DeliveryState.UNSURE])


class Delivery(models.Model):
    """One message to one address. Its text is made when it is sent; no text is stored."""

    purpose = models.CharField(max_length=6, choices=Purpose)
    channel = models.CharField(max_length=8, choices=ChannelCode)
    address = models.ForeignKey(Address, null=True, on_delete=models.SET_NULL, related_name="deliveries")
    user = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    notice = models.ForeignKey(Notice, null=True, on_delete=models.SET_NULL, related_name="+")
    notice_ids: Any = models.JSONField(default=list, blank=True)  # what a digest lists
    # Identifies the message at its address, so that none is written twice: a key of the notice, the day of a digest.
    key = models.CharField(max_length=200)
    urgent = models.BooleanField(default=False)  # not held back by quiet hours
    state = models.CharField(max_length=8, choices=DeliveryState, default=DeliveryState.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(default=clock.real_now)
    tried_at = models.DateTimeField(null=True, blank=True)  # the first attempt
    due_at = models.DateTimeField(default=clock.real_now)
    lease_token = models.CharField(max_length=32, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    # Why it was not sent, to be translated when it is shown.
    reason = models.CharField(max_length=200, blank=True)
    detail = models.CharField(max_length=40, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["address", "key"], name="delivery_once")]
        indexes = [
            models.Index(fields=["due_at", "id"], name="delivery_due", condition=OPEN),
            models.Index(fields=["state", "-id"], name="delivery_by_state"),
            models.Index(fields=["user", "-id"], name="delivery_lost", condition=LOST),
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.key}"
