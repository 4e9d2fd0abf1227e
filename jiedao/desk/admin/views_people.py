"""Users: accounts, passwords, the posts they hold, and API tokens."""

from datetime import datetime, time
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from jiedao.accounts import second_factor
from jiedao.accounts.models import User
from jiedao.cases.actions.leaving import end_service
from jiedao.cases.selectors.leaving import LeftBehind, find_left_behind, list_own_cases
from jiedao.desk.admin.forms import HoldingForm, RenameForm, TokenForm, UserForm, get_unit_choices
from jiedao.desk.admin.frame import handle_form, render_page, render_secret
from jiedao.desk.deputies import DeputyForm, build_absence_lines
from jiedao.desk.navigation import USERS
from jiedao.desk.unattended_lines import build_unattended_lines, describe_end_of_deputy
from jiedao.kernel import clock
from jiedao.kernel.errors import NotFoundError, UserError
from jiedao.kernel.storable import make_storable
from jiedao.notices.deputies import end_deputy, name_deputy
from jiedao.orgs import actions, linking, selectors
from jiedao.orgs.unattended import UnattendedLine, find_left_by_users
from jiedao.pages.entry import DeskRequest, require_staff
from jiedao.pages.parameters import is_unit, take_filters
from jiedao.pages.reading import read_number

PEOPLE, TOKENS = "desk:admin_people", "desk:admin_tokens"


@require_staff(USERS)
@take_filters({"q": None, "unit": is_unit}, others=("after",))
def list_people(request: DeskRequest) -> HttpResponse:
    """List the accounts."""
    text = make_storable(request.GET.get("q", "")).strip()[:60]
    unit = read_number(request.GET.get("unit"))
    page = selectors.read_user_page(text, unit, make_storable(request.GET.get("after", ""))[:40])
    query = {"q": text, "unit": unit or ""}
    context = {
        "q": text,
        "unit": unit,
        "units": get_unit_choices(),
        "page": page,
        "now": clock.real_now(),
        "pager": {
            "previous": "",
            "next": urlencode({**query, "after": page.next}) if page.next else "",
            "shown": len(page.rows),
            "total": page.total,
        },
    }
    return render_page(request, PEOPLE, "people.html", context)


@require_staff(USERS)
def create_person(request: DeskRequest) -> HttpResponse:
    """Create an account and show its password once."""

    def save(data: dict[str, Any]) -> HttpResponse:
        user, secret = actions.create_user(actor=request.actor, **data)
        return _show_password(request, user, secret)

    form = UserForm(request.POST or None)
    return handle_form(request, PEOPLE, form, save, title=_("新建账号"), submit=_("建立账号"))


def _show_password(request: DeskRequest, user: User, secret: str) -> HttpResponse:
    return render_secret(
        request,
        PEOPLE,
        title=_("%(name)s 的临时密码") % {"name": user.full_name},
        secret=secret,
        text=_("请当面或电话告知本人，登录后修改。离开本页后就看不到了。"),
        next_url=reverse("desk:admin_person", args=[user.pk]),
        next_label=_("安排岗位"),
    )


def _get_user(user_id: int) -> User:
    user: User | None = User.objects.filter(pk=user_id).first()
    if user is None:
        raise NotFoundError(_("没有这个账号。"), hint=_("请回到人员列表再选。"))
    return user


@require_staff(USERS)
def show_person(request: DeskRequest, user_id: int) -> HttpResponse:
    """Show an account; when the form is posted, assign a post to it."""
    user = _get_user(user_id)

    def save(data: dict[str, Any]) -> HttpResponse:
        holding = {"user_id": user.pk, "post_id": data["post"], "area_ids": data["areas"]}
        dates = {"from_date": data["from_date"], "to_date": data["to_date"]}
        actions.give_post(actor=request.actor, **holding, **dates)
        messages.success(request, _("已安排岗位。"))
        return redirect("desk:admin_person", user.pk)

    return handle_form(
        request,
        PEOPLE,
        HoldingForm(request.POST or None),
        save,
        title=user.full_name,
        above="desk/admin/person.html",
        form_title=_("安排岗位"),
        submit=_("安排"),
        person=user,
        own=user.pk == request.actor.user_id,
        is_above=user.pk != request.actor.user_id and not actions.may_take_over(request.actor, user),
        guarded=second_factor.is_on(user),
        linking=linking.read_linking(user.pk),
        holdings=selectors.list_all_holdings(user.pk),
        absences=build_absence_lines(request.actor, selectors.list_deputations([user.pk], deputy_id=user.pk)),
        rename=RenameForm(initial={"full_name": user.full_name}),
        today=clock.today(),
    )


