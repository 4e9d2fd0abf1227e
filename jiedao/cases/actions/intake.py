"""Filing cases: what pages, API and imports call."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from jiedao.cases import catalogue, rows, suggesting, writer
from jiedao.cases.deadlines import compute_stage_deadline
from jiedao.cases.flow import Stage
from jiedao.cases.models import PUBLIC_CHANNELS, CaseMove, Channel, ReporterNumber
from jiedao.cases.moves.filings import has_filing_listeners, notify_filings
from jiedao.cases.phones import check_phone, list_phone_keys, read_reporter_phone, require_phone
from jiedao.cases.placing import MatterPlace, place_matter
from jiedao.cases.questions.definition import list_questions
from jiedao.cases.questions.reading import Answers, read_answers
from jiedao.cases.questions.showing import list_answer_words
from jiedao.cases.questions.storing import write_answers
from jiedao.cases.repeats import compute_content_digest, make_key_error
from jiedao.cases.reporters import drop_placeholder
from jiedao.cases.rows import FiledCase
from jiedao.cases.source_keys import fold_source_key
from jiedao.cases.sources import SourceTerms, check_terms, write_sources
from jiedao.kernel import clock, crypto
from jiedao.kernel.client_keys import refuse_nil_uuid
from jiedao.kernel.errors import NotAllowed, UserError
from jiedao.kernel.readers.faults import ValueFault
from jiedao.kernel.readers.points import read_point
from jiedao.kernel.storable import make_storable
from jiedao.orgs.actor import Actor
from jiedao.places.following import (
    find_present_place,
    is_retired_place,
    list_area_successors,
    name_successors,
)
from jiedao.places.naming import premise_info
from jiedao.places.selectors import area_info

MAX_SUBJECT = 200
MAX_DETAIL = 20_000
MAX_ACCURACY_M = 1e6
EARLIEST = datetime(2000, 1, 1, tzinfo=clock.TOWN_TZ)
CHANNELS = frozenset(Channel.values)  # the property builds a new list at each call


@dataclass
class NewCase:
    """A matter as it came in.

    Attributes:
        channel: a `Channel` code.
        subject: at most 200 characters; when empty, the beginning of the detail.
        detail: at most 20,000 characters.
        lon, lat: degrees in `coord_system` (WGS84, CGCS2000, GCJ02, BD09). What is no point in China (0, 0 of a
            receiver without a fix) is not used: the matter is filed without it, and a note in its history states why.
        accuracy_m: how far the point may be off according to the device, in metres.
        area_id, premise_id, category_id: where they are known; `place_matter` states what follows from them.
        client_uuid: set by a phone or client that may send the matter twice: the second call with the same content
            returns the first case.
        source_key: the number in the system that the matter came from, e.g. "hotspots:360104"; unique. Both keys belong
            to the user who used them first.
        reporter_phone: one or several numbers, stored in canonical form.
        marks_bad_phone: whether a phone that cannot be one is stored as it came in and marked, as in imports, instead
            of being refused.
        reporter_ref: the reporter's key in that system; only its digest is stored, to count distinct reporters.
        reported_at: aware; now when None.
        terms: what the office that sent the matter states of it, None for nothing.
        answers: raw answers to the questions of the category by key, see `cases.questions`; required questions must be
            answered. None where the questions were not asked, as in imports: then none is required.
    """

    channel: str
    subject: str
    detail: str
    place_text: str = ""
    lon: float | None = None
    lat: float | None = None
    coord_system: str = "WGS84"
    accuracy_m: float | None = None
    area_id: int | None = None
    premise_id: int | None = None
    category_id: int | None = None
    client_uuid: uuid.UUID | None = None
    source_key: str | None = None
    reporter_name: str = ""
    reporter_phone: str = ""
    reporter_ref: str = ""
    marks_bad_phone: bool = False
    secret: bool = False
    urgent: bool = False
    reported_at: datetime | None = None
    votes_for: int = 0
    votes_against: int = 0
    terms: SourceTerms | None = None
    answers: Mapping[str, Any] | None = None


def clean_new_case(new: NewCase) -> None:
    """Tidy the texts in place; raise UserError for the first field that cannot be stored."""
    _tidy_texts(new)
    refuse_nil_uuid(new.client_uuid)
    if new.channel not in CHANNELS:
        raise UserError(
            _("来源“%(value)s”不存在。") % {"value": new.channel},
            hint=_("可用的来源：%(values)s") % {"values": ", ".join(sorted(CHANNELS))},
            field="channel",
        )
    if not new.detail and not new.subject:
        raise UserError(_("没有写明是什么事。"), hint=_("请填写内容：什么事、在哪里。"), field="detail")
    _refuse_long("detail", new.detail, MAX_DETAIL)
    _refuse_long("place_text", new.place_text, 200)
    _refuse_long("subject", new.subject, MAX_SUBJECT)
    if not new.subject:
        new.subject = " ".join(new.detail.split())[:40]
    new.detail = new.detail or new.subject
    if new.accuracy_m is not None and not 0 <= new.accuracy_m <= MAX_ACCURACY_M:
        raise UserError(
            _("误差不是一个距离。"), hint=_("请填写米数，0 到 1000000；不清楚可以留空。"), field="accuracy_m"
        )
    _check_codes_and_phone(new)
    if new.reported_at is not None and new.reported_at < EARLIEST:
        raise UserError(
            _("上报时间早于 %(year)d 年。") % {"year": EARLIEST.year},
            hint=_("请检查日期和时间。"),
            field="reported_at",
        )
    if new.reported_at is not None and new.reported_at > clock.now():
        raise UserError(_("上报时间在将来。"), hint=_("请检查日期和时间。"), field="reported_at")
    if new.terms is not None:
        check_terms(new.terms)


def _check_codes_and_phone(new: NewCase) -> None:
    if not new.marks_bad_phone:
        require_phone(new.reporter_phone)
    if new.category_id is not None and catalogue.category_info(new.category_id) is None:
        raise UserError(
            _("类别 %(id)s 不存在。") % {"id": new.category_id},
            hint=_("请从类别表中选择。"),
            field="category",
        )
    _follow_retired_place(new)
    if new.area_id is not None and area_info(new.area_id) is None:
        raise UserError(
            _("区域 %(id)s 不存在。") % {"id": new.area_id}, hint=_("请重新选择网格。"), field="area"
        )
    if new.premise_id is not None and premise_info(new.premise_id) is None:
        raise UserError(
            _("小区或楼栋 %(id)s 不存在。") % {"id": new.premise_id},
            hint=_("请重新选择小区、楼栋。"),
            field="premise",
        )


def _follow_retired_place(new: NewCase) -> None:
    """Put the successors in place of an area and a premise that a pack retired after the form was opened.

    Raises UserError for an area that became several, where neither premise nor point decides; it names them.
    """
    if not is_retired_place(new.area_id, new.premise_id):
        return
    old_area_id = new.area_id
    area, premise = find_present_place(new.area_id, new.premise_id, lon=new.lon, lat=new.lat)
    new.premise_id = premise.id if premise is not None else None
    new.area_id = area.id if area is not None else None
    if (
        old_area_id is not None
        and area is None
        and premise is None
        and (heirs := list_area_successors(old_area_id))
    ):
        raise UserError(
            _("所选的区域已随辖区调整撤销。"),
            hint=_("现在是：%(areas)s。请选其中一个。") % {"areas": name_successors(heirs)},
            field="area",
        )


def _tidy_texts(new: NewCase) -> None:
    new.subject = " ".join(make_storable(new.subject).split())
    new.detail = make_storable(new.detail).strip()
    new.place_text = " ".join(make_storable(new.place_text).split())
    new.reporter_name, new.reporter_phone = (
        drop_placeholder(make_storable(new.reporter_name)),
        drop_placeholder(make_storable(new.reporter_phone)),
    )
    new.reporter_ref = drop_placeholder(new.reporter_ref)
    if new.source_key is not None and make_storable(new.source_key) != new.source_key:
        raise UserError(
            _("来源编号里有看不见的控制字符。"),
            hint=_("请去掉后再提交：编号要与原系统一致。"),
            field="source_key",
        )
    if new.source_key is not None:
        new.source_key = fold_source_key(new.source_key) or None


def _refuse_long(name: str, text: str, most: int) -> None:
    if len(text) > most:
        raise UserError(
            _("文字过长：%(n)d 字，最多 %(most)d 字。") % {"n": len(text), "most": most},
            hint=_("请保留要点，其余内容作为附件上传。"),
            field=name,
        )


def _drop_unusable_point(new: NewCase) -> str:
    """Remove the point of the matter if it is none, by the rule of imports; return why, "" where it is used."""
    try:
        read_point(new.lon, new.lat)
    except ValueFault as fault:
        new.lon = new.lat = new.accuracy_m = None
        return fault.reason
    return ""


def _write_warnings(filed: Sequence[FiledCase], prepared: Sequence[rows.IntakeRow]) -> list[FiledCase]:
    """State in the history of each new case, and in its answer, what of the matter is not used and why."""
    noted = []
    for case, row in zip(filed, prepared, strict=True):
        warnings = []
        if row.point_fault:
            warnings.append(_("%(reason)s：没有采用坐标。") % {"reason": row.point_fault})
        if row.dropped_answers:
            names = _("、").join(f"“{name}”" for name in row.dropped_answers)
            warnings.append(_("按其他回答不用问%(names)s：没有采用它的回答。") % {"names": names})
        if warnings and case.created:
            CaseMove.objects.filter(case_id=case.id, move="REPORT").update(text=" ".join(warnings))
        noted.append(replace(case, warnings=tuple(warnings)))
    return noted


def find_place(new: NewCase) -> MatterPlace:
    """Return where a new matter would be filed; raise UserError for a point that is none."""
    return place_matter(
        lon=new.lon,
        lat=new.lat,
        coord_system=new.coord_system,
        area_id=new.area_id,
        premise_id=new.premise_id,
        place_text=new.place_text,
    )


def prepare(new: NewCase, actor: Actor, *, suggests: bool = True) -> rows.IntakeRow:
    """Return the row for the writer, with place, suggestions and deadline; no query once caches are filled."""
    clean_new_case(new)
    answers = _read_answers(new)
    point_fault = _drop_unusable_point(new)
    place = find_place(new)
    located = place.located
    at = new.reported_at or clock.now()
    due = compute_stage_deadline(Stage.ACCEPT.value, new.category_id, place.area_path, at)
    has_reporter = bool(new.reporter_name or new.reporter_phone or new.reporter_ref)
    phones = read_reporter_phone(new.reporter_phone)
    keys = list_phone_keys(phones)
    key = keys[0] if keys else crypto.compute_keyed_digest(new.reporter_ref or new.reporter_name)
    columns: dict[str, Any] = {
        **rows.NEW_CASE,
        "client_uuid": new.client_uuid,
        "source_key": new.source_key,
        "intake_digest": compute_content_digest(asdict(new), actor.user_id),
        "channel": new.channel,
        "subject": new.subject,
        "detail": new.detail,
        "place_text": new.place_text,
        "lon": located.lon if located else None,
        "lat": located.lat if located else None,
        "coord_system": place.coord_system,
        "accuracy_m": new.accuracy_m,
        "outside": place.outside,
        "area_id": place.area_id,
        "area_path": place.area_path,
        "premise_id": place.premise_id,
        "category_id": new.category_id,
        "suggestions": suggesting.suggest(new.subject, new.detail)
        if suggests and not new.category_id
        else [],
        "reported_by_id": actor.principal_id if new.channel not in PUBLIC_CHANNELS else None,
        "reported_at": at,
        "reported_date": at.astimezone(clock.TOWN_TZ).date(),
        "due_at": due.due_at,
        "due_provisional": due.provisional,
        "urgent": new.urgent,
        "has_reporter": has_reporter,
        "reporter_key": key,
        "votes_for": new.votes_for,
        "votes_against": new.votes_against,
    }
    phone = new.reporter_phone if phones.faults else phones.canonical
    reporter = (
        rows.encrypt_reporter(new.reporter_name, phone, check_phone(phones), new.secret, at)
        if has_reporter
        else None
    )
    search_text = f"{new.subject} {new.place_text} {new.detail} {list_answer_words(answers.values)}"
    return rows.IntakeRow(
        columns,
        due,
        reporter,
        search_text,
        tuple(keys[1:]),
        point_fault,
        answers.values,
        tuple(question.label for question in answers.dropped),
    )


def _read_answers(new: NewCase) -> Answers:
    return Answers({}) if new.answers is None else read_answers(list_questions(new.category_id), new.answers)


def write_further_numbers(keys_of_cases: Iterable[tuple[int, Sequence[str]]]) -> None:
    """Write the digests of the second and later numbers of new cases inside the caller's transaction."""
    rows_to_write = [ReporterNumber(case_id=pk, key=key) for pk, keys in keys_of_cases for key in keys]
    if rows_to_write:
        ReporterNumber.objects.bulk_create(rows_to_write, batch_size=2000)


