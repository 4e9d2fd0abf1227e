"""Registers, their records, and the earlier states of the records."""

from datetime import date
from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from jiedao.kernel import clock
from jiedao.kernel.memo import Memo
from jiedao.orgs.actor import Actor
from jiedao.orgs.models import Scope, Unit
from jiedao.orgs.units import UNITS
from jiedao.places.models import Area, Named, Premise

LONG_AGO = date(1900, 1, 1)
LAST = "Z" * 12  # sorts after every step of a path: steps consist of digits and capital letters


class Register(Named, models.Model):
    """A register 台账 that a pack declared. `definition` is what `definition.Definition.as_json` returns."""

    key = models.CharField(_("代码"), max_length=40, unique=True)
    name = models.CharField(_("名称"), max_length=80)
    name_en = models.CharField(max_length=120, blank=True)
    definition: Any = models.JSONField()
    position = models.PositiveIntegerField(default=0)
    active = models.BooleanField(_("启用"), default=True)

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.label


class RecordState(models.Model):
    """The state of a record from one day on.

    The slots (`s1`, `n1`, `d1` ...) repeat those values by which lists filter and figures sum.
    """

    code = models.CharField(_("编码"), max_length=60)
    name = models.CharField(_("名称"), max_length=120)
    area = models.ForeignKey(
        Area, null=True, blank=True, db_index=False, on_delete=models.PROTECT, related_name="+"
    )
    area_path = models.CharField(max_length=64, blank=True)
    premise = models.ForeignKey(
        Premise, null=True, blank=True, db_index=False, on_delete=models.PROTECT, related_name="+"
    )
    unit = models.ForeignKey(
        Unit, null=True, blank=True, db_index=False, on_delete=models.PROTECT, related_name="+"
    )
    place_text = models.CharField(_("地点"), max_length=200, blank=True)
    lon = models.FloatField(null=True, blank=True)
    lat = models.FloatField(null=True, blank=True)
    values: Any = models.JSONField(default=dict)
    s1 = models.CharField(max_length=80, null=True, blank=True)  # noqa: DJ001 (absent is not empty: partial indexes)
    s2 = models.CharField(max_length=80, null=True, blank=True)  # noqa: DJ001
    s3 = models.CharField(max_length=80, null=True, blank=True)  # noqa: DJ001
    s4 = models.CharField(max_length=80, null=True, blank=True)  # noqa: DJ001
    s5 = models.CharField(max_length=80, null=True, blank=True)  # noqa: DJ001
    s6 = models.CharField(max_length=80, null=True, blank=True)  # noqa: DJ001
    s7 = models.CharField(max_length=80, null=True, blank=True)  # noqa: DJ001
    s8 = models.CharField(max_length=80, null=True, blank=True)  # noqa: DJ001
    n1 = models.FloatField(null=True, blank=True)
    n2 = models.FloatField(null=True, blank=True)
    n3 = models.FloatField(null=True, blank=True)
    n4 = models.FloatField(null=True, blank=True)
    n5 = models.FloatField(null=True, blank=True)
    n6 = models.FloatField(null=True, blank=True)
    d1 = models.DateField(null=True, blank=True)
    d2 = models.DateField(null=True, blank=True)
    d3 = models.DateField(null=True, blank=True)
    d4 = models.DateField(null=True, blank=True)
    grade = models.CharField(_("等级"), max_length=20, blank=True)
    grade_note: Any = models.JSONField(default=dict)  # see grading.Graded
    active = models.BooleanField(_("在册"), default=True)
    since_date = models.DateField(_("自"))
    version = models.PositiveIntegerField(default=1)
    changed_at = models.DateTimeField(default=clock.now)
    changed_by = models.CharField(max_length=120, blank=True)
    why = models.CharField(_("原因"), max_length=300, blank=True)

    class Meta:
        abstract = True


def within_area(path: str) -> Q:
    """Return the condition for an area and all areas in it.

    It is a range of paths, because both databases can use an index for a range, but not for LIKE.
    """
    return Q(area_path__gte=path, area_path__lte=path + LAST)


def _load_register_ids_by_unit() -> dict[int, list[int]]:
    units = {info.code: info.id for info in UNITS.get().values()}
    registers_of_unit: dict[int, list[int]] = {}
    for register_id, definition in Register.objects.values_list("id", "definition"):
        unit_id = units.get(definition.get("unit", ""))
        if unit_id is not None:
            registers_of_unit.setdefault(unit_id, []).append(register_id)
    return registers_of_unit


