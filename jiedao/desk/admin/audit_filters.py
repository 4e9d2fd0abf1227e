"""The filters of the audit log as an address states them."""

from collections.abc import Mapping

from jiedao.audit.lists import EntryFilter
from jiedao.cases.models import Case
from jiedao.desk.admin.audit_words import ACTIONS, GROUPS, list_group_actions
from jiedao.kernel.errors import UserError
from jiedao.kernel.storable import make_storable
from jiedao.pages.reading import read_number, read_period

GROUP_PREFIX = "group:"
NO_OBJECT = -1  # the id of no object: a number that no case has finds nothing


def read_text(query: Mapping[str, str], name: str) -> str:
    """Return a filter as typed, without characters that no database can store."""
    return make_storable(query.get(name, "")).strip()[:60]


def read_entry_filter(query: Mapping[str, str]) -> EntryFilter:
    """Return the filter of an address; raise UserError for a period that cannot be read.

    `action` is "group:" and a group of actions, or the code of an action; a part of a code is accepted as well.
    `number` is the number of a case, `type` and `id` name any object.
    """
    action, number = read_text(query, "action"), read_text(query, "number")
    object_type, object_id = read_text(query, "type"), read_number(query.get("id"))
    if number:
        object_type = "cases.case"
        object_id = Case.objects.filter(number=number).values_list("pk", flat=True).first() or NO_OBJECT
    group = action.removeprefix(GROUP_PREFIX) if action.startswith(GROUP_PREFIX) else ""
    actions = list_group_actions(group) if group in GROUPS else [action] if action in ACTIONS else []
    is_dated = any(read_text(query, name) for name in ("from", "to", "period"))
    period = read_period(query) if is_dated else None
    return EntryFilter(
        who=read_text(query, "who"),
        object_type=object_type,
        object_id=object_id,
        actions=tuple(actions),
        action_part="" if actions or group else action,
        start_at=period.start_at if period is not None else None,
        end_at=period.end_at if period is not None else None,
    )


def read_filter_or_fault(query: Mapping[str, str]) -> tuple[EntryFilter, UserError | None]:
    """Return the filter of an address, or one without filters and the reason why it cannot be read."""
    try:
        return read_entry_filter(query), None
    except UserError as fault:
        return EntryFilter(), fault
