"""Imports of sheets into registers, as batches that can be undone."""

from collections.abc import Iterator
from typing import Any

from django.db import models

from jiedao.accounts.models import User
from jiedao.kernel import clock
from jiedao.registers.models.records import Register


class RegisterImport(models.Model):
    """An import of one sheet that wrote something, and what it wrote.

    Attributes:
        created_ids: the new records, as ranges of ids: [[first, last], ...].
        changes: the changed records, each with the version that the import gave it and the parent that it had before,
            which versions do not hold: [[id, version, parent id or None], ...].
        definition_digest: of the register's definition then; slots of earlier states are only valid with it.
        removed, restored: how many records undoing has removed, and returned to their state before.
    """

    register = models.ForeignKey(Register, on_delete=models.PROTECT, related_name="+")
    user = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    actor_label = models.CharField(max_length=120)
    at = models.DateTimeField(default=clock.now)
    file_name = models.CharField(max_length=200)
    sheet = models.CharField(max_length=100, blank=True)
    sha256 = models.CharField(max_length=64)
    read = models.PositiveIntegerField()
    created = models.PositiveIntegerField()
    changed = models.PositiveIntegerField()
    existing = models.PositiveIntegerField()
    created_ids: Any = models.JSONField(default=list)
    changes: Any = models.JSONField(default=list)
    definition_digest = models.CharField(max_length=64)
    undone_at = models.DateTimeField(null=True, blank=True)  # the last time: some records may have stayed
    undone_by = models.CharField(max_length=120, blank=True)
    removed = models.PositiveIntegerField(default=0)
    restored = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return self.file_name

    def list_created_ids(self) -> Iterator[int]:
        """Yield the ids of the records that the import added."""
        for first, last in self.created_ids:
            yield from range(first, last + 1)
