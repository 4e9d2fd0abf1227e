"""Reports of the public that look like abuse: none is rejected automatically, a clerk decides about each."""

from datetime import timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiedao.accounts.throttle import count_failure, make_limit_key
from jiedao.audit.actions import record_entry
from jiedao.cases import notices
from jiedao.cases.access import get_case
from jiedao.cases.models import Case, DoubtfulReport
from jiedao.cases.moves.perform import perform
from jiedao.kernel import clock
from jiedao.kernel.errors import Stale
from jiedao.notices.actions import notify, settle
from jiedao.orgs.actor import Actor
from jiedao.orgs.people import find_holders

MANY, LINKS, REPEATED = "MANY", "LINKS", "REPEATED"
REASONS = {
    MANY: gettext_lazy("同一来源短时间内上报很多"),
    LINKS: gettext_lazy("文字里有网址"),
    REPEATED: gettext_lazy("与别的上报一字不差"),
}
HOUR = timedelta(hours=1)
MANY_IN_AN_HOUR = 6
RECENT_REPORTS = 200
LEAST_TEXT = 12  # characters; a shorter text is the same by chance
REVIEW_RIGHT = "cases.case:accept"


def find_doubts(text: str, *, address: str) -> list[str]:
    """Return why a report looks like abuse; [] for one that does not.

    The report is counted for its address, where there is one.
    """
    doubts = []
    if address:
        reports, _pause = count_failure(make_limit_key("report", address), window=HOUR)
        if reports > MANY_IN_AN_HOUR:
            doubts.append(MANY)
    if "http://" in text.lower() or "https://" in text.lower() or "www." in text.lower():
        doubts.append(LINKS)
    latest = Case.objects.order_by("-id").values_list("detail", flat=True)[:RECENT_REPORTS]
    if len(text) >= LEAST_TEXT and text in set(latest):
        doubts.append(REPEATED)
    return doubts


def store_doubts(case_id: int, reasons: list[str]) -> None:
    """Write why a report looks like abuse and notify those who decide, inside the caller's transaction."""
    if not reasons:
        return
    DoubtfulReport.objects.get_or_create(case_id=case_id, defaults={"reasons": reasons, "at": clock.now()})
    case = Case.objects.get(pk=case_id)
    notify(
        user_ids=find_holders(REVIEW_RIGHT, case.area_path),
        kind=notices.DOUBTFUL,
        object_id=case_id,
        object_name=notices.name_case(case),
        key=f"doubtful:{case_id}",
        task=notices.DOUBT,
    )


def count_doubtful(actor: Actor) -> int:
    """Return how many reports wait for a decision of the actor; 0 without the right."""
    return _select_doubtful(actor).count() if actor.can(REVIEW_RIGHT) else 0


def describe_doubts(reasons: list[str]) -> str:
    """Return the line that goes before words added to a case which look like abuse; "" without a reason.

    Words that are added to another person's case do not make that case doubtful; the line warns those who work on it.
    """
    return (
        _("请留意：%(reasons)s。") % {"reasons": "、".join(str(REASONS[code]) for code in reasons)}
        if reasons
        else ""
    )


def list_doubtful(actor: Actor, most: int = 100) -> list[DoubtfulReport]:
    """Return the reports that wait for a decision and whose cases the actor may see, newest first."""
    actor.require(REVIEW_RIGHT)
    return list(_select_doubtful(actor).select_related("case").order_by("-at")[:most])


def _select_doubtful(actor: Actor) -> QuerySet[DoubtfulReport]:
    return DoubtfulReport.objects.filter(
        decided_at__isnull=True, case__in=Case.objects.visible_to(actor), case__state="REPORTED"
    )


@transaction.atomic
def decide_doubt(actor: Actor, case_id: int, *, genuine: bool, reason: str = "") -> None:
    """Store that a report is genuine, or void its case for a reason of the pack. Raise Stale where it was decided."""
    actor.require(REVIEW_RIGHT)
    case = get_case(actor, case_id, for_change=True)
    waiting = DoubtfulReport.objects.filter(case_id=case_id, decided_at__isnull=True)
    if not waiting.update(decided_at=clock.now(), decided_label=actor.label, genuine=genuine):
        raise Stale(_("这件上报已经处理过了。"), hint=_("请刷新页面。"))
    settle(object_type=notices.CASE, object_id=case_id, now=clock.now(), tasks=[notices.DOUBT])
    record_entry(
        actor=actor,
        action="cases.doubt:decide",
        obj_type="cases.case",
        obj_id=case_id,
        after={"genuine": genuine},
    )
    if not genuine:
        perform(actor, case.pk, "VOID", data={"reason": reason, "note": _("公众上报复核：不属实")})
