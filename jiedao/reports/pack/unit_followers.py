"""Forms and the cells that read the figures of a unit follow its successor; fillings of past periods stay."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from jiedao.audit.actions import record_entry
from jiedao.kernel.packs.successions import Follower, Following, Lookup, Succession, list_new_ids
from jiedao.orgs.actor import Actor
from jiedao.orgs.models import Unit
from jiedao.orgs.pack.unit_columns import FOLLOW, UnitColumn, choose_unit
from jiedao.reports.forms.models import Form, FormBinding


class CellsOfUnits(Follower):
    """Cells of forms that are filled with a figure of a unit."""

    kind, what, title = "unit", "cells of forms", _("表格的单元格")
    guards = True

    def find_open(self, unit_ids: Iterable[int]) -> Any:
        """Return the cells of forms in use that name one of the units."""
        codes = Unit.objects.filter(pk__in=list(unit_ids)).values_list("code", flat=True)
        rows = FormBinding.objects.filter(form__active=True, spec__unit__in=list(codes))
        return rows.order_by("pk")

    def find(self, successions: Sequence[Succession], lookup: Lookup) -> Iterable[Following]:
        """Return the cells, each with the unit whose figure it reads next."""
        by_code = {succession.old_key: succession for succession in successions}
        for row in self.find_open({succession.old_id for succession in successions}):
            succession = by_code[row.spec["unit"]]
            yield Following(row.pk, succession, choose_unit(succession))

    def move(self, followings: Sequence[Following], lookup: Lookup, actor: Actor) -> None:
        """Write the new units into the cells."""
        self.write(list_new_ids(followings, lookup), actor)

    def write(self, wanted: dict[int, tuple[int, int]], actor: Actor) -> int:
        """Let cells read the figures of other units."""
        codes = dict(Unit.objects.values_list("pk", "code"))
        rows = [
            row
            for row in FormBinding.objects.filter(pk__in=list(wanted)).select_for_update()
            if row.spec.get("unit") == codes[wanted[row.pk][0]]
        ]
        for row in rows:
            before, after = row.spec["unit"], codes[wanted[row.pk][1]]
            row.spec = {**row.spec, "unit": after}
            row.save(update_fields=["spec"])
            record_entry(
                actor=actor,
                action=FOLLOW,
                obj_type="reports.form",
                obj_id=row.form_id,
                before={"cell": row.cell, "unit": before},
                after={"cell": row.cell, "unit": after},
            )
        return len(rows)


UNIT_FOLLOWERS = (
    UnitColumn("forms", _("报表"), Form, is_open=lambda: Q(active=True)),
    CellsOfUnits(),
)
