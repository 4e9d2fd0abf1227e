"""Answers that are stored under the key of a request, so that sending it again repeats the answer."""

from django.db import models

from jiedao.accounts.models import User
from jiedao.kernel import clock


class StoredAnswer(models.Model):
    """The answer to a request that a user sent under an `Idempotency-Key`, written in the transaction of its effect.

    `body` is encrypted, because an answer may contain what a user wrote. The rows are erased after two days.
    """

    user = models.ForeignKey(User, db_index=False, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=200)
    fingerprint = models.CharField(max_length=64)  # SHA-256 over method, address and content
    status = models.PositiveSmallIntegerField(default=0)
    body = models.TextField(blank=True)
    at = models.DateTimeField(default=clock.real_now, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="stored_answer_once")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.key}"
