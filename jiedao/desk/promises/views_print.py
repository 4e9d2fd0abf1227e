"""The view that prints the supervision letter of a pledge."""

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from jiedao.desk.printing import Printout, need_format, send_printout
from jiedao.kernel import clock
from jiedao.kernel.errors import NotFoundError
from jiedao.kernel.requests import build_site_url
from jiedao.pages.choices import translate_person_label
from jiedao.pages.entry import DeskRequest, require_staff
from jiedao.pages.parameters import take_filters
from jiedao.projects.models.promises import Pledge, Supervision
from jiedao.projects.promise_access import get_pledge
from jiedao.reports.printing.letter import Letter, LetterMatter, format_day, make_letters
from jiedao.reports.printing.parts import join_texts
from jiedao.reports.printing.recording import Sheet


@require_staff("projects.promise:view")
@require_safe
@take_filters({"save": None}, strict=True)
def print_pledge_letter(
    request: DeskRequest, pledge_id: int, supervision_id: int, suffix: str
) -> HttpResponse:
    """Send the supervision letter of a pledge."""
    need_format(suffix)
    pledge = get_pledge(request.actor, pledge_id)
    demand = Supervision.objects.filter(pledge=pledge, pk=supervision_id).first()
    if demand is None:
        raise NotFoundError(_("这一项没有这次督办。"), hint=_("请回到这一项的页面再试。"))
    url = build_site_url(request, reverse("desk:pledge", args=[pledge.pk]))
    letter = Letter(
        pledge.unit.label, (_make_matter(pledge, demand),), url, own_number=_make_number(pledge, demand)
    )
    name = (_("督办单"), pledge.code, pledge.unit.label)
    document = make_letters(request.actor, [letter])
    printout = Printout(document, name, Sheet.LETTER, "projects.pledge", [pledge.pk])
    return send_printout(request, printout, suffix)


def _make_number(pledge: Pledge, demand: Supervision) -> str:
    """Return the number of a letter: that of the item, with a serial for each supervision of it."""
    serial = Supervision.objects.filter(pledge=pledge, pk__lte=demand.pk).count()
    return _("%(code)s-督%(serial)d") % {"code": pledge.code, "serial": serial}


def _describe_lateness(pledge: Pledge, demand: Supervision) -> str:
    """Return how late an item was on the day of the supervision, "" where its deadline had not passed."""
    day = timezone.localtime(demand.asked_at, clock.TOWN_TZ).date()
    late = (day - pledge.deadline).days
    if late <= 0:
        return ""
    text = ngettext("至%(day)s已逾期 %(n)d 天", "至%(day)s已逾期 %(n)d 天", late)
    return text % {"day": format_day(day), "n": late}


def _make_matter(pledge: Pledge, demand: Supervision) -> LetterMatter:
    promised = (
        _("预计 %(day)s 完成") % {"day": format_day(demand.promised_date)}
        if demand.promised_date is not None
        else ""
    )
    return LetterMatter(
        number=pledge.code,
        subject=pledge.label,
        place="",
        due=format_day(pledge.deadline),
        late=_describe_lateness(pledge, demand),
        text=_("出处：%(source)s") % {"source": pledge.source} if pledge.source else "",
        demand=demand.demand,
        answer_date=demand.due_date,
        asked_at=demand.asked_at,
        asked_by=translate_person_label(demand.asker_label),
        answer=join_texts(demand.answer, promised) if demand.answer else "",
        answered_by=translate_person_label(demand.answerer_label),
        answered_at=demand.ended_at if demand.answer else None,
    )
