"""Reports that are not signed, forms and their drafts that name a retired area or unit."""

from collections.abc import Iterator

from django.db.models import OuterRef, Subquery

from jiedao.indicators.models import RETIRED_PLACE
from jiedao.orgs.actor import Actor
from jiedao.orgs.retired_codes import (
    CodeMention,
    build_text_filter,
    find_retired_codes,
    list_retired_codes,
)
from jiedao.reports.forms.models import EDIT as EDIT_FORMS
from jiedao.reports.forms.models import FILL, FillState, FormBinding, FormFill
from jiedao.reports.models import EDIT, Report, ReportTemplate, ReportVersion

RIGHTS = (EDIT, EDIT_FORMS, FILL)


def list_code_mentions(actor: Actor) -> list[CodeMention]:
    """Return what the actor may mend; no query while nothing is retired."""
    codes = list_retired_codes()
    if not codes:
        return []
    return [
        *(_find_reports(codes) if actor.can(EDIT) else ()),
        *(_find_cells(codes) if actor.can(EDIT_FORMS) else ()),
        *(_find_drafts() if actor.can(FILL) else ()),
    ]


def _find_reports(codes: frozenset[str]) -> Iterator[CodeMention]:
    """Yield the reports without a signature in force, by their place and the text of their last version."""
    last = ReportVersion.objects.filter(report=OuterRef("pk")).order_by("-number").values("text")[:1]
    reports = Report.objects.annotate(last_text=Subquery(last)).exclude(
        pk__in=Report.objects.filter(signatures__withdrawn_at=None, signatures__isnull=False).values("pk")
    )
    condition = RETIRED_PLACE | build_text_filter("last_text", codes)
    for report in reports.filter(condition, imported_from="").select_related("template", "area", "unit"):
        named = {*find_retired_codes(report.last_text or "", codes), *({report.place_code} & codes)}
        if named:
            yield CodeMention("report", str(report.pk), report.label, tuple(sorted(named)))
    for template in ReportTemplate.objects.filter(build_text_filter("text", codes), active=True):
        if named := set(find_retired_codes(template.text, codes)):
            yield CodeMention("template", template.key, template.label, tuple(sorted(named)))


def _find_cells(codes: frozenset[str]) -> Iterator[CodeMention]:
    """Yield the forms in use with cells that read the figure of a retired area; those of units have a successor."""
    rows = FormBinding.objects.filter(form__active=True, spec__area__in=sorted(codes)).select_related("form")
    named: dict[str, tuple[str, set[str]]] = {}
    for row in rows.order_by("form__name", "id"):
        named.setdefault(row.form.key, (row.form.name, set()))[1].add(row.spec["area"])
    for key, (name, found) in named.items():
        yield CodeMention("form", key, name, tuple(sorted(found)))


def _find_drafts() -> Iterator[CodeMention]:
    rows = FormFill.objects.filter(RETIRED_PLACE, state=FillState.DRAFT)
    for fill in rows.select_related("form", "area", "unit").order_by("id"):
        yield CodeMention("fill", str(fill.pk), f"{fill.form.name} · {fill.place_label}", (fill.place_code,))
