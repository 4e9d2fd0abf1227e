"""Guards against retiring places at which there are records or planned inspections."""

from collections import Counter

from django.db.models import Count
from django.utils.translation import gettext as _

from jiedao.kernel.figures import RowsLink
from jiedao.kernel.packs.rows import Values
from jiedao.kernel.packs.successions import Lookup
from jiedao.kernel.phrasing import list_names
from jiedao.kernel.rows_pages import build_rows_url
from jiedao.places.successions import count_at_areas, list_moving_premises
from jiedao.registers.models import Inspection, InspectionState, Record, Register


def guard_areas(retired: dict[str, Values], lookup: Lookup) -> dict[str, str]:
    """Return the reasons against retiring areas: those with records or planned inspections, also in an area below.

    Records at a premise that the pack moves to another area follow it with their inspections, and need nothing.
    """
    moving = list_moving_premises(lookup)
    ids = {key: values["pk"] for key, values in retired.items()}
    reasons: dict[str, list[str]] = {}
    for register in Register.objects.filter(active=True):
        records = (
            Record.objects.filter(register=register, active=True)
            .exclude(area_path="")
            .exclude(premise__in=moving)
        )
        paths = records.values_list("area_path").annotate(count=Count("id"))
        for code, count in count_at_areas(paths, retired).items():
            where = build_rows_url(
                RowsLink("registers.records", (register.key,), (("area", str(ids[code])),))
            )
            reasons.setdefault(code, []).append(
                _("“%(register)s”记录 %(count)d 条（%(where)s）")
                % {"register": register.name, "count": count, "where": where}
            )
    inspections = Inspection.objects.filter(state=InspectionState.DUE).exclude(area_path="")
    inspections = inspections.exclude(record__premise__in=moving)
    paths = inspections.values_list("area_path").annotate(count=Count("id"))
    for code, count in count_at_areas(paths, retired).items():
        where = build_rows_url(RowsLink("registers.inspections", (), (("area", str(ids[code])),)))
        reasons.setdefault(code, []).append(
            _("待做的检查 %(count)d 次（%(where)s）") % {"count": count, "where": where}
        )
    return {
        code: _("那里有%(rows)s：请用 was 写明这个区域变成了什么，或先移走") % {"rows": list_names(texts)}
        for code, texts in reasons.items()
    }


def guard_premises(retired: dict[str, Values], _lookup: Lookup) -> dict[str, str]:
    """Return the reasons against retiring premises: those at which there are records."""
    keys = {values["pk"]: key for key, values in retired.items()}
    counts = Counter[str]()
    records = Record.objects.filter(active=True, premise_id__in=list(keys))
    for pk, count in records.values_list("premise_id").annotate(count=Count("id")):
        counts[keys[pk]] += count
    return {
        key: _("那里有记录 %(count)d 条：请用 was 写明这处地点变成了什么，或先移走") % {"count": count}
        for key, count in counts.items()
    }