def file_cases(new_cases: Sequence[NewCase], *, actor: Actor) -> list[FiledCase]:
    """File the cases in one transaction, in this order; all or none.

    A case whose client_uuid or source_key exists already is not filed again: the first one is returned with
    created=False, if the same user sent the same content. Raise Stale where the key belongs to another user or to other
    content, UserError for a text, place or category that cannot be stored, NotAllowed without the right.
    """
    actor.require("cases.case:report")
    prepared = [prepare(new, actor) for new in new_cases]
    writes_more = (
        any(row.further_keys or row.point_fault or row.answers or row.dropped_answers for row in prepared)
        or any(new.terms for new in new_cases)
        or has_filing_listeners()
    )
    if len(prepared) == 1 and not writes_more and not transaction.get_connection().in_atomic_block:
        return _refuse_taken_keys([writer.write_one(prepared[0], actor)])
    with transaction.atomic():
        filed = _refuse_taken_keys(writer.write_many(prepared, actor))
        write_further_numbers(
            (case.id, row.further_keys) for case, row in zip(filed, prepared, strict=True) if case.created
        )
        for case, row in zip(filed, prepared, strict=True):
            if case.created and row.answers:
                write_answers(case.id, row.answers, row.columns["reported_at"])
        write_sources(
            (
                (case.id, row.columns["reported_at"], new.terms)
                for case, row, new in zip(filed, prepared, new_cases, strict=True)
                if case.created and new.terms is not None
            ),
            watch=True,
        )
        notify_filings([case.id for case in filed if case.created])
        return _write_warnings(filed, prepared)


def _refuse_taken_keys(filed: list[FiledCase]) -> list[FiledCase]:
    for case in filed:
        if case.taken_key:
            raise make_key_error(case.taken_key)
    return filed


def file_case(new: NewCase, *, actor: Actor) -> FiledCase:
    """File one case, as `file_cases` does; also raise NotAllowed for a place that the actor is not responsible for."""
    if actor.confined_to is not None:
        area, premise = area_info(new.area_id), premise_info(new.premise_id)
        if area is not None and not area.path.startswith(actor.confined_to):
            raise NotAllowed(_("这个网格不归您管。"), hint=_("请选择自己负责的网格，或不选，由坐标确定。"))
        if premise is not None and not premise.area_path.startswith(actor.confined_to):
            raise NotAllowed(_("这个小区不在您的网格。"), hint=_("请选择自己网格里的，或不选，只写地点。"))
    return file_cases([new], actor=actor)[0]
