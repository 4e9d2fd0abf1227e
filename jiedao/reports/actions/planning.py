"""Make promises of the sentences of a report's plan, link them to existing ones, or mark them as no promise."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from django.db import transaction
from django.utils.translation import gettext as _

from jiedao.audit.actions import record_entry
from jiedao.kernel import clock
from jiedao.kernel.errors import NotFoundError, Stale, UserError
from jiedao.kernel.snapshots import read_snapshot
from jiedao.kernel.storable import make_storable
from jiedao.orgs.actor import Actor
from jiedao.projects.models import Campaign, Pledge, Project
from jiedao.reports.actions.promises import Promise, PromiseInput, create_promised_object
from jiedao.reports.actions.writing import get_report, lock_report
from jiedao.reports.document import Document
from jiedao.reports.models import EDIT, PlanDecision, PlanKind, Report, ReportVersion
from jiedao.reports.planning.sentences import Sentence, split_document
from jiedao.reports.planning.states import StateCode, read_states
from jiedao.reports.selectors import get_version, read_report

LEAST_REASON = 4
OBJECT_TYPE = "reports.report"
# kind -> the column of the decision, and the visible objects that a sentence may be linked to
OBJECTS: dict[str, tuple[str, Callable[[Actor], Any]]] = {
    PlanKind.PROJECT: ("project", lambda actor: Project.objects.visible_to(actor).filter(active=True)),
    PlanKind.CAMPAIGN: ("campaign", lambda actor: Campaign.objects.visible_to(actor).filter(active=True)),
    PlanKind.PLEDGE: ("pledge", Pledge.objects.visible_to),
}


class SentencePlace(NamedTuple):
    """A sentence of the plan, in the version of the report that a user read."""

    report: Report
    version: ReportVersion
    sentence: Sentence


def make_promise(
    *, actor: Actor, report_id: int, number: int, key: str, promise: PromiseInput, again: bool = False
) -> PlanDecision:
    """Create a campaign, a pledge or a project from a sentence of the plan, linked to the version and the sentence.

    Args:
        number: the version that the user read. key: that of the sentence.
        again: make a further promise of a sentence that has become one already.

    Raises:
        NotAllowed: without the right to write reports, or to give such a task to the unit. Stale: there is a later
            version. UserError: the sentence is a promise already or marked as none, or the entries cannot be stored.
    """
    document = read_document(actor, report_id)
    with transaction.atomic():
        place = _take_sentence(actor, report_id, number, key, document)
        _refuse_repetition(actor, place, again=again)
        promised = create_promised_object(actor, place.version, promise)
        return _decide(actor, place, promise.kind, promised, is_new=True)


def link_promise(
    *, actor: Actor, report_id: int, number: int, key: str, kind: str, object_id: int, again: bool = False
) -> PlanDecision:
    """Link a sentence of the plan to a promise that exists already; the errors are those of `make_promise`."""
    if kind not in OBJECTS:
        raise UserError(_("没有这个种类。"), hint=_("请从列出的任务中选择。"), field="kind")
    document = read_document(actor, report_id)
    with transaction.atomic():
        place = _take_sentence(actor, report_id, number, key, document)
        column, find_objects = OBJECTS[kind]
        linked = find_objects(actor).filter(pk=object_id).first()
        if linked is None:
            raise NotFoundError(_("没有这一项，或它不归您看。"), hint=_("请从列出的任务中选择。"))
        if any(getattr(decision, f"{column}_id") == linked.pk for decision in _list_in_force(place)):
            raise UserError(_("这一句已经关联了它。"), hint=_("请选择别的任务。"), field="object_id")
        _refuse_repetition(actor, place, again=again)
        return _decide(actor, place, kind, linked)


def mark_not_promise(*, actor: Actor, report_id: int, number: int, key: str, reason: str) -> PlanDecision:
    """Mark a sentence of the plan as no promise, with the reason; the errors are those of `make_promise`."""
    clean = _clean_reason(reason)
    document = read_document(actor, report_id)
    with transaction.atomic():
        place = _take_sentence(actor, report_id, number, key, document)
        _refuse_repetition(actor, place, again=False)
        return _decide(actor, place, PlanKind.NONE, None, reason=clean)


def withdraw_decision(*, actor: Actor, report_id: int, decision_id: int, reason: str) -> PlanDecision:
    """Withdraw what was decided of a sentence, with the reason. The promise that was made stays what it is.

    Raises:
        NotAllowed: no right. NotFoundError: no such decision of the report. UserError: no reason, or it is withdrawn.
    """
    actor.require(EDIT)
    clean = _clean_reason(reason)
    with transaction.atomic():
        report = lock_report(report_id)
        decision = PlanDecision.objects.filter(report=report, pk=decision_id).first()
        if decision is None:
            raise NotFoundError(_("这份报告没有这一条。"), hint=_("请刷新页面。"))
        if decision.withdrawn_at is not None:
            raise UserError(_("这一条已经撤回。"), hint=_("请刷新页面。"))
        decision.withdrawn_by_id, decision.withdrawn_at = actor.user_id, clock.now()
        decision.withdrawn_reason = clean
        decision.save(update_fields=["withdrawn_by", "withdrawn_at", "withdrawn_reason"])
        record_decision(actor, report, "undo", decision, {"reason": clean})
    return decision


def read_document(actor: Actor, report_id: int) -> Document:
    """Return the document of a report, before it is locked: a text may take seconds, and locks would last as long."""
    actor.require(EDIT)
    with read_snapshot():
        return read_report(get_report(report_id))


def _take_sentence(actor: Actor, report_id: int, number: int, key: str, document: Document) -> SentencePlace:
    report = lock_report(report_id)
    version = get_version(report)
    if version.number != number:
        raise Stale(_("报告已有第 %(n)s 版。") % {"n": version.number}, hint=_("请看过新版再办。"))
    return SentencePlace(report, version, find_sentence(document, key, is_plan=True))


def find_sentence(document: Document, key: str, *, is_plan: bool = False) -> Sentence:
    """Return the sentence of a document with this key; raise Stale if the report no longer has it."""
    for sentence in split_document(document):
        if sentence.key == key and (sentence.is_plan or not is_plan):
            return sentence
    raise Stale(_("报告里已没有这一句。"), hint=_("请回到报告页，从现在的文字里选。"))


def _list_in_force(place: SentencePlace) -> Sequence[PlanDecision]:
    return list(
        PlanDecision.objects.filter(
            report=place.report, sentence_key=place.sentence.key, withdrawn_at__isnull=True
        )
    )


def _refuse_repetition(actor: Actor, place: SentencePlace, *, again: bool) -> None:
    in_force = _list_in_force(place)
    if any(decision.kind == PlanKind.NONE for decision in in_force):
        raise UserError(_("这一句已标为不是承诺。"), hint=_("要改，请先撤回这个标记。"))
    if in_force and not again:
        states = read_states(actor, in_force)
        names = "、".join(
            str(StateCode.HIDDEN.label if states[row.pk].code is StateCode.HIDDEN else row.promise)
            for row in in_force
        )
        raise UserError(
            _("这一句已经成为：%(names)s。") % {"names": names},
            hint=_("确实还要再设一项，请勾选“再设一项”。"),
            field="again",
        )


def _decide(
    actor: Actor,
    place: SentencePlace,
    kind: str,
    promise: Promise | None,
    *,
    is_new: bool = False,
    reason: str = "",
) -> PlanDecision:
    report, version, sentence = place
    columns = {OBJECTS[kind][0]: promise} if promise is not None else {}
    decision = PlanDecision.objects.create(
        report=report,
        version=version,
        topic=sentence.topic[:60],
        sentence=sentence.text,
        sentence_key=sentence.key,
        kind=kind,
        is_new=is_new,
        reason=reason,
        decided_by_id=actor.user_id,
        decided_at=clock.now(),
        **columns,
    )
    verb = "dismiss" if promise is None else "promise" if is_new else "link"
    record_decision(
        actor, report, verb, decision, {"version": version.number, **({"reason": reason} if reason else {})}
    )
    return decision


def record_decision(
    actor: Actor, report: Report, verb: str, decision: PlanDecision, details: dict[str, Any]
) -> None:
    """Record what was decided of a sentence of the plan, or of the promise that it became."""
    promise = decision.promise
    record_entry(
        actor=actor,
        action=f"reports.plan:{verb}",
        obj_type=OBJECT_TYPE,
        obj_id=report.pk,
        after={
            "sentence": decision.sentence,
            "kind": decision.kind,
            **({"promise": str(promise)} if promise is not None else {}),
            **details,
        },
    )


def _clean_reason(reason: str) -> str:
    clean = make_storable(reason).strip()[:200]
    if len(clean) < LEAST_REASON:
        raise UserError(_("请写明原因。"), hint=_("至少四个字。"), field="reason")
    return clean
