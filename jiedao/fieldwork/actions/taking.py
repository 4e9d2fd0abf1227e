"""Taking an item of a phone: the action of its kind is carried out once, however often the item arrives."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import dateformat, timezone, translation
from django.utils.translation import gettext as _

from jiedao.cases.access import get_case, get_case_by_number
from jiedao.cases.actions.intake import NewCase
from jiedao.cases.actions.reporting import report_case
from jiedao.cases.models import Case, Channel
from jiedao.cases.moves.fields import FieldKind
from jiedao.cases.moves.perform import perform
from jiedao.cases.moves.table import FLOW
from jiedao.fieldwork.actions.photos import find_photo_ids
from jiedao.fieldwork.items import Item
from jiedao.fieldwork.models import ItemKind, PlaceKind, PlaceVisit, ReceivedItem, VisitProof
from jiedao.files.actions import attach_files
from jiedao.kernel import clock
from jiedao.kernel.client_keys import make_taken_error
from jiedao.kernel.errors import NotAllowed, NotFoundError, UserError
from jiedao.orgs.actor import Actor
from jiedao.orgs.models import Holding, Post
from jiedao.places.naming import PREMISES
from jiedao.places.selectors import AREAS
from jiedao.registers.actions.inspections import Answer, InspectionInput, make_inspection

# The moves that a phone makes: they need nothing but words, choices and photos.
FIELD_MOVES = (
    "VERIFY",
    "UNTRUE",
    "REJECT",
    "TAKE",
    "HANDLE",
    "HELPED",
    "CHECK_PASS",
    "REWORK",
    "SELF_HANDLE",
    "RETURN",
    "COMMENT",
)
LEAST_HOLDERS = 3  # of a post title that a visit names
COUNT_RIGHTS = ("cases.case:report", "cases.case:verify", "registers.visit:make")


@dataclass(frozen=True)
class Receipt:
    """What became of an item: `created` is False for one that had arrived before. `result` is JSON for the phone."""

    created: bool
    result: dict[str, Any] = field(default_factory=dict)


def take_item(actor: Actor, item: Item) -> Receipt:
    """Carry out an item and return its receipt; the same item again returns the first receipt.

    Everything is written in one transaction, so that a phone that got no answer can send again.

    Raises:
        PhotosMissingError: photos that have to be sent first. NotAllowed: the item belongs to another user. Stale: a
        colleague was faster, or the UUID belongs to another content. Other refusals are those of the action.
    """
    if item.user_id != actor.user_id:
        raise NotAllowed(
            _("这一件是另一位同事做的，不能用您的账号提交。"),
            hint=_("请由本人登录后发送或导入。"),
            field="user",
        )
    if (earlier := _find_earlier(item)) is not None:
        return earlier
    try:
        with transaction.atomic():
            # First, so that of two sendings at once the second waits here, and never carries the item out again.
            row = ReceivedItem.objects.create(
                client_uuid=item.id,
                kind=item.kind,
                digest=item.digest,
                user_id=None if item.kind == ItemKind.VISIT else actor.user_id,
                received_at=_round_time(item),
            )
            result = _TAKERS[item.kind](actor, item)
            ReceivedItem.objects.filter(pk=row.pk).update(result=result)
    except IntegrityError:
        if (earlier := _find_earlier(item)) is None:
            raise
        return earlier
    return Receipt(True, result)


def _round_time(item: Item) -> Any:
    """Return when the item was received; for a visit only the day, because a time could be matched with a person."""
    now = clock.real_now()
    return now.replace(hour=0, minute=0, second=0, microsecond=0) if item.kind == ItemKind.VISIT else now


def _find_earlier(item: Item) -> Receipt | None:
    row = ReceivedItem.objects.filter(client_uuid=item.id).first()
    if row is None:
        return None
    if row.kind != item.kind or row.digest != item.digest:
        raise make_taken_error()
    return Receipt(False, row.result)


def _take_report(actor: Actor, item: Item) -> dict[str, Any]:
    """File the matter; one that was handled on the spot is handled in the same transaction."""
    data, photos = item.data, find_photo_ids(actor, item.photos)
    new = NewCase(
        channel=Channel.PATROL.value,
        subject=_read_text(data, "subject"),
        detail=_read_text(data, "detail"),
        place_text=_read_text(data, "place_text"),
        lon=_read_float(data, "lon"),
        lat=_read_float(data, "lat"),
        accuracy_m=_read_float(data, "accuracy_m"),
        category_id=_read_id(data, "category"),
        answers=_read_answers(data),
        premise_id=_read_id(data, "premise"),
        area_id=_read_id(data, "area"),
        urgent=data.get("urgent") is True,
        reported_at=item.made_at,
        client_uuid=item.id,
    )
    report = report_case(new, actor=actor, photos=photos.get("photos", []))
    warnings = [str(warning) for warning in report.case.warnings]
    if item.waited is None:
        warnings.append(_("手机的时钟中途改过：上报时间按收到的时间记。"))
    if data.get("handled") is True:
        fields = {
            "category": data.get("category"),
            "result": _date_words(item, _read_text(data, "result")),
            "photos": photos.get("photos_after", []),
        }
        perform(actor, report.case.id, "SELF_HANDLE", data=fields)
    return {"case": report.case.number, "warnings": warnings}


def _read_answers(data: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the answers to the questions of the category, which the action reads; None where none were asked."""
    answers = data.get("answers")
    return dict(answers) if isinstance(answers, Mapping) and data.get("category") else None


