"""Reporting a matter from a page or over the API: the case, its photos and its merge in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction

from jiedao.cases.actions.intake import NewCase, file_case
from jiedao.cases.moves.perform import perform
from jiedao.cases.rows import FiledCase
from jiedao.files.actions import attach_files
from jiedao.kernel.errors import UserError
from jiedao.orgs.actor import Actor


@dataclass(frozen=True)
class Report:
    """The case that was filed; `merge_fault` states why it was not merged, None where it was or no merge was wanted."""

    case: FiledCase
    merge_fault: UserError | None = None


def report_case(new: NewCase, *, actor: Actor, photos: Sequence[int] = (), merge_into: str = "") -> Report:
    """File a case, attach the uploads that wait for it, and merge it into another case where its number is given.

    Everything is written or nothing, so that a second call with the same client_uuid finds the case with its photos,
    or finds nothing and files it; what exists already is not changed. A merge that is not possible leaves the case on
    its own. Raise what `file_case` raises, and UserError for an upload that is not the actor's.
    """
    if not photos and not merge_into:
        # Outside a transaction, SQLite commits single cases in groups.
        return Report(file_case(new, actor=actor))
    with transaction.atomic():
        filed = file_case(new, actor=actor)
        if not filed.created:
            return Report(filed)
        attach_files(actor, "cases.case", filed.id, photos)
        return Report(filed, _merge(actor, filed.id, merge_into) if merge_into else None)


def _merge(actor: Actor, case_id: int, into: str) -> UserError | None:
    try:
        perform(actor, case_id, "MERGE", data={"into": into})
    except UserError as fault:
        return fault
    return None
