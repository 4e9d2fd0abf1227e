"""Forms and the cells that read the figures of a place follow its successor; fillings of past periods stay."""

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from jiedao.audit.actions import record_entry
from jiedao.kernel.packs.successions import Follower, Following, Lookup, Succession, list_new_ids
from jiedao.orgs.actor import Actor
from jiedao.orgs.models import Unit
from jiedao.orgs.pack.unit_columns import FOLLOW, UnitColumn, choose_unit
from jiedao.places.models import Area
from jiedao.reports.forms.models import Form, FormBinding


class CellsOfPlaces(Follower):
    """Cells of forms that are filled with a figure of an area or unit; `kind` is also the key in their spec."""

    what, title = "cells of forms", _("表格的单元格")
    model: ClassVar[Any]

    def find_open(self, place_ids: Iterable[int]) -> Any:
        """Return the cells of forms in use that name one of the places."""
        codes = self.model.objects.filter(pk__in=list(place_ids)).values_list("code", flat=True)
        rows = FormBinding.objects.filter(form__active=True, **{f"spec__{self.kind}__in": list(codes)})
        return rows.order_by("pk")

    def find(self, successions: Sequence[Succession], lookup: Lookup) -> Iterable[Following]:
        """Return the cells, each with the place whose figure it reads next."""
        by_code = {succession.old_key: succession for succession in successions}
        for row in self.find_open({succession.old_id for succession in successions}):
            succession = by_code[row.spec[self.kind]]
            yield Following(row.pk, succession, choose_unit(succession))

    def move(self, followings: Sequence[Following], lookup: Lookup, actor: Actor) -> None:
        """Write the new places into the cells."""
        self.write(list_new_ids(followings, lookup), actor)

    def write(self, wanted: dict[int, tuple[int, int]], actor: Actor) -> int:
        """Let cells read the figures of other places."""
        ids = {pk for pair in wanted.values() for pk in pair}
        codes = dict(self.model.objects.filter(pk__in=ids).values_list("pk", "code"))
        rows = [
            row
            for row in FormBinding.objects.filter(pk__in=list(wanted)).select_for_update()
            if row.spec.get(self.kind) == codes[wanted[row.pk][0]]
        ]
        for row in rows:
            before, after = row.spec[self.kind], codes[wanted[row.pk][1]]
            row.spec = {**row.spec, self.kind: after}
            row.save(update_fields=["spec"])
            record_entry(
                actor=actor,
                action=FOLLOW,
                obj_type="reports.form",
                obj_id=row.form_id,
                before={"cell": row.cell, self.kind: before},
                after={"cell": row.cell, self.kind: after},
            )
        return len(rows)


class CellsOfUnits(CellsOfPlaces):
    """Cells that are filled with a figure of a unit; a person gives those of a split unit to a successor."""

    kind, model = "unit", Unit
    guards = True


class CellsOfAreas(CellsOfPlaces):
    """Cells that are filled with a figure of an area; those of a split one are bound anew on the form's page."""

    kind, model = "area", Area


FOLLOWERS = (
    UnitColumn("forms", _("报表"), Form, is_open=lambda: Q(active=True)),
    CellsOfUnits(),
    CellsOfAreas(),
)