def _take_move(actor: Actor, item: Item) -> dict[str, Any]:
    """Make the move on the case in the version that was on the worker's phone."""
    code = _read_text(item.data, "move")
    if code not in FIELD_MOVES:
        raise UserError(
            _("手机上不能做这一步：%(code)s。") % {"code": code[:20]},
            hint=_("请到工作台办理。"),
            field="move",
        )
    case = get_case_by_number(actor, _read_text(item.data, "case"))
    fields = item.data.get("fields")
    values = dict(fields) if isinstance(fields, Mapping) else {}
    photos = find_photo_ids(actor, item.photos)
    names = {row.name for row in FLOW[code].fields if row.kind is FieldKind.PHOTOS}
    values |= {name: ids for name, ids in photos.items() if name in names}
    version, made_at = _read_id(item.data, "version"), item.made_at if item.is_late else None
    case = perform(actor, case.pk, code, version=version, data=values, made_at=made_at)
    # A worker may send a comment instead of the move for which the photos were taken: attach them to the comment.
    attach_files(actor, "cases.case", case.pk, [pk for name in photos.keys() - names for pk in photos[name]])
    return {"case": case.number, "version": case.version}


def _take_inspection(actor: Actor, item: Item) -> dict[str, Any]:
    """Store the inspection on the day on which it was made."""
    data, photos = item.data, find_photo_ids(actor, item.photos)
    raw = data.get("answers")
    answers = {
        str(key): Answer(
            _read_text(value, "value"), _read_text(value, "note"), photos.get(f"answer:{key}", [])
        )
        for key, value in (raw.items() if isinstance(raw, Mapping) else ())
        if isinstance(value, Mapping)
    }
    inspection = make_inspection(
        actor=actor,
        data=InspectionInput(
            inspection_id=_read_id(data, "inspection"),
            record_id=_read_id(data, "record"),
            checklist=_read_text(data, "checklist"),
            answers=answers,
            note=_read_text(data, "note"),
            photos=photos.get("photos", []),
            on=item.day,
            client_uuid=item.id,
            version=_read_id(data, "version"),
        ),
    )
    cases = [row.case.number for row in inspection.findings.select_related("case")]
    return {"inspection": inspection.pk, "passed": bool(inspection.passed), "cases": cases}


def _take_visit(actor: Actor, item: Item) -> dict[str, Any]:
    """Count the visit to the place on its day, without the person."""
    if not any(actor.can(right) for right in COUNT_RIGHTS):
        raise NotAllowed(_("您的岗位不巡查，不能打卡。"), hint=_("请联系管理员。"))
    kind, code = _read_text(item.data, "place_kind"), _read_text(item.data, "place")
    known = (
        {row.code for row in PREMISES.get().values() if row.active}
        if kind == PlaceKind.PREMISE
        else {row.code for row in AREAS.get().values() if row.active}
    )
    if kind not in PlaceKind.values or code not in known:
        raise NotFoundError(
            _("没有编号为 %(code)s 的地点。") % {"code": code[:40]},
            hint=_("二维码可能是旧的；请重新打印，或按位置打卡。"),
            field="place",
        )
    proof = _read_text(item.data, "proof")
    visit, _is_new = PlaceVisit.objects.get_or_create(
        kind=kind,
        code=code,
        day=item.day,
        post_title=_find_shared_title(actor),
        proof=proof if proof in VisitProof.values else "",
    )
    PlaceVisit.objects.filter(pk=visit.pk).update(count=F("count") + 1)
    return {}


def _find_shared_title(actor: Actor) -> str:
    """Return the title of the actor's post, "" where so few people hold one of that title that it names a person."""
    if actor.post_id is None:
        return ""
    title = Post.objects.filter(pk=actor.post_id).values_list("title", flat=True).first() or ""
    holders = Holding.objects.on(clock.today()).filter(post__title=title).order_by()
    return title if holders.values("user_id").distinct().count() >= LEAST_HOLDERS else ""


_TAKERS: dict[str, Callable[[Actor, Item], dict[str, Any]]] = {
    ItemKind.REPORT: _take_report,
    ItemKind.MOVE: _take_move,
    ItemKind.INSPECT: _take_inspection,
    ItemKind.VISIT: _take_visit,
}


def find_item_case(actor: Actor, item: Item) -> Case | None:
    """Return the case on which an item makes a move, as it is now; None where the actor sees none."""
    if item.kind != ItemKind.MOVE:
        return None
    try:
        return get_case(actor, get_case_by_number(actor, _read_text(item.data, "case")).pk)
    except NotFoundError:
        return None


def find_item_inspection(item: Item) -> int | None:
    """Return the id of the planned inspection that an item makes, None for any other item."""
    return _read_id(item.data, "inspection") if item.kind == ItemKind.INSPECT else None


def _date_words(item: Item, words: str) -> str:
    """Return the words with the time on site, in the town's language, where they were received much later."""
    if not item.is_late or not words.strip():
        return words
    with translation.override(settings.LANGUAGE_CODE):
        at = dateformat.format(timezone.localtime(item.made_at), _("n月j日 H:i"))
        return _("%(words)s（现场时间 %(at)s，手机联网后送达）") % {"words": words.strip(), "at": at}


def _read_text(data: Mapping[str, Any], name: str) -> str:
    value = data.get(name)
    return value if isinstance(value, str) else ""


def _read_float(data: Mapping[str, Any], name: str) -> float | None:
    value = data.get(name)
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return None
    try:
        return float(value)
    except OverflowError:  # JSON has integers of any size
        return math.inf  # refused as a position


def _read_id(data: Mapping[str, Any], name: str) -> int | None:
    value = data.get(name)
    if isinstance(value, bool) or not isinstance(value, (int, str)) or value == "":
        return None
    try:
        number = int(value)
    except ValueError:
        number = -1
    if not 0 <= number <= 2**63 - 1:
        raise UserError(_("编号不对。"), hint=_("请从列表中选择。"), field=name)
    return number
