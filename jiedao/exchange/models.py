"""Saved mappings of other systems' tables, and the imports that users started."""

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from jiedao.accounts.models import User
from jiedao.cases.models import Channel
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
