"""Records, waiting inspections and open findings follow when a unit is renamed, merged or split.

The state that a record had is stored as a version, so that a count as of a past day is by the unit of then.
"""

from collections.abc import Sequence

from django.db.models import Q
from django.utils.translation import gettext, gettext_lazy

from jiedao.audit.actions import record_entries
from jiedao.kernel import clock
from jiedao.kernel.packs.section import BATCH
from jiedao.orgs.actor import Actor
from jiedao.orgs.pack.unit_columns import UnitColumn
from jiedao.registers.bulk import swap_records
from jiedao.registers.models import Finding, FindingState, Inspection, InspectionState, Record


class RecordsOfUnits(UnitColumn):
    """Records that name a unit; each change leaves a version and an entry in the history of the record."""

    def write(self, wanted: dict[int, tuple[int, int]], actor: Actor) -> int:
        """Give records to other units, see `UnitColumn.write`."""
        today, why, changed = clock.today(), gettext("按机构调整"), 0
        for start in range(0, len(wanted), BATCH):
            pks = sorted(wanted)[start : start + BATCH]
            locked = Record.objects.filter(pk__in=pks, active=True).order_by("pk")
            records: Sequence[Record] = [
                record
                for record in locked.select_for_update(of=("self",))
                if record.unit_id == wanted[record.pk][0]
            ]
            rows = [
                (
                    record.pk,
                    record.version,
                    wanted[record.pk][1],
                    max(today, record.since_date).isoformat(),
                )
                for record in records
            ]
            if rows:
                changed += swap_records(actor, ("unit_id", "since_date"), rows, why)
            record_entries(
                [
                    {
                        "actor": actor,
                        "action": "registers.record:change",
                        "obj_type": "registers.record",
                        "obj_id": record.pk,
                        "before": {"unit_id": record.unit_id},
                        "after": {
                            "register_id": record.register_id,
                            "code": record.code,
                            "unit_id": wanted[record.pk][1],
                            "why": why,
                        },
                    }
                    for record in records
                ]
            )
        return changed


UNIT_FOLLOWERS = (
    RecordsOfUnits("records", gettext_lazy("档案记录"), Record, is_open=lambda: Q(active=True)),
    UnitColumn(
        "planned inspections",
        gettext_lazy("待做的检查"),
        Inspection,
        is_open=lambda: Q(state=InspectionState.DUE),
        object_type="registers.visit",
    ),
    UnitColumn(
        "open findings", gettext_lazy("整改中的问题"), Finding, is_open=lambda: Q(state=FindingState.OPEN)
    ),
)
