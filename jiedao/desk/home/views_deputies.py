"""Deputies for leave: who acts for the user, for whom the user acts, and those of the users below their post."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from jiedao.accounts.models import User
from jiedao.desk.deputies import DeputyForm, build_absence_lines
from jiedao.desk.unattended_lines import describe_end_of_deputy
from jiedao.kernel.errors import NotFoundError, UserError
from jiedao.notices.deputies import end_deputy, name_deputy
from jiedao.orgs.deputizing import list_subordinate_ids
from jiedao.orgs.selectors import list_deputations
from jiedao.pages.entry import DeskRequest, require_staff
from jiedao.pages.reading import read_number

PAGE = "desk:deputies"


@require_staff()
def show_deputies(request: DeskRequest) -> HttpResponse:
    """List the absences that concern the user; when the form is posted, name a deputy."""
    actor = request.actor
    below = list_subordinate_ids(actor)
    own_id = actor.user_id or 0
    person = _find_person([own_id, *below], read_number(request.GET.get("person")) or own_id)
    form = DeputyForm(actor, person, request.POST or None) if actor.represents_id is None else None
    status = 200
    if request.method == "POST" and form is not None:
        status = 422
        if form.is_valid():
            try:
                row = name_deputy(actor=actor, new=form.read())
            except UserError as fault:
                status = fault.status
                field = fault.field if fault.field in form.fields else None
                form.add_error(field, f"{fault.message} {fault.hint}")
            else:
                messages.success(
                    request,
                    _("已安排 %(deputy)s 代 %(person)s 的班，对方已收到通知。")
                    % {"deputy": row.deputy.full_name, "person": row.person.full_name},
                )
                return redirect(PAGE)
    people = User.objects.filter(pk__in=below).order_by("full_name", "username")
    context = {
        "form": form,
        "person": person,
        "own": person.pk == own_id,
        "people": [(own_id, _("我自己")), *people.values_list("pk", "full_name")] if below else [],
        "lines": build_absence_lines(actor, list_deputations([own_id, *below], deputy_id=own_id), below),
    }
    return render(request, "desk/home/deputies.html", context, status=status)


def _find_person(allowed_ids: list[int], wanted_id: int) -> User:
    person = User.objects.filter(pk=wanted_id, is_active=True).first() if wanted_id in allowed_ids else None
    if person is None:
        raise NotFoundError(_("您不能替此人安排代班。"), hint=_("请从列表中选择自己或岗位在您之下的人。"))
    return person


@require_staff()
@require_POST
def end_own_deputy(request: DeskRequest) -> HttpResponse:
    """End an absence early."""
    deputation = read_number(request.POST.get("deputation")) or 0
    waiting = describe_end_of_deputy(deputation)
    row = end_deputy(actor=request.actor, deputation_id=deputation)
    if waiting:
        messages.warning(request, waiting)
    messages.success(request, _("%(name)s 的代班已结束。") % {"name": row.deputy.full_name})
    return redirect(PAGE)
