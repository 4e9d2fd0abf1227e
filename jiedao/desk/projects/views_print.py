"""The view that prints a project."""

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from jiedao.desk.printing import Printout, need_format, send_printout
from jiedao.desk.projects.printing import make_project_sheet
from jiedao.kernel.requests import build_site_url
from jiedao.pages.entry import DeskRequest, require_staff
from jiedao.pages.parameters import take_filters
from jiedao.projects.access import get_project
from jiedao.reports.printing.recording import Sheet


@require_staff("projects.project:view")
@require_safe
@take_filters({"save": None}, strict=True)
def print_project(request: DeskRequest, key: str, suffix: str) -> HttpResponse:
    """Send the sheet of a project."""
    need_format(suffix)
    project = get_project(request.actor, key)
    url = build_site_url(request, reverse("desk:project", args=[project.key]))
    document = make_project_sheet(request.actor, project, url)
    name = (_("重点项目"), project.label)
    printout = Printout(document, name, Sheet.PROJECT, "projects.project", [project.pk])
    return send_printout(request, printout, suffix)
