"""Sign a report, which freezes its figures, and withdraw a signature."""

from django.db import transaction
from django.utils.translation import gettext as _

from jiedao.audit.actions import record_entry
from jiedao.kernel import clock
from jiedao.kernel.errors import NotAllowed, Stale, UserError
from jiedao.kernel.snapshots import read_snapshot
from jiedao.kernel.storable import make_storable
from jiedao.orgs.actor import Actor
from jiedao.orgs.deputies import is_same_person
from jiedao.reports.actions.writing import get_report, lock_report
from jiedao.reports.binding import UnboundNumber, find_unbound
from jiedao.reports.building import build_document
from jiedao.reports.freezing import digest, freeze
from jiedao.reports.models import SIGN, Report, ReportVersion, Signature
from jiedao.reports.selectors import find_signature, get_version

LEAST_REASON = 4
MOST_NAMED = 3  # faults that a message names


def sign_report(*, actor: Actor, report_id: int, number: int) -> Signature:
    """Sign the last version of a report: its document is built and frozen with all figures.

    Args:
        number: the version that the person read.

    Raises:
        NotAllowed: no right, or the actor wrote the text. Stale: there is a later version. UserError: it is signed,
            a number of it is no figure, or a figure has no data.
    """
    actor.require(SIGN)
    report = get_report(report_id)
    version = _require_signable(actor, report, number)
    with read_snapshot():  # before the lock: a report may take seconds, in which no other person could write
        document = build_document(version.text, report.period, report.place)
        _require_complete(find_unbound(document), list(document.notes))
        content = freeze(document)
    with transaction.atomic():
        report = lock_report(report_id)
        version = _require_signable(actor, report, number)
        assert actor.user_id is not None
        signature = Signature.objects.create(
            report=report,
            version=version,
            content=content,
            digest=digest(content),
            signed_by_id=actor.user_id,
            signed_at=clock.now(),
        )
        record_entry(
            actor=actor,
            action="reports.report:sign",
            obj_type="reports.report",
            obj_id=report.pk,
            after={"version": version.number, "digest": signature.digest, "figures": len(content["figures"])},
        )
    return signature


def withdraw_signature(*, actor: Actor, report_id: int, reason: str) -> Signature:
    """Withdraw the signature of a report, so that it is a draft again; what was signed stays, with the reason.

    Raises:
        NotAllowed: no right. UserError: it is not signed, or there is no reason.
    """
    actor.require(SIGN)
    reason = make_storable(reason).strip()[:200]
    if len(reason) < LEAST_REASON:
        raise UserError(_("请写明撤回的原因。"), hint=_("至少四个字。"), field="reason")
    with transaction.atomic():
        report = lock_report(report_id)
        signature = find_signature(report)
        if signature is None:
            raise UserError(_("这份报告没有签发。"), hint=_("请刷新页面。"))
        signature.withdrawn_by_id, signature.withdrawn_at, signature.reason = (
            actor.user_id,
            clock.now(),
            reason,
        )
        signature.save(update_fields=["withdrawn_by", "withdrawn_at", "reason"])
        record_entry(
            actor=actor,
            action="reports.report:withdraw",
            obj_type="reports.report",
            obj_id=report.pk,
            before={"digest": signature.digest},
            after={"reason": reason},
        )
    return signature


def _require_signable(actor: Actor, report: Report, number: int) -> ReportVersion:
    """Return the version to be signed; raise an error unless it is the last, and the actor may sign it."""
    if find_signature(report) is not None:
        raise UserError(_("这份报告已经签发。"), hint=_("请刷新页面。"))
    if report.imported_from:
        raise UserError(
            _("这份报告取自文件，它的数不是指标，不在这里签发。"),
            hint=_("要签发，请从模板起草一份。"),
        )
    version = get_version(report)
    if version.number != number:
        raise Stale(_("报告已有第 %(n)s 版。") % {"n": version.number}, hint=_("请看过新版再签发。"))
    _require_second_person(actor, report, version)
    return version


def _require_second_person(actor: Actor, report: Report, version: ReportVersion) -> None:
    if actor.user_id is None:
        raise NotAllowed(_("签发须由有名有姓的人作出。"), hint=_("请登录后再签发。"))
    writer_id, at = version.author_id, version.created_at
    if writer_id is None:  # the text of the template
        writer_id, at = report.created_by_id, report.created_at
    if is_same_person(actor.own_ids, actor.ties, writer_id, at):
        raise NotAllowed(_("本人起草的报告须由他人签发。"), hint=_("请交另一位同事签发。"))


def _require_complete(unbound: list[UnboundNumber], missing: list[str]) -> None:
    if unbound:
        raise UserError(
            _("有 %(n)s 个数不是指标：%(words)s。")
            % {"n": len(unbound), "words": "、".join(item.words for item in unbound[:MOST_NAMED])},
            hint=_("请改用指标。只是名称的一部分、不是数据的（例如“十个一律”），就写成 %(snippet)s。")
            % {"snippet": unbound[0].snippet},
        )
    if missing:
        raise UserError(
            _("有的数没有数据：%(words)s。") % {"words": "；".join(missing[:MOST_NAMED])},
            hint=_("请先补齐数据，或改写这句话。"),
        )
