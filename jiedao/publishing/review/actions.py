"""The decisions of a reviewer: release a case to the public, withhold it, or withdraw it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from jiedao.audit.actions import record_entry
from jiedao.cases.access import get_case
from jiedao.cases.flow import State
from jiedao.cases.models import Case, CaseMove
from jiedao.files.actions import store_picture
from jiedao.files.blackening import make_public_copy, read_boxes
from jiedao.files.models import Attachment
from jiedao.files.selectors import list_attachments
from jiedao.kernel import clock
from jiedao.kernel.errors import Stale, UserError
from jiedao.orgs.actor import Actor
from jiedao.publishing.models.reviews import Decision, Precision, PublicCase, PublicPhoto
from jiedao.publishing.private_numbers import fold_signs
from jiedao.publishing.review.positions import blur_place_text, choose_public_point
from jiedao.publishing.review.words import (
    black_out,
    build_forbidden_pattern,
    find_forbidden,
    propose_text,
)

REVIEW = "publishing.case:review"
CASE = "cases.case"
# Cases that were not accepted are not shown, and a merged case is represented by its primary case.
UNPUBLISHABLE = frozenset({State.REPORTED, State.TO_VERIFY, State.REJECTED, State.MERGED, State.VOIDED})
REPLY_MOVES = ("REPLY", "CLOSE")
LONGEST = {"subject": 200, "text": 8000, "reply": 8000, "place_text": 200}


@dataclass(frozen=True)
class PublicDraft:
    """What a reviewer would show of a case.

    Attributes:
        words: further words to black out in all texts.
        photos: id of each attachment that may be shown -> its boxes, each of four numbers (see `blackening.Box`).
        reply_move_id: the move with the reply that the reviewer read, None without one.
    """

    subject: str
    text: str
    reply: str = ""
    place_text: str = ""
    precision: str = Precision.NEAR.value
    words: tuple[str, ...] = ()
    photos: Mapping[int, Sequence[Sequence[int]]] = field(default_factory=dict)
    reply_move_id: int | None = None


def find_reply(case_id: int) -> CaseMove | None:
    """Return the move with the last reply to the reporter."""
    replies = CaseMove.objects.filter(case_id=case_id, public=True, move__in=REPLY_MOVES).exclude(text="")
    return replies.order_by("-id").first()


def list_photos(case_id: int) -> list[Attachment]:
    """Return the pictures of a case that could be shown."""
    return [file for file in list_attachments(CASE, case_id) if file.is_image]


def propose_draft(case: Case) -> PublicDraft:
    """Return the first proposal of the page.

    It has the words of the case without the private words that are recognised automatically, no photo, and as the
    place the road or community: a reviewer who wants to publish a more exact place types it.
    """
    try:
        pattern = build_forbidden_pattern(case)
    except (
        UserError
    ):  # the release is refused with the reason; the page has to open, so that a case can be withheld
        pattern = None
    reply = find_reply(case.pk)
    return PublicDraft(
        subject=propose_text(case.subject, pattern)[: LONGEST["subject"]],
        text=propose_text(case.detail, pattern)[: LONGEST["text"]],
        reply=propose_text(reply.text, pattern)[: LONGEST["reply"]] if reply is not None else "",
        place_text=blur_place_text(case.place_text, case.area_path)[: LONGEST["place_text"]],
        reply_move_id=reply.pk if reply is not None else None,
    )


def release_case(actor: Actor, case_id: int, draft: PublicDraft, *, version: int) -> PublicCase:
    """Show a case in public as the draft states; a second call replaces what was shown.

    Args:
        version: the version of the decision that the reviewer saw, 0 for none.

    Raises:
        UserError: the case may not be shown, or a text still holds a private number or the reporter's name, or
            the name cannot be read.
        Stale: another reviewer decided meanwhile.
    """
    actor.require(REVIEW)
    with transaction.atomic():
        case = get_case(actor, case_id, for_change=True)
        if case.state in UNPUBLISHABLE:
            raise UserError(
                _("“%(state)s”的案件不能公开。") % {"state": State(case.state).label},
                hint=_("受理以后再审核；并入别的案件的，请审核那一件。"),
            )
        row, before = _lock_decision(case, version)
        texts = _clean_texts(case, draft)
        if draft.precision not in Precision.values:
            raise UserError(
                _("没有这种位置精度：%(code)s。") % {"code": draft.precision[:20]},
                hint=_("请从列表里选。"),
                field="precision",
            )
        point = choose_public_point(draft.precision, case.lon, case.lat, case.area_path)
        lon, lat = point if point is not None else (None, None)
        row.note, row.reply_move_id = "", draft.reply_move_id
        for name, value in {**texts, "precision": draft.precision, "lon": lon, "lat": lat}.items():
            setattr(row, name, value)
        _decide(row, actor, Decision.PUBLIC)
        boxes = _store_photos(row, draft.photos)
        after = {
            "decision": Decision.PUBLIC.value,
            "photos": len(draft.photos),
            "boxes": boxes,
            "precision": draft.precision,
        }
        _record(actor, "release", case, before, after)
    return row


def withhold_case(actor: Actor, case_id: int, *, note: str, version: int) -> PublicCase:
    """Decide that a case is not shown in public, with the reason; its copy, if there was one, is removed."""
    return _close(actor, case_id, Decision.WITHHELD, note=note, version=version)


def withdraw_case(actor: Actor, case_id: int, *, note: str, version: int) -> PublicCase:
    """Withdraw a case that is shown in public, with the reason; its public copy is removed."""
    return _close(actor, case_id, Decision.WITHDRAWN, note=note, version=version)


def _close(actor: Actor, case_id: int, decision: Decision, *, note: str, version: int) -> PublicCase:
    actor.require(REVIEW)
    note = note.strip()
    if not note:
        raise UserError(_("请写明理由。"), hint=_("只有工作人员看得到。"), field="note")
    with transaction.atomic():
        case = get_case(actor, case_id, for_change=True)
        row, before = _lock_decision(case, version)
        if decision == Decision.WITHDRAWN and (before or {}).get("decision") != Decision.PUBLIC:
            raise Stale(_("这件案件没有公开。"), hint=_("请刷新页面。"))
        row.subject = row.text = row.reply = row.place_text = ""
        row.lon = row.lat = row.reply_move_id = None
        row.note = note[:300]
        _decide(row, actor, decision)
        row.photos.all().delete()
        _record(actor, decision.value.lower(), case, before, {"decision": decision.value})
    return row


def _lock_decision(case: Case, version: int) -> tuple[PublicCase, dict[str, Any] | None]:
    """Return the decision on a case whose row is locked, or a new one, and its values before."""
    row = PublicCase.objects.filter(pk=case.pk).first()
    if (row.version if row is not None else 0) != version:
        raise Stale(_("另一位审核人刚刚对这件案件作了决定。"), hint=_("请看过现在的决定，需要时再提交一次。"))
    if row is None:
        return PublicCase(case=case, version=0), None
    return row, {"decision": row.decision, "precision": row.precision}


def _decide(row: PublicCase, actor: Actor, decision: Decision) -> None:
    row.decision = decision.value
    row.decided_at = clock.now()
    row.decided_by_id = actor.user_id
    row.decided_label = actor.label[:120]
    row.version += 1
    row.save()


def _clean_texts(case: Case, draft: PublicDraft) -> dict[str, str]:
    """Return the texts with the chosen words blacked out; refuse what is missing, too long or still private."""
    pattern = build_forbidden_pattern(case)
    texts = {}
    for name, longest in LONGEST.items():
        text = black_out(fold_signs(getattr(draft, name).replace("\x00", "").strip()), draft.words)
        if len(text) > longest:
            raise UserError(
                _("公开的文字最多 %(most)d 个字。") % {"most": longest}, hint=_("请缩短。"), field=name
            )
        if word := find_forbidden(text, pattern):
            raise UserError(
                _("公开的文字里还有号码、车牌或反映人的姓名：%(word)s。") % {"word": word},
                hint=_("请涂黑或改写这几个字。"),
                field=name,
            )
        texts[name] = text
    if not texts["subject"]:
        raise UserError(_("请写公开的标题。"), hint=_("几个字说明是什么事。"), field="subject")
    return texts


def _store_photos(row: PublicCase, photos: Mapping[int, Sequence[Sequence[int]]]) -> int:
    """Make the public copies of the chosen photos, remove the others, and return how many boxes they have."""
    originals = {file.pk: file for file in list_photos(row.pk)}
    unknown = sorted(set(photos) - set(originals))
    if unknown:
        raise UserError(
            _("照片 %(id)d 不是这件案件的。") % {"id": unknown[0]},
            hint=_("请刷新页面，再选照片。"),
            field="photos",
        )
    row.photos.exclude(attachment_id__in=list(photos)).delete()
    count = 0
    for pk, numbers in photos.items():
        boxes = read_boxes(numbers)
        blob = store_picture(make_public_copy(originals[pk].blob, boxes))
        values = {"boxes": [box.numbers for box in boxes], "blob": blob}
        PublicPhoto.objects.update_or_create(public_case=row, attachment_id=pk, defaults=values)
        count += len(boxes)
    return count


def _record(
    actor: Actor, verb: str, case: Case, before: dict[str, Any] | None, after: dict[str, Any]
) -> None:
    record_entry(
        actor=actor,
        action=f"publishing.case:{verb}",
        obj_type=CASE,
        obj_id=case.pk,
        before=before,
        after=after,
    )