# The registers that each unit maintains, by unit id; retired ones are included. They are not read from the catalogue,
# because it imports this module.
REGISTER_IDS_BY_UNIT: Memo[dict[int, list[int]]] = Memo(_load_register_ids_by_unit)


def register_ids_of_actor(actor: Actor) -> list[int]:
    """Return the ids of the registers that the actor's units maintain; the units may see every record of these."""
    ids_by_unit = REGISTER_IDS_BY_UNIT.get()
    return [register_id for unit_id in actor.unit_ids for register_id in ids_by_unit.get(unit_id, ())]


def in_scope(actor: Actor) -> Q:
    """Return the condition for the actor's scope, for every model with area_path, unit_id and register_id."""
    if actor.sees_town:
        return Q()
    if actor.scope == Scope.OWN:  # sees what its user reported, and records are not reported
        return Q(pk__in=())
    in_own_areas = Q(area_path="")
    if actor.scope == Scope.AREA:
        for path in actor.area_paths:
            in_own_areas |= within_area(path)
    if actor.scope == Scope.UNIT:
        return Q(unit_id__in=actor.unit_ids) | Q(register_id__in=register_ids_of_actor(actor))
    return in_own_areas | Q(unit_id__in=actor.unit_ids) if actor.unit_ids else in_own_areas


class RecordQuerySet(models.QuerySet["Record"]):
    """Records, with the rule of who may see which of them."""

    def visible_to(self, actor: Actor) -> "RecordQuerySet":
        """Keep the records in the actor's scope. Whether the actor may open the register: see `access.may_read`."""
        return self.filter(in_scope(actor)) if actor.can("registers.record:view") else self.none()


class Record(RecordState):
    """An object of a register, in its present state. Records are never deleted; an ended record is not active."""

    register = models.ForeignKey(Register, db_index=False, on_delete=models.PROTECT, related_name="records")
    parent = models.ForeignKey(
        "self", null=True, blank=True, db_index=False, on_delete=models.PROTECT, related_name="parts"
    )
    first_date = models.DateField()  # the first day on which it was in the register
    client_uuid = models.UUIDField(null=True, blank=True, unique=True)
    created_at = models.DateTimeField(default=clock.now)

    objects: ClassVar[Any] = RecordQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["register", "code"], name="record_register_code"),
            models.CheckConstraint(
                condition=Q(lon__isnull=True, lat__isnull=True) | Q(lon__isnull=False, lat__isnull=False),
                name="record_point_whole",
            ),
        ]
        indexes = [
            # selectors.lists: newest first, by grade, by area; partial if few records have a value
            models.Index(fields=["register", "active", "-id"], name="record_new"),
            models.Index(fields=["register", "grade", "-id"], name="record_grade", condition=~Q(grade="")),
            models.Index(fields=["register", "area_path", "-id"], name="record_area"),
            # selectors.counting: states that began before a past day and still hold
            models.Index(fields=["register", "active", "since_date"], name="record_since"),
            models.Index(
                fields=["unit", "register", "-id"], name="record_unit", condition=Q(unit__isnull=False)
            ),
            models.Index(fields=["parent", "-id"], name="record_parent", condition=Q(parent__isnull=False)),
            models.Index(
                fields=["premise", "-id"], name="record_premise", condition=Q(premise__isnull=False)
            ),
            *(
                models.Index(
                    fields=["register", slot, "-id"],
                    name=f"record_{slot}",
                    condition=Q(**{f"{slot}__isnull": False}),
                )
                for slot in [
                    *(f"s{n}" for n in range(1, 9)),
                    *(f"n{n}" for n in range(1, 7)),
                    "d1",
                    "d2",
                    "d3",
                    "d4",
                ]
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.code}"


class RecordVersion(RecordState):
    """A state that a record had, from `since_date` to the day before `until_date`. Never changed.

    A state that was corrected on the day it began has the same date twice: it stays readable but counts on no day.
    """

    record = models.ForeignKey(Record, on_delete=models.CASCADE, related_name="versions")
    register = models.ForeignKey(Register, db_index=False, on_delete=models.PROTECT, related_name="+")
    until_date = models.DateField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["record", "version"], name="record_version_once"),
            models.CheckConstraint(
                condition=Q(until_date__gte=F("since_date")), name="record_version_forward"
            ),
        ]
        indexes = [
            # selectors.counting: states that held on a past day
            models.Index(fields=["register", "since_date", "until_date"], name="record_version_days"),
        ]

    def __str__(self) -> str:
        return f"{self.code} #{self.version}"