def _read_choice(request: DeskRequest) -> dict[str, Any]:
    """Return who takes the open cases, as the page that names them asks."""
    how = request.POST.get("how", "")
    return {
        "successor_id": read_number(request.POST.get("successor")) if how == "person" else None,
        "unit_id": read_number(request.POST.get("unit")) if how == "unit" else None,
        "later": how == "later",
    }


def _end_service(request: DeskRequest, user_id: int, holding_id: int | None, success: str) -> HttpResponse:
    """End the service of a user; first name the open cases that nobody would be left to handle, and ask who takes them.

    Without such cases the service ends at once.
    """
    choice = _read_choice(request)
    left = find_left_behind(user_id, holding_id)
    unattended = find_left_by_users(user_id, holding_id)
    if (left or unattended) and not any(choice.values()):
        return _ask_who_takes(request, _get_user(user_id), holding_id, left, unattended)

    def end() -> None:
        count = end_service(actor=request.actor, user_id=user_id, holding_id=holding_id, **choice)
        if count:
            messages.success(request, _("已转交 %(n)d 件在办案件。") % {"n": count})

    return _run_action(request, user_id, end, success)


def _ask_who_takes(
    request: DeskRequest,
    person: User,
    holding_id: int | None,
    left: list[LeftBehind],
    unattended: list[UnattendedLine],
) -> HttpResponse:
    people = User.objects.filter(is_active=True).exclude(pk__in=[person.pk, request.actor.user_id])
    context = {
        "person": person,
        "holding": holding_id,
        "left": left,
        "unattended": build_unattended_lines(request.actor, unattended),
        "may_view": request.actor.can("cases.case:view") and request.actor.sees_town,
        "own_cases": list_own_cases(person.pk, holding_id),
        "now": clock.now(),
        "count": sum(len(row.led) + len(row.helped) for row in left),
        "people": people.order_by("full_name", "username").values_list("pk", "full_name", "username"),
        "units": get_unit_choices(),
        "faulty": bool(request.POST.get("how")),
    }
    return render_page(request, PEOPLE, "leaving.html", context, 422 if context["faulty"] else 200)


def _run_action(request: DeskRequest, user_id: int, action: Any, success_message: str) -> HttpResponse:
    """Run an action and return to the page of the user with a message about its success or refusal."""
    try:
        action()
    except UserError as fault:
        messages.error(request, f"{fault.message} {fault.hint}")
    else:
        messages.success(request, success_message)
    return redirect("desk:admin_person", user_id)


@require_staff(USERS)
@require_POST
def rename_person(request: DeskRequest, user_id: int) -> HttpResponse:
    """Correct the name of a user."""
    name = request.POST.get("full_name", "")
    return _run_action(
        request,
        user_id,
        lambda: actions.rename_user(actor=request.actor, user_id=user_id, full_name=name),
        _("姓名已更正。"),
    )


@require_staff(USERS)
@require_POST
def set_person_active(request: DeskRequest, user_id: int) -> HttpResponse:
    """Activate or deactivate an account."""
    if request.POST.get("active") != "1":
        return _end_service(request, user_id, None, _("账号已停用，接口令牌也已作废。"))
    return _run_action(
        request,
        user_id,
        lambda: actions.set_user_active(actor=request.actor, user_id=user_id, active=True),
        _("账号已启用。"),
    )


@require_staff(USERS)
@require_POST
def reset_person_password(request: DeskRequest, user_id: int) -> HttpResponse:
    """Reset the password of a user and show the new one once."""
    user, secret = actions.reset_password(actor=request.actor, user_id=user_id)
    return _show_password(request, user, secret)


@require_staff(USERS)
@require_POST
def reset_person_second_factor(request: DeskRequest, user_id: int) -> HttpResponse:
    """Switch off the second factor of a user who lost it."""
    return _run_action(
        request,
        user_id,
        lambda: actions.reset_second_factor(actor=request.actor, user_id=user_id),
        _("两步验证已重置，请本人登录后重新开启。"),
    )


