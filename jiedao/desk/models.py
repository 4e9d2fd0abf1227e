"""The desk's own tables: saved views, drafts of forms, own stock phrases, and which users have a case open now."""

from typing import Any

from django.db import models
from django.db.models import Q

from jiedao.accounts.models import User
from jiedao.cases.models import Case, PhraseKind
from jiedao.kernel import clock


class SavedView(models.Model):
    """The filters of a list under a name. A shared view is visible to every user of the list.

    `register` is the key of a register, or "" for the list of cases.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    register = models.CharField(max_length=40, blank=True, default="")
    name = models.CharField(max_length=40)
    query = models.CharField(max_length=1000)
    shared = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "register", "name"], name="saved_view_name")]
        indexes = [
            # selectors.list_saved_views: a user's own views of a list and the shared ones
            models.Index(fields=["register", "name"], name="saved_view_shared", condition=Q(shared=True)),
        ]

    def __str__(self) -> str:
        return self.name


class Draft(models.Model):
    """What a user typed into a form and has not sent yet. `data` is {field: text or list of texts}."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=60)
    data: Any = models.JSONField(default=dict)
    updated_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="draft_once")]

    def __str__(self) -> str:
        return self.key


class OwnPhrase(models.Model):
    """A stock phrase that a user saved; only that user sees it."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=10, choices=PhraseKind)
    text = models.CharField(max_length=500)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "kind", "text"], name="own_phrase_once")]

    def __str__(self) -> str:
        return self.text


class Presence(models.Model):
    """A user has a case open. The page confirms it every 15 s; rows that are not confirmed in time are ignored."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    label = models.CharField(max_length=120)
    writing = models.BooleanField(default=False)
    seen_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "user"], name="presence_once")]

    def __str__(self) -> str:
        return f"{self.case_id} {self.label}"
