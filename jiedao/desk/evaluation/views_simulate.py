"""A simulation: what other weights would have made of a period. Nothing is stored."""

from decimal import Decimal

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from jiedao.desk.evaluation.forms import WeightsForm
from jiedao.desk.evaluation.page import build_periods, build_tabs
from jiedao.desk.evaluation.views_results import get_results_url, read_period_of
from jiedao.evaluation.access import get_sheet, get_version
from jiedao.evaluation.actions.publishing import read_exclusions
from jiedao.evaluation.computing import compute_scores, simulate_weights
from jiedao.evaluation.models import PUBLISH
from jiedao.evaluation.selectors import describe_subject, format_points, view_results, write_points
from jiedao.pages.entry import DeskRequest, require_staff


@require_staff(PUBLISH)
@require_safe
def simulate(request: DeskRequest, key: str) -> HttpResponse:
    """Show points and ranks as they are and as they would be with other weights."""
    sheet = get_sheet(key)
    period = read_period_of(request, sheet)
    version = get_version(sheet, period)
    results = compute_scores(version, period, read_exclusions(version, period))
    items = [(line.item, line.out_of) for line in results[0].lines] if results else []
    is_filled = any(name.startswith("w_") for name in request.GET)
    form = WeightsForm(items, request.GET if is_filled else None)
    weights = form.weights if is_filled and form.is_valid() else {item.key: out_of for item, out_of in items}
    now = {row.code: row for row in view_results(results, version)}
    rows = []
    for row in view_results(simulate_weights(version, results, weights), version):
        before = now[row.code]
        if row.rank is None:
            continue
        moved = before.rank - row.rank if before.rank is not None and row.rank is not None else 0
        rows.append(
            {
                "label": row.label,
                "rank": row.rank,
                "points": write_points(row.points, version.digits),
                "grade": row.grade,
                "tone": row.tone,
                "before_rank": before.rank,
                "before_points": write_points(before.points, version.digits),
                "before_grade": before.grade,
                "moved": moved,
                "moved_by": abs(moved),
            }
        )
    total = sum(weights.values(), Decimal(0))
    context = {
        "tabs": build_tabs(request.actor, sheet.key),
        "sheet": sheet,
        "version": version,
        "period": period,
        "periods": build_periods(sheet, period),
        "subject": describe_subject(sheet),
        "form": form,
        "rows": rows,
        "total": format_points(total),
        "expected": format_points(version.total),
        "is_uneven": total != version.total,
        "results_url": get_results_url(sheet, period),
    }
    return render(
        request, "desk/evaluation/simulate.html", context, status=422 if is_filled and form.errors else 200
    )
