"""Entries that are only ever added, and the seals over them."""

from collections.abc import Iterable, Sequence
from functools import reduce
from operator import or_
from typing import Any, ClassVar, NoReturn, Self

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils.translation import gettext_lazy as _

from jiedao.audit.digest import Range, encode_canonically, format_moment, hash_link
from jiedao.audit.fields import SEALED_FIELDS
from jiedao.audit.inserting import insert_entries, insert_entry
from jiedao.kernel import clock

RANGES_PER_FILTER = 100


class AppendOnlyError(RuntimeError):
    """An attempt to change or delete an audit row."""


def refuse_change(*_args: object, **_kwargs: object) -> NoReturn:
    """Raise AppendOnlyError."""
    raise AppendOnlyError("audit rows are only ever added: record a new entry instead")


class AppendOnlyQuerySet(models.QuerySet[Any]):
    """A query set that can read and create rows, and refuses every change."""

    update = delete = bulk_update = update_or_create = refuse_change

    def of_object(self, object_type: str, object_id: int) -> Self:
        """Return the entries of one object, the newest first."""
        return self.filter(object_type=object_type, object_id=object_id).order_by("-id")


class AppendOnly(models.Model):
    """A row that is written once: save() and delete() refuse every change. Only raw SQL could bypass them."""

    id = models.BigAutoField(primary_key=True)

    objects: ClassVar[Any] = AppendOnlyQuerySet.as_manager()

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Insert the row; raise AppendOnlyError when it exists already."""
        if not self._state.adding:
            refuse_change()
        super().save(*args, **{**kwargs, "force_insert": True})

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Raise AppendOnlyError."""
        refuse_change(*args, **kwargs)


class EntryQuerySet(AppendOnlyQuerySet):
    """Entries, which are inserted with their authentication codes."""

    def bulk_create(self, objs: Iterable[Any], *_args: Any, **_kwargs: Any) -> list[Any]:
        """Insert entries; the numbers that the database assigns are not read back."""
        entries = list(objs)
        insert_entries(entries)
        return entries


class Entry(AppendOnly):
    """Who did what to which object in which post, with the values before and after.

    User, post and object are plain numbers, not foreign keys: an entry outlives them. Bulk intake writes this table in
    raw SQL. `mac` is the authentication code (`macs`); an entry of an earlier version has none.
    """

    at = models.DateTimeField(_("时间"), default=clock.now)
    actor_label = models.CharField(_("操作人"), max_length=200)
    user_id = models.BigIntegerField(_("用户"), null=True)
    post_id = models.BigIntegerField(_("岗位"), null=True)
    action = models.CharField(_("操作"), max_length=100)
    object_type = models.CharField(_("对象类型"), max_length=60)
    object_id = models.BigIntegerField(_("对象"), null=True)
    before: Any = models.JSONField(_("之前"), null=True, encoder=DjangoJSONEncoder)
    after: Any = models.JSONField(_("之后"), null=True, encoder=DjangoJSONEncoder)
    request_id = models.CharField(_("请求"), max_length=64, blank=True, db_default="")
    address = models.CharField(_("地址"), max_length=64, blank=True, db_default="")
    mac = models.CharField(max_length=32, null=True, editable=False)  # noqa: DJ001 (null: written without codes)

    objects: ClassVar[Any] = EntryQuerySet.as_manager()

    class Meta:
        db_table = "audit_entry"
        indexes = [
            # AppendOnlyQuerySet.of_object reads the history of an object
            models.Index(fields=["object_type", "object_id", "id"], name="audit_entry_object"),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.action}"

    def save(self, *_args: Any, **_kwargs: Any) -> None:
        """Insert the entry with its authentication code; raise AppendOnlyError when it exists already."""
        if not self._state.adding:
            refuse_change()
        self.pk = insert_entry(self)
        self._state.adding, self._state.db = False, "default"


def encode_entry(values: Sequence[Any]) -> bytes:
    """Return the canonical bytes of an entry's values, given in the order of SEALED_FIELDS; its code is left out."""
    entry_id, at, *fields = values[: len(SEALED_FIELDS)]
    return encode_canonically("entry", entry_id, format_moment(at), *fields)


class Seal(AppendOnly):
    """A Merkle tree over a batch of entries, bound to the seal before it.

    `members` lists the sealed ids as [first, last] ranges. Ids at or below `floor_id` that no seal lists
    are closed: an entry with such an id was inserted afterwards. `leaves` are the entries' hashes, 32 bytes each,
    in order of id. They make it possible to name the entry that was changed, and to prove an entry even if
    another one of the seal was lost.
    """

    at = models.DateTimeField()
    first_id = models.BigIntegerField()
    last_id = models.BigIntegerField()
    high_id = models.BigIntegerField()
    floor_id = models.BigIntegerField()
    count = models.PositiveIntegerField()
    members: Any = models.JSONField()
    leaves = models.BinaryField()
    algorithm = models.CharField(max_length=16)
    root = models.CharField(max_length=64)
    prev = models.CharField(max_length=64, unique=True)  # unique: two sealers cannot both continue the chain
    chain = models.CharField(max_length=64, unique=True)

    class Meta:
        indexes = [
            # sealing.build_unsealed_filters, selectors.find_candidate_seals: the seals above an id
            models.Index(fields=["high_id"], name="audit_seal_high"),
        ]

    def __str__(self) -> str:
        return f"seal {self.pk}: {self.first_id}-{self.last_id}"

    def compute_link(self) -> str:
        """Return the link computed from this seal's columns, in hexadecimal."""
        link = hash_link(
            self.algorithm,
            prev=self.prev,
            root=self.root,
            at=format_moment(self.at),
            floor_id=self.floor_id,
            members=self.members,
        )
        return link.hex()


def group_into_ranges(ids: Iterable[int]) -> list[Range]:
    """Return ascending ids as (first, last) ranges."""
    ranges: list[Range] = []
    for entry_id in ids:
        if ranges and ranges[-1][1] == entry_id - 1:
            ranges[-1] = (ranges[-1][0], entry_id)
        else:
            ranges.append((entry_id, entry_id))
    return ranges


def build_id_filters(ranges: Sequence[Range]) -> list[models.Q]:
    """Return filters that together match the entries in the ranges, a hundred ranges to a filter."""
    filters = []
    for start in range(0, len(ranges), RANGES_PER_FILTER):
        parts = (models.Q(id__range=pair) for pair in ranges[start : start + RANGES_PER_FILTER])
        filters.append(reduce(or_, parts))
    return filters
