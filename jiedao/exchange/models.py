"""Saved mappings of other systems' tables, and the imports that users started."""

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from jiedao.accounts.models import User
from jiedao.cases.models import Case, Channel
from jiedao.kernel import clock


class MessageMapping(models.Model):
    """A mapping file that is stored under a name; `text` is its TOML, as `jiedao import messages` reads it."""

    name = models.CharField(_("名称"), max_length=60, unique=True)
    text = models.TextField()
    updated_at = models.DateTimeField(default=clock.now)
    updated_by = models.CharField(max_length=120, blank=True)

    def __str__(self) -> str:
        return self.name


class MessageImport(models.Model):
    """An import of one file, on the page or by command: a batch whose cases can be removed together.

    The counts are those of its account once it has ended. Without `finished_at` it was interrupted or still runs.

    Reasons of refused rows repeat what their cells contain, so they are only in the sheet that is returned, which is
    erased after a day.
    """

    user = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    actor_label = models.CharField(max_length=120)
    started_at = models.DateTimeField(default=clock.now, db_index=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    file_name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64, blank=True)  # of the file
    token = models.CharField(max_length=60, blank=True)  # of the pending sheet, "" for a command
    sheet = models.CharField(max_length=100, blank=True)
    channel = models.CharField(max_length=12, choices=Channel)
    source = models.CharField(max_length=60, blank=True)  # with which the source keys of its cases begin
    mapping_name = models.CharField(max_length=60, blank=True)
    mapping_text = models.TextField(blank=True)
    task_id = models.BigIntegerField(null=True)
    read = models.PositiveIntegerField(default=0)
    created = models.PositiveIntegerField(default=0)
    existing = models.PositiveIntegerField(default=0)
    answered = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    notes: Any = models.JSONField(default=list)  # of {"text", "count"}
    left_open: Any = models.JSONField(default=list)  # of {"row", "column", "reason"}
    stopped = models.CharField(max_length=500, blank=True)
    allows_doubles = models.BooleanField(default=False)
    # The last time: some of its cases may have stayed.
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.CharField(max_length=120, blank=True)
    removed = models.PositiveIntegerField(default=0)  # cases that undoing has removed

    def __str__(self) -> str:
        return self.file_name


class EndpointKind(models.TextChoices):
    """What an address of another system is for."""

    WEBHOOK = "WEBHOOK", _("事件订阅")
    PLATFORM = "PLATFORM", _("上级平台")


class EventKind(models.TextChoices):
    """What happened to a case, as it is sent to other systems; the values are part of the interface."""

    FILED = "case.filed", _("上报")
    MOVED = "case.moved", _("进入下一环节")
    CHANGED = "case.changed", _("有变动，环节不变")
    ENDED = "case.ended", _("结束")
    REOPENED = "case.reopened", _("重新办理")
    TEST = "endpoint.test", _("测试")


class Endpoint(models.Model):
    """An address of another system that receives the events of cases.

    A subscription gets the chosen events of all cases. An upper platform gets the steps of the cases that came from it,
    which are those whose source key begins with `source` and a colon.

    Attributes of the table:
        target, list_url, secret, token: encrypted by kernel.crypto; `list_url` is where an upper platform lists its
            orders for the reconciliation, `token` the bearer token that it needs.
    """

    code = models.CharField(_("代码"), max_length=40, unique=True)
    name = models.CharField(_("名称"), max_length=60)
    kind = models.CharField(_("用途"), max_length=8, choices=EndpointKind)
    target = models.CharField(max_length=2000)
    list_url = models.CharField(max_length=2000, blank=True)
    secret = models.CharField(max_length=300)
    token = models.CharField(max_length=1000, blank=True)
    events: Any = models.JSONField(default=list)  # of EventKind; all steps for an upper platform
    source = models.CharField(_("来源编号的前缀"), max_length=60, blank=True)
    active = models.BooleanField(_("启用"), default=True)
    created_at = models.DateTimeField(default=clock.real_now)
    last_answer_at = models.DateTimeField(null=True, blank=True)  # when it last accepted an event
    last_fault_at = models.DateTimeField(null=True, blank=True)
    # Why it did not accept the last one, to be translated when it is shown.
    last_reason = models.CharField(max_length=200, blank=True)
    last_detail = models.CharField(max_length=40, blank=True)

    class Meta:
        ordering = ("code",)
        constraints = [
            models.UniqueConstraint(
                fields=["source"], condition=~models.Q(source=""), name="endpoint_source_once"
            )
        ]

    def __str__(self) -> str:
        return self.name


class EventState(models.TextChoices):
    """How far an event is on its way to an endpoint."""

    WAITING = "WAITING", _("等待发送")
    SENDING = "SENDING", _("正在发送")
    SENT = "SENT", _("对方已收到")
    FAILED = "FAILED", _("没有送到")


UNSENT_STATES = (EventState.WAITING, EventState.SENDING)
UNSENT = models.Q(state__in=list(UNSENT_STATES))


class OutgoingEvent(models.Model):
    """An event on its way to one endpoint, written in the transaction of the move or filing that it reports.

    It has the same `uuid` and the same body at every attempt, by which the receiver drops a second copy. The events of
    one case go to an endpoint in their order: a later one waits until the earlier one has been received or has failed.
    """

    uuid = models.UUIDField(unique=True)
    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="outgoing_events")
    kind = models.CharField(_("事件"), max_length=20, choices=EventKind)
    case = models.ForeignKey(
        Case, null=True, on_delete=models.SET_NULL, related_name="outgoing_events"
    )  # None where an import was undone
    number = models.CharField(_("案件"), max_length=20, blank=True)
    case_state = models.CharField(max_length=12, blank=True)
    body = models.TextField(blank=True)  # encrypted JSON; empty once it has been received for some time
    state = models.CharField(_("状态"), max_length=8, choices=EventState, default=EventState.WAITING)
    attempts = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=clock.real_now)
    next_at = models.DateTimeField(default=clock.real_now)
    lease_token = models.CharField(max_length=32, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    status = models.PositiveSmallIntegerField(null=True, blank=True)  # of the last answer
    answer = models.CharField(max_length=500, blank=True)  # the beginning of the last answer
    reason = models.CharField(
        max_length=200, blank=True
    )  # why it was not received, translated when it is shown
    detail = models.CharField(max_length=40, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["endpoint", "next_at", "id"], name="outgoing_due", condition=UNSENT),
            models.Index(fields=["endpoint", "case", "id"], name="outgoing_of_case"),
            models.Index(fields=["endpoint", "state", "-id"], name="outgoing_by_state"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.number}"


class Reconciliation(models.Model):
    """A comparison of the orders of an upper platform with our cases, and what differs."""

    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="reconciliations")
    at = models.DateTimeField(default=clock.real_now)
    actor_label = models.CharField(max_length=120)
    since_date = models.DateField()
    origin = models.CharField(
        max_length=200, blank=True
    )  # the name of the file, "" where the platform listed its orders
    orders = models.PositiveIntegerField(default=0)
    matches = models.PositiveIntegerField(default=0)
    counts: Any = models.JSONField(default=dict)  # of differences, by kind
    differences: Any = models.JSONField(default=list)  # the first of them, see `reconciling.Difference`

    def __str__(self) -> str:
        return f"{self.endpoint_id} {self.at}"
