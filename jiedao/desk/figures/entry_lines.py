"""The versions of entered figures as pages show them, with what the user may do with each."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from jiedao.desk.figure_lines import describe_rank, format_number, format_signed
from jiedao.indicators.definition import read_definition
from jiedao.indicators.figure import Place
from jiedao.indicators.models import CONFIRM, Entry, Measure, Status
from jiedao.kernel.periods import Period, month_of
from jiedao.orgs.actor import Actor
from jiedao.orgs.deputies import is_same_person

RELATED = ("measure__theme", "entered_by", "confirmed_by", "area", "unit")


def list_versions(actor: Actor, measure: Measure, period: Period, place: Place) -> list[dict[str, Any]]:
    """Return all versions of an entered figure, the newest first."""
    entries = Entry.objects.filter(
        measure=measure, first_date=period.first, last_date=period.last, place_key=place.key
    )
    return describe_entries(actor, entries.select_related(*RELATED).order_by("-version"))


def list_summed_months(actor: Actor, measure: Measure, period: Period, place: Place) -> list[dict[str, Any]]:
    """Return the entries of the months that a longer period adds up; none where the measure is no such sum."""
    if not read_definition(measure.kind, measure.spec).is_summed:
        return []
    entries = Entry.objects.filter(
        measure=measure,
        place_key=place.key,
        current=True,
        first_date__gte=period.first,
        last_date__lte=period.last,
    )
    months = [
        entry
        for entry in entries.select_related(*RELATED).order_by("first_date")
        if entry.period == month_of(entry.first_date)
    ]
    return describe_entries(actor, months)


def list_waiting(actor: Actor) -> list[dict[str, Any]]:
    """Return the versions that wait for confirmation, the oldest first."""
    entries = Entry.objects.filter(confirmed_at__isnull=True)
    return describe_entries(actor, entries.select_related(*RELATED).order_by("entered_at", "pk"))


def list_entries_of_period(measures: Iterable[Measure], period: Period, place: Place) -> dict[int, Entry]:
    """Return the version of each measure that counts or waits, the newest, by the measure's id."""
    entries = Entry.objects.filter(
        Q(current=True) | Q(confirmed_at__isnull=True),
        measure__in=list(measures),
        first_date=period.first,
        last_date=period.last,
        place_key=place.key,
    )
    return {entry.measure_id: entry for entry in entries.order_by("version")}


def describe_entries(actor: Actor, entries: Iterable[Entry]) -> list[dict[str, Any]]:
    """Return each version in words, and whether the actor may confirm or return it."""
    lines = []
    for entry in entries:
        waits, is_own = entry.confirmed_at is None, entry.entered_by_id == actor.user_id
        is_apart = not is_same_person(actor.own_ids, actor.ties, entry.entered_by_id, entry.entered_at)
        lines.append(
            {
                "entry": entry,
                "measure": entry.measure,
                "period": entry.period,
                "place": entry.place_label,
                "what": describe_values(entry),
                "by": entry.entered_by.full_name if entry.entered_by is not None else _("数据包"),
                "confirmed_by": entry.confirmed_by.full_name if entry.confirmed_by is not None else "",
                "waits": waits,
                "may_confirm": waits and actor.can(CONFIRM) and is_apart,
                "may_return": waits and (is_own or actor.can(CONFIRM)),
                "is_own": is_own,
            }
        )
    return lines


def describe_values(entry: Entry) -> str:
    """Return value, growth and rank of a version as one text, as far as it states them."""
    measure, parts = entry.measure, []
    if entry.value is not None:
        parts.append(f"{format_number(entry.value, measure.digits)} {measure.unit_after}")
    if entry.growth is not None:
        parts.append(_("增速 %(n)s%%") % {"n": format_signed(entry.growth, 1)})
    if entry.rank is not None:
        parts.append(describe_rank(entry.rank, entry.rank_field))
    if entry.status != Status.ACTUAL:
        parts.append(str(Status(entry.status).label))
    return _("，").join([*parts, *filter(None, [entry.scope_words])])
