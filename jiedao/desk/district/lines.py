"""Offices and their figures as lines of a page."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from jiedao.district.models import Office
from jiedao.district.ranking import Ranking, RankingRow
from jiedao.district.wordings import OfficeState
from jiedao.kernel.periods import Period
from jiedao.places.selectors import EVERY_AREA

TONES = {
    OfficeState.ANSWERS: "good",
    OfficeState.FAULTY: "bad",
    OfficeState.NEVER: "neutral",
    OfficeState.INACTIVE: "neutral",
}


def describe_office(office: Office) -> dict[str, Any]:
    """Return an office with its state in words and its area."""
    area = next((area for area in EVERY_AREA.get().values() if area.code == office.area_code), None)
    return {
        "row": office,
        "url": reverse("desk:district_office", args=[office.code]),
        "state": office.state.label,
        "tone": TONES[office.state],
        "fault": office.fault,
        "area": area.label if area is not None else office.area_code,
    }


def describe_figure(row: RankingRow, measure: str, period: Period) -> dict[str, Any]:
    """Return an office's figure with its source, its age, and the page of its definition at the office."""
    query = urlencode({"period": period.text})
    return {
        "row": row,
        "office": row.office,
        "figure": row.figure,
        "url": f"{reverse('desk:district_office', args=[row.office.code])}?{query}",
        "source_url": f"{row.office.address}{reverse('desk:figure', args=[measure])}?{query}",
        "parts": _describe_parts(row),
    }


def _describe_parts(row: RankingRow) -> str:
    figure = row.figure
    if figure is None or figure.numerator is None or figure.denominator is None:
        return ""
    return _("%(numerator)s ÷ %(denominator)s") % {
        "numerator": f"{figure.numerator.normalize():,f}",
        "denominator": f"{figure.denominator.normalize():,f}",
    }


def build_measure_select(
    rankings: Mapping[str, Ranking], chosen: Ranking | None
) -> list[tuple[str, str, bool]]:
    """Return the measures as options: key, name, whether it is the chosen one."""
    return [(key, ranking.reference.label, ranking is chosen) for key, ranking in rankings.items()]


def build_cells(office: Office, rankings: Sequence[Ranking]) -> list[dict[str, Any]]:
    """Return the cell of an office for each measure: value, rank, and the reason why it is not compared."""
    return [{"row": ranking.find_row(office), "label": ranking.reference.label} for ranking in rankings]
