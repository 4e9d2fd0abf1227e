"""Write publications: drafts from a signed report, or texts with files, that can be changed until they are public."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from jiedao.audit.actions import record_entry
from jiedao.files.actions import attach_files, check_uploads, remove_attachment
from jiedao.files.models import Attachment
from jiedao.kernel import clock
from jiedao.kernel.errors import NotFoundError, Stale, UserError
from jiedao.kernel.storable import make_storable
from jiedao.orgs.actor import Actor
from jiedao.orgs.deputies import is_same_person
from jiedao.publishing.models import EDIT, Publication, PublicationKind, PublicationState
from jiedao.publishing.texts import build_text_document
from jiedao.reports.freezing import freeze
from jiedao.reports.models import Report
from jiedao.reports.selectors import find_signature

OBJECT_TYPE = "publishing.publication"
MOST_TEXT = 100_000
# Kinds that a person writes; a yearly report is made from its own page.
TYPED_KINDS = tuple(kind for kind in PublicationKind.values if kind != PublicationKind.YEARLY)


@dataclass(frozen=True)
class PublicationInput:
    """What a person enters for a publication.

    Attributes:
        text: does not count where a report is the source.
        current_until: the last day of a notice on the notice board; does not count for other kinds.
    """

    kind: str
    title: str
    source: str
    document_date: date
    document_number: str = ""
    text: str = ""
    current_until: date | None = None


def create_publication(
    *, actor: Actor, data: PublicationInput, report_id: int | None = None, uploads: Sequence[int] = ()
) -> Publication:
    """Create the draft of a publication and return it.

    Args:
        report_id: the signed report whose document is published; its text and figures are copied as they were signed.
        uploads: ids of uploaded files that everybody may download once the publication is public.

    Raises:
        NotAllowed: no right. UserError: a field is missing or too long, or the report is not signed.
    """
    actor.require(EDIT)
    values = _clean(data, has_report=report_id is not None)
    check_uploads(actor, uploads)
    with transaction.atomic():
        values |= (
            _read_report(report_id)
            if report_id is not None
            else {"content": freeze(build_text_document(values["title"], values["text"]))}
        )
        publication = Publication.objects.create(
            **values, written_by_id=actor.user_id, written_at=clock.now()
        )
        attach_files(actor, OBJECT_TYPE, publication.pk, uploads)
        record_publication(actor, "edit", publication, before=None)
    return publication


def change_publication(
    *, actor: Actor, publication_id: int, version: int, data: PublicationInput, uploads: Sequence[int] = ()
) -> Publication:
    """Change a draft; a reviewed one becomes a draft again, because its words are no longer those that were reviewed.

    Raises:
        NotAllowed: no right. Stale: another user has changed it since. UserError: it is public or withdrawn, or a
            field is missing or too long.
    """
    actor.require(EDIT)
    check_uploads(actor, uploads)
    with transaction.atomic():
        publication = lock_publication(publication_id, version)
        require_unpublished(publication)
        before = describe_publication(publication)
        if is_yearly(publication):
            data = replace(data, kind=publication.kind)
        values = _clean(data, has_report=publication.report_id is not None or is_yearly(publication))
        if publication.report_id is None and not is_yearly(publication):
            values["content"] = freeze(build_text_document(values["title"], values["text"]))
        for name, value in values.items():
            setattr(publication, name, value)
        publication.state = PublicationState.DRAFT
        publication.reviewed_by_id = publication.reviewed_at = None
        note_writer(actor, publication)
        publication.version += 1
        publication.save()
        attach_files(actor, OBJECT_TYPE, publication.pk, uploads)
        record_publication(actor, "edit", publication, before=before)
    return publication


def remove_file(*, actor: Actor, publication_id: int, attachment_id: int) -> None:
    """Remove a file of a publication that is not public yet.

    Raises:
        NotAllowed: no right. NotFoundError: it has no such file. UserError: the publication is public or withdrawn.
    """
    actor.require(EDIT)
    with transaction.atomic():
        publication = lock_publication(publication_id)
        require_unpublished(publication)
        attachment = Attachment.objects.of(OBJECT_TYPE, publication.pk).filter(pk=attachment_id).first()
        if attachment is None:
            raise NotFoundError(_("没有这个附件，或它已被移除。"), hint=_("请刷新页面。"))
        remove_attachment(actor, attachment)
        before = describe_publication(publication)
        publication.state = PublicationState.DRAFT
        publication.reviewed_by_id = publication.reviewed_at = None
        note_writer(actor, publication)
        publication.version += 1
        publication.save()
        record_publication(actor, "edit", publication, before=before)


def lock_publication(publication_id: int, version: int | None = None) -> Publication:
    """Lock a publication until the transaction ends and return it; with a version only if it has that version still.

    Raise NotFoundError if there is none, Stale if another user was faster.
    """
    publication = Publication.objects.select_for_update().filter(pk=publication_id).first()
    if publication is None:
        raise NotFoundError(_("没有这份公开信息。"), hint=_("请回到列表再选。"))
    if version is not None and publication.version != version:
        raise Stale(_("这份公开信息刚被别人改过。"), hint=_("请刷新页面，看过新的内容再办。"))
    return publication


def note_writer(actor: Actor, publication: Publication) -> None:
    """Record the actor as the last writer of the words, and store the writers before."""
    publication.earlier_writers = list_writers(publication)
    publication.written_by_id, publication.written_at = actor.user_id, clock.now()


def list_writers(publication: Publication) -> list[tuple[int | None, str]]:
    """Return each person who changed the words, the last one too, with the time."""
    earlier = [(user_id, at) for user_id, at in publication.earlier_writers]
    return [*earlier, (publication.written_by_id, publication.written_at.isoformat())]


def wrote_words(actor: Actor, publication: Publication) -> bool:
    """Return whether the actor counts as one of those who changed the words, and so cannot review them."""
    return any(
        is_same_person(actor.own_ids, actor.ties, user_id, datetime.fromisoformat(at))
        for user_id, at in list_writers(publication)
    )


def require_unpublished(publication: Publication) -> None:
    """Raise UserError for a publication that is public or was withdrawn."""
    if publication.state not in {PublicationState.DRAFT, PublicationState.REVIEWED}:
        raise UserError(_("已公布的内容不能直接修改。"), hint=_("请先撤下，改成新的草稿后再公布。"))


def is_yearly(publication: Publication) -> bool:
    """Return whether a yearly report on open information is the source of the content."""
    return publication.kind == PublicationKind.YEARLY


def record_publication(actor: Actor, verb: str, publication: Publication, before: Any) -> None:
    """Record in the audit what a person did with a publication."""
    record_entry(
        actor=actor,
        action=f"publishing.publication:{verb}",
        obj_type=OBJECT_TYPE,
        obj_id=publication.pk,
        before=before,
        after=describe_publication(publication),
    )


def describe_publication(publication: Publication) -> dict[str, Any]:
    """Return what the audit states of a publication: never its text."""
    values: dict[str, Any] = {
        "title": publication.title,
        "kind": publication.kind,
        "state": publication.state,
        "version": publication.version,
    }
    return values | ({"reason": publication.reason} if publication.reason else {})


def _clean(data: PublicationInput, *, has_report: bool) -> dict[str, Any]:
    """Return the columns of a publication; raise UserError for the first field that is missing or too long."""
    values: dict[str, Any] = {
        "kind": data.kind,
        "title": _clean_line("title", data.title, 200, _("标题")),
        "source": _clean_line("source", data.source, 120, _("来源")),
        "document_number": _clean_line("document_number", data.document_number, 60, _("文号"), needed=False),
        "document_date": data.document_date,
        "current_until": data.current_until if data.kind == PublicationKind.NOTICE else None,
        "text": "",
    }
    if values["current_until"] is not None and values["current_until"] < data.document_date:
        raise UserError(
            _("有效期在成文日期以前。"), hint=_("请填成文日期或以后的一天。"), field="current_until"
        )
    if data.document_date > clock.today():
        raise UserError(
            _("成文日期在今天之后。"), hint=_("请填文件上的日期，最晚到今天。"), field="document_date"
        )
    if data.kind not in TYPED_KINDS and not (has_report and data.kind == PublicationKind.YEARLY):
        raise UserError(_("没有这个种类。"), hint=_("请从列表中选择。"), field="kind")
    if not has_report:
        text = make_storable(data.text).replace("\r\n", "\n").strip()
        if not text:
            raise UserError(_("正文是空的。"), hint=_("请写正文，或从已签发的报告生成。"), field="text")
        if len(text) > MOST_TEXT:
            words = {"n": len(text), "most": MOST_TEXT}
            raise UserError(
                _("正文有 %(n)d 字，最多 %(most)d 字。") % words,
                hint=_("请把长的部分作为附件。"),
                field="text",
            )
        values["text"] = text
    return values


def _clean_line(field: str, text: str, most: int, name: str, *, needed: bool = True) -> str:
    line = " ".join(make_storable(text).split())
    if needed and not line:
        raise UserError(_("没有填%(name)s。") % {"name": name}, hint=_("请填写后再试。"), field=field)
    if len(line) > most:
        words = {"name": name, "most": most}
        raise UserError(_("%(name)s太长，最多 %(most)d 字。") % words, hint=_("请写得短些。"), field=field)
    return line


def _read_report(report_id: int) -> dict[str, Any]:
    report = Report.objects.filter(pk=report_id).first()
    signature = find_signature(report) if report is not None else None
    if report is None or signature is None:
        raise UserError(
            _("这份报告没有签发。"), hint=_("只有已签发的报告才能公布，请先签发。"), field="report"
        )
    return {"report": report, "signature": signature, "content": signature.content}