@require_staff(USERS)
@require_POST
def link_person(request: DeskRequest, user_id: int) -> HttpResponse:
    """Link an account of the office's provider to a user."""
    number, subject = read_number(request.POST.get("number")), request.POST.get("subject", "")
    return _run_action(
        request,
        user_id,
        lambda: linking.link_provider_account(
            actor=request.actor, user_id=user_id, number=number, subject=subject
        ),
        _("已关联单位账号。"),
    )


@require_staff(USERS)
@require_POST
def unlink_person(request: DeskRequest, user_id: int) -> HttpResponse:
    """Delete the link of a user to an account of the office's provider."""
    return _run_action(
        request,
        user_id,
        lambda: linking.unlink_provider_account(actor=request.actor, user_id=user_id),
        _("已取消关联，此人已退出登录。"),
    )


@require_staff(USERS)
@require_POST
def end_holding(request: DeskRequest, user_id: int) -> HttpResponse:
    """End the holding of a post."""
    holding = read_number(request.POST.get("holding")) or 0
    return _end_service(request, user_id, holding, _("任职已结束。"))


@require_staff(USERS)
def name_person_deputy(request: DeskRequest, user_id: int) -> HttpResponse:
    """Show the form of a deputy for a user; when it is posted, name the deputy."""
    user = _get_user(user_id)
    form = DeputyForm(request.actor, user, request.POST or None)

    def save(_data: dict[str, Any]) -> HttpResponse:
        row = name_deputy(actor=request.actor, new=form.read())
        messages.success(
            request, _("已安排 %(name)s 代班，双方都已收到通知。") % {"name": row.deputy.full_name}
        )
        return redirect("desk:admin_person", user.pk)

    return handle_form(
        request,
        PEOPLE,
        form,
        save,
        title=_("请同事代 %(name)s 的班") % {"name": user.full_name},
        submit=_("安排代班"),
        cancel_url=reverse("desk:admin_person", args=[user.pk]),
        form_note=_("请假期间在此人的岗位上办事，到期自动结束。"),
    )


@require_staff(USERS)
@require_POST
def end_person_deputy(request: DeskRequest, user_id: int) -> HttpResponse:
    """End an absence early."""
    deputation = read_number(request.POST.get("deputation")) or 0
    if waiting := describe_end_of_deputy(deputation):
        messages.warning(request, waiting)
    return _run_action(
        request,
        user_id,
        lambda: end_deputy(actor=request.actor, deputation_id=deputation),
        _("代班已结束。"),
    )


@require_staff(USERS)
@take_filters()
def list_tokens(request: DeskRequest) -> HttpResponse:
    """List the API tokens; when the form is posted, issue one and show its secret once."""

    def save(data: dict[str, Any]) -> HttpResponse:
        user = User.objects.filter(username=data["username"].strip().lower()).first()
        if user is None:
            raise NotFoundError(_("没有这个账号。"), hint=_("请填写登录用的账号。"), field="username")
        ends = datetime.combine(data["expires"], time.max, tzinfo=clock.TOWN_TZ) if data["expires"] else None
        token, secret = actions.issue_token(
            actor=request.actor,
            user_id=user.pk,
            name=data["name"],
            expires_at=ends,
            never_expires=data["never_expires"],
            scopes=data["scopes"],
        )
        return render_secret(
            request,
            TOKENS,
            title=_("接口令牌：%(name)s") % {"name": token.name},
            secret=secret,
            text=_("请立即存到使用它的系统里。离开本页后就看不到了。"),
            next_url=reverse(TOKENS),
            next_label=_("回到令牌列表"),
        )

    return handle_form(
        request,
        TOKENS,
        TokenForm(request.POST or None),
        save,
        title=_("接口令牌"),
        above="desk/admin/tokens.html",
        form_title=_("发放令牌"),
        submit=_("发放"),
        rows=selectors.list_tokens(),
        now=clock.real_now(),
    )


@require_staff(USERS)
@require_POST
def revoke_token(request: DeskRequest, token_id: int) -> HttpResponse:
    """Revoke an API token."""
    actions.revoke_token(actor=request.actor, token_id=token_id)
    messages.success(request, _("令牌已作废。"))
    return redirect(TOKENS)
