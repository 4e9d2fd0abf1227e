"""The operator's page: what waits, what failed, and when jobs and backups last ran."""

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from jiedao.audit.actions import record_entry
from jiedao.desk.admin.frame import render_page
from jiedao.desk.admin.health import read_health
from jiedao.desk.navigation import ENDPOINTS, USERS
from jiedao.kernel import clock
from jiedao.kernel.jobs import retry
from jiedao.pages.entry import DeskRequest, require_staff
from jiedao.pages.parameters import take_filters
from jiedao.pages.reading import read_number

PAGE = "desk:admin_health"


@require_staff(USERS, ENDPOINTS)
@require_safe
@take_filters()
def show_health(request: DeskRequest) -> HttpResponse:
    """Show the state of the office as it is now."""
    return render_page(request, PAGE, "health.html", {"health": read_health(), "now": clock.real_now()})


@require_staff(USERS, ENDPOINTS)
@require_POST
def retry_failed_job(request: DeskRequest) -> HttpResponse:
    """Run a failed job again."""
    job_id = read_number(request.POST.get("id")) or 0
    with transaction.atomic():
        done = retry(job_id)
        if done:
            record_entry(actor=request.actor, action="kernel.job:retry", obj_type="kernel.job", obj_id=job_id)
    if done:
        messages.success(request, _("任务会马上再运行。"))
    else:
        messages.error(request, _("没有这项失败的任务，可能已经重新运行。"))
    return redirect(PAGE)
