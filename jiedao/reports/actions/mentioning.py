"""Decide which sentence of a report mentions a promise of an earlier report."""

from django.db import transaction
from django.utils.translation import gettext as _

from jiedao.kernel import clock
from jiedao.kernel.errors import NotFoundError
from jiedao.orgs.actor import Actor
from jiedao.reports.actions.planning import find_sentence, read_document, record_decision
from jiedao.reports.actions.writing import lock_report
from jiedao.reports.models import PlanDecision, PlanKind, PromiseMention


def decide_mention(*, actor: Actor, report_id: int, decision_id: int, key: str) -> PromiseMention:
    """Decide which sentence of a report mentions a promise of an earlier report; `key` is "" for none of them.

    Raises:
        NotAllowed: no right. NotFoundError: no such promise of an earlier report. Stale: the report no longer has the
            sentence.
    """
    document = read_document(actor, report_id)
    with transaction.atomic():
        report = lock_report(report_id)
        decision = (
            PlanDecision.objects.filter(
                pk=decision_id,
                withdrawn_at__isnull=True,
                report__template=report.template_id,
                report__place_key=report.place_key,
                report__last_date__lt=report.first_date,
            )
            .exclude(kind=PlanKind.NONE)
            .first()
        )
        if decision is None:
            raise NotFoundError(_("上期报告没有这项承诺，或它已撤回。"), hint=_("请刷新页面。"))
        text = find_sentence(document, key).text if key else ""
        mention, _created = PromiseMention.objects.update_or_create(
            report=report,
            decision=decision,
            defaults={
                "sentence": text,
                "sentence_key": key,
                "decided_by_id": actor.user_id,
                "decided_at": clock.now(),
            },
        )
        record_decision(actor, report, "mention", decision, {"mentioned_in": text})
    return mention
