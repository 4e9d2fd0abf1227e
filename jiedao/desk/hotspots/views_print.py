"""The view that prints the supervision letters of a hot matter: one for each unit that handles its cases."""

from collections import defaultdict

from django.http import HttpResponse
from django.utils import dateformat, timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from jiedao.cases.flow import OPEN
from jiedao.cases.models import Case
from jiedao.cases.selectors.hot_matters import HotMatterRow, read_hot_matter
from jiedao.desk.letters import find_last_demands, make_letter_matter, name_receiver
from jiedao.desk.links import get_case_url
from jiedao.desk.printing import Printout, need_format, send_printout
from jiedao.kernel.errors import UserError
from jiedao.kernel.requests import build_site_url
from jiedao.pages.entry import DeskRequest, require_staff
from jiedao.pages.parameters import take_filters
from jiedao.reports.printing.letter import Letter, make_letters
from jiedao.reports.printing.recording import Sheet

MOST_MATTERS = 200  # of the letters of one printout, which are laid out while the user waits


@require_staff("cases.case:view")
@require_safe
@take_filters({"save": None}, strict=True)
def print_letters(request: DeskRequest, number: str, suffix: str) -> HttpResponse:
    """Send a letter to each unit about those of its cases of the matter that are supervised."""
    need_format(suffix)
    matter = read_hot_matter(request.actor, number)
    demands = find_last_demands([row.id for row in matter.cases if row.supervised and row.state in OPEN])
    if len(demands) > MOST_MATTERS:
        raise UserError(
            _("这件热点督办了 %(n)d 件，一次最多打印 %(most)d 件。")
            % {"n": len(demands), "most": MOST_MATTERS},
            hint=_("请先合并重复的案件，或从各案件的页面分别打印。"),
        )
    cases = Case.objects.visible_to(request.actor).filter(pk__in=demands).order_by("id")
    by_unit: defaultdict[int | None, list[Case]] = defaultdict(list)  # two units may have one name
    for case in cases:
        by_unit[case.lead_unit_id].append(case)
    if not by_unit:
        raise UserError(_("这件热点没有督办的案件。"), hint=_("先在热点页上“一并督办”，再打印督办单。"))
    letters = [
        Letter(
            name_receiver(unit_cases[0]),
            tuple(make_letter_matter(case, demands[case.pk]) for case in unit_cases),
            build_site_url(request, get_case_url(unit_cases[0].number)),
            background=_describe_matter(matter.row),
        )
        for unit_cases in by_unit.values()
    ]
    printed = [case.pk for unit_cases in by_unit.values() for case in unit_cases]
    name = (_("督办单"), matter.row.title, _("%(n)d件") % {"n": len(printed)})
    document = make_letters(request.actor, letters)
    return send_printout(request, Printout(document, name, Sheet.LETTER, "cases.case", printed), suffix)


def _describe_matter(row: HotMatterRow) -> str:
    """Return what the matter is about, where, and how often it was reported since when."""
    day = dateformat.format(timezone.localtime(row.first_at).date(), _("Y年n月j日"))
    values = {"title": row.title, "place": row.place, "n": row.cases, "day": day}
    if row.place:
        return _("热点问题：%(title)s。地点：%(place)s。%(day)s以来共收到反映 %(n)d 件。") % values
    return _("热点问题：%(title)s。%(day)s以来共收到反映 %(n)d 件。") % values
