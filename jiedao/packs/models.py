"""The archive of packs that were applied, and packs that wait for their apply."""

from typing import Any

from django.db import models

from jiedao.accounts.models import User
from jiedao.files.models import Blob
from jiedao.kernel import clock


class AppliedPack(models.Model):
    """A pack that was applied, with its files. A pack that is applied again shares the stored content.

    Attributes:
        digest: of the names and contents of its files; the same for two packs with the same files.
        counts: how many rows were created, changed and retired.
        reason: why it was applied, in the words of the person who did.
    """

    digest = models.CharField(max_length=64)
    blob = models.ForeignKey(Blob, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=80)
    version = models.CharField(max_length=20)
    town = models.CharField(max_length=9)
    counts: Any = models.JSONField(default=dict)
    reason = models.CharField(max_length=300, blank=True)
    user = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    actor_label = models.CharField(max_length=200)
    applied_at = models.DateTimeField(default=clock.now)

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


class PackDraft(models.Model):
    """A pack on the page, checked and planned, that a person may apply. Its files are stored for a week.

    Attributes:
        label: where it came from, in words: the name of a file, a shipped pack, an earlier version.
        faults: the document of `jiedao pack check --json`.
        plan: the plan as the page shows it, in `language`; None where the check found errors.
        basis: the plan as it is compared with that of the apply: see `basis.make_basis`.
        other_town: the town of the office, where the pack is of another one.
    """

    user = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    actor_label = models.CharField(max_length=200)
    created_at = models.DateTimeField(default=clock.now)
    label = models.CharField(max_length=200)
    name = models.CharField(max_length=80, blank=True)
    version = models.CharField(max_length=20, blank=True)
    faults: Any = models.JSONField(default=dict)
    plan: Any = models.JSONField(null=True)
    basis: Any = models.JSONField(null=True)
    language = models.CharField(max_length=12, blank=True)
    planned_at = models.DateTimeField(null=True)
    other_town = models.CharField(max_length=200, blank=True)
    task_id = models.BigIntegerField(null=True)
    applied = models.ForeignKey(
        AppliedPack, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    def __str__(self) -> str:
        return self.label
