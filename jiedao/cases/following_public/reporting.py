"""Reports of the public: file a case with a follow-up code, or follow a case that exists about the same matter."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from jiedao.cases import answering, catalogue, notices
from jiedao.cases.actions.intake import NewCase, clean_new_case, find_place
from jiedao.cases.actions.reporting import report_case
from jiedao.cases.following_public.codes import hash_code, make_code
from jiedao.cases.following_public.doubting import describe_doubts, find_doubts, store_doubts
from jiedao.cases.models import Case, Follower, FollowRole
from jiedao.cases.moves.perform import perform
from jiedao.cases.placing import find_road
from jiedao.cases.rows import FiledCase
from jiedao.cases.selectors.duplicates import find_likely_duplicates
from jiedao.files.actions import attach_files
from jiedao.kernel import clock
from jiedao.kernel.errors import UserError
from jiedao.kernel.policies import get_policy
from jiedao.notices.actions import notify
from jiedao.orgs.actor import Actor, make_system_actor
from jiedao.places.selectors import community_of

PUBLIC_LABEL = "公众（网站）"  # of timeline entries, which are stored
MOST_ALIKE = 3
MOST_COMPARED = 20  # of which some are closed or secret, and are not shown


@dataclass(frozen=True)
class PublicReport:
    """A report of the public: the number of its case, and the code that follows it."""

    case_id: int
    number: str
    code: str
    created: bool
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class AlikeCase:
    """A case that may be about the same matter, without anything that a person wrote in it."""

    case_id: int
    number: str
    what: str
    where: str
    reported_at: Any
    state: str


def make_public_actor() -> Actor:
    """Return the actor of reports without an account. It has no address: the audit stores nothing about visitors."""
    return make_system_actor(PUBLIC_LABEL)


def is_reported(client_uuid: uuid.UUID | None) -> bool:
    """Return whether a report with this key was filed already, so that this one is a repetition."""
    return Case.objects.filter(client_uuid=client_uuid).exists()


def list_alike(new: NewCase) -> list[AlikeCase]:
    """Return the open cases that are likely about the same matter, with what any visitor may see of them."""
    place = find_place(new)
    matches = find_likely_duplicates(
        make_public_actor(),
        new.subject,
        new.detail,
        place=new.place_text,
        lon=place.located.lon if place.located else None,
        lat=place.located.lat if place.located else None,
        area_path=place.area_path,
        category_id=new.category_id,
        most=MOST_COMPARED,
    )
    # A reporter who asked for secrecy must not be identifiable by the matter.
    cases = Case.objects.open().exclude(reporter__secret=True).in_bulk([match.row.id for match in matches])
    shown = [cases[match.row.id] for match in matches if match.row.id in cases][:MOST_ALIKE]
    return [describe_for_strangers(case) for case in shown]


def describe_for_strangers(case: Case) -> AlikeCase:
    """Return what a person who is not its reporter may know of a case: category, road and community, day, state."""
    category = catalogue.category_info(case.category_id)
    community = community_of(case.area_path)
    where = [find_road(case.place_text), community.label if community is not None else ""]
    return AlikeCase(
        case_id=case.pk,
        number=case.number,
        what=category.label if category else _("待定类别"),
        where=" · ".join(filter(None, where)),
        reported_at=case.reported_at,
        state=case.state,
    )


def report_watched(new: NewCase, *, actor: Actor, photos: Sequence[int] = (), address: str) -> FiledCase:
    """Report a matter of an unidentified person; one that looks like abuse is listed for a clerk.

    Args:
        address: that of the client, for which reports are counted.

    Raise what `report_case` raises.
    """
    with transaction.atomic():
        doubts = [] if is_reported(new.client_uuid) else find_doubts(new.detail, address=address)
        filed = report_case(new, actor=actor, photos=photos).case
        if filed.created:
            store_doubts(filed.id, doubts)
    return filed


def report_publicly(new: NewCase, *, photos: Sequence[int] = (), address: str = "") -> PublicReport:
    """File a matter of the public and return its number and follow-up code; a repeated call returns the same.

    `new.client_uuid` is needed: the code is made from it. A reporter who leaves no name and no phone reads the reply
    with the code. A report that looks like abuse is listed for a clerk; reports are counted for `address`, the address
    of the client. Raise what `report_case` raises.
    """
    if new.client_uuid is None:
        raise ValueError("a report of the public needs a client_uuid")
    code = make_code(new.client_uuid)
    if not (new.reporter_name.strip() or new.reporter_phone.strip()):
        new = replace(new, reporter_ref=f"follow:{new.client_uuid}")
    with transaction.atomic():
        filed = report_watched(new, actor=make_public_actor(), photos=photos, address=address)
        add_follower(filed.id, FollowRole.REPORTER, code)
    return PublicReport(filed.id, filed.number, code, filed.created, filed.warnings)


def follow_publicly(
    case_id: int, new: NewCase, *, photos: Sequence[int] = (), address: str = ""
) -> PublicReport:
    """Let a person follow a case that is about their matter already; what they wrote is added to it.

    Name and phone are not stored, as the form states. Words that look like abuse are marked for those who work on the
    case.
    """
    if new.client_uuid is None:
        raise ValueError("a report of the public needs a client_uuid")
    clean_new_case(new)
    code = make_code(new.client_uuid)
    with transaction.atomic():
        case = Case.objects.open().select_for_update(no_key=True).filter(pk=case_id).first()
        if case is None:
            raise UserError(_("这件事刚刚办结，不能再关注。"), hint=_("请作为新的一件上报。"), field="follow")
        follower, created = add_follower(case.pk, FollowRole.FOLLOWER, code)
        if created:
            doubts = describe_doubts(find_doubts(new.detail, address=address))
            words = [doubts, _("另一位市民也反映："), new.detail, new.place_text]
            add_public_comment(case.pk, "\n".join(filter(None, words)), photos, follower=follower)
    return PublicReport(case.pk, case.number, code, created)


def add_public_comment(case_id: int, text: str, photos: Sequence[int], *, follower: Follower) -> None:
    """Add a follower's text to the timeline, and notify the users who have to act next, in one transaction.

    The entry stores the follower and the photos, because no other follower may read or see them.
    """
    actor = make_public_actor()
    facts = {"follower": follower.pk, "photos": list(photos)}
    with transaction.atomic():
        case = perform(actor, case_id, "COMMENT", data={"note": text}, facts=facts)
        attach_files(actor, "cases.case", case_id, photos)
        users, _posts = answering.find_responsible(case, case.state)
        notify(
            user_ids=users,
            kind=notices.PUBLIC_ADDED,
            object_id=case_id,
            object_name=notices.name_case(case),
            key=f"public_added:{case_id}:{case.version}",
        )


def add_follower(case_id: int, role: FollowRole, code: str) -> tuple[Follower, bool]:
    """Return the follower of a case with this code, and whether it is new."""
    today = clock.now().astimezone(clock.TOWN_TZ).date()
    return Follower.objects.get_or_create(
        case_id=case_id,
        code=hash_code(case_id, code),
        defaults={
            "role": role.value,
            "created_at": clock.now(),
            "language": get_language() or "zh-hans",
            "erase_after": today + timedelta(days=int(get_policy("retention_days"))),
        },
    )


def open_for_phone(case_id: int) -> Follower:
    """Return the reporter's follower of a case, for a person who proved the phone of the reporter.

    A matter that was reported by telephone has no follower yet: a new one is added, with a random code that is not
    shown.
    """
    rows = Follower.objects.filter(case_id=case_id, role=FollowRole.REPORTER)
    if (follower := rows.order_by("pk").first()) is not None:
        return follower
    return add_follower(case_id, FollowRole.REPORTER, make_code(uuid.uuid4()))[0]
