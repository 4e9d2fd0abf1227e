"""Posts with their rights, units, and the table of rights."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiedao.desk.admin.forms import PostEditForm, PostNewForm, UnitEditForm, UnitNewForm
from jiedao.desk.admin.frame import handle_form, render_page
from jiedao.desk.navigation import AUDIT, POSTS, REDISPATCH, USERS
from jiedao.desk.unattended_lines import build_unattended_lines
from jiedao.kernel.errors import UserError
from jiedao.orgs import selectors
from jiedao.orgs.actions import get_row
from jiedao.orgs.models import Post, Unit
from jiedao.orgs.posting import PostForm, UnitForm, save_post, save_unit
from jiedao.orgs.unattended import find_left_by_posts
from jiedao.pages.entry import DeskRequest, require_staff
from jiedao.pages.parameters import take_filters
from jiedao.pages.right_names import get_right_name, list_rights

LIST, UNITS = "desk:admin_posts", "desk:admin_units"
# What a form shows before a change after which nobody may do some open work.
CONFIRMATION = {"above": "desk/admin/unattended.html", "confirm": True, "submit": gettext_lazy("仍然保存")}


@require_staff(POSTS)
@take_filters()
def list_posts(request: DeskRequest) -> HttpResponse:
    """List the posts, grouped by unit."""
    return render_page(request, LIST, "posts.html", {"groups": selectors.list_posts_by_unit(active=False)})


def _build_post_data(data: dict[str, Any]) -> PostForm:
    return PostForm(
        title=data["title"],
        title_en=data["title_en"],
        permissions=tuple(data["permissions"]),
        scope=data["scope"],
        superior_id=data["superior"],
        active=data["active"],
        code=data.get("code", ""),
        unit_id=data.get("unit"),
    )


@require_staff(POSTS)
def create_post(request: DeskRequest) -> HttpResponse:
    """Create a post."""

    def save(data: dict[str, Any]) -> HttpResponse:
        post = save_post(actor=request.actor, form=_build_post_data(data))
        messages.success(request, _("已建立岗位 %(name)s。") % {"name": post.label})
        return redirect(LIST)

    form = PostNewForm(request.POST or None, actor=request.actor)
    return handle_form(request, LIST, form, save, title=_("新建岗位"), submit=_("建立岗位"))


@require_staff(POSTS)
def edit_post(request: DeskRequest, post_id: int) -> HttpResponse:
    """Change a post."""
    post: Post = get_row(Post, post_id, _("岗位"))
    names = ("title", "title_en", "scope", "permissions", "active")
    initial = {**{name: getattr(post, name) for name in names}, "superior": post.superior_id}

    def save(data: dict[str, Any]) -> HttpResponse:
        rights = data["permissions"] if data["active"] else ()
        unattended = find_left_by_posts({post.pk: rights}) if request.POST.get("confirm") != "1" else []
        if unattended:
            lines = build_unattended_lines(request.actor, [line for line, _post in unattended])
            return handle_form(request, LIST, form, ask_again, **page, unattended=lines, **CONFIRMATION)
        save_post(actor=request.actor, post_id=post.pk, form=_build_post_data(data))
        messages.success(request, _("岗位已保存；持有它的人下一次打开页面时生效。"))
        return redirect(LIST)

    def ask_again(_data: dict[str, Any]) -> HttpResponse:
        raise UserError(_("保存后，下面列出的事没有人能办。"), hint=_("请先安排别人，或再按一次“仍然保存”。"))

    held = tuple(post.permissions)
    form = PostEditForm(request.POST or None, initial=initial, actor=request.actor, held=held)
    page: dict[str, Any] = {"title": post.label, "note": f"{post.unit.label} · {post.code}"}
    return handle_form(request, LIST, form, save, **page, submit=_("保存"))


@require_staff(POSTS)
@take_filters()
def list_units(request: DeskRequest) -> HttpResponse:
    """List the units."""
    rows = Unit.objects.select_related("parent", "area").order_by("id")
    return render_page(request, UNITS, "units.html", {"rows": rows})


def _build_unit_data(data: dict[str, Any]) -> UnitForm:
    return UnitForm(
        name=data["name"],
        name_en=data["name_en"],
        kind=data["kind"],
        parent_id=data["parent"],
        area_id=data["area"],
        active=data["active"],
        code=data.get("code", ""),
    )


@require_staff(POSTS)
def create_unit(request: DeskRequest) -> HttpResponse:
    """Create a unit."""

    def save(data: dict[str, Any]) -> HttpResponse:
        unit = save_unit(actor=request.actor, form=_build_unit_data(data))
        messages.success(request, _("已建立单位 %(name)s。") % {"name": unit.label})
        return redirect(UNITS)

    return handle_form(
        request, UNITS, UnitNewForm(request.POST or None), save, title=_("新建单位"), submit=_("建立单位")
    )


@require_staff(POSTS)
def edit_unit(request: DeskRequest, unit_id: int) -> HttpResponse:
    """Change a unit."""
    unit: Unit = get_row(Unit, unit_id, _("单位"))
    names = ("name", "name_en", "kind", "active")
    initial = {
        **{name: getattr(unit, name) for name in names},
        "parent": unit.parent_id,
        "area": unit.area_id,
    }

    def save(data: dict[str, Any]) -> HttpResponse:
        save_unit(actor=request.actor, unit_id=unit.pk, form=_build_unit_data(data))
        messages.success(request, _("单位已保存。"))
        return redirect(UNITS)

    form = UnitEditForm(request.POST or None, initial=initial)
    return handle_form(request, UNITS, form, save, title=unit.label, note=unit.code, submit=_("保存"))


@require_staff(USERS, POSTS, AUDIT)
@take_filters()
def show_rights(request: DeskRequest) -> HttpResponse:
    """Show which posts hold each right."""
    table = {line.right: line.posts for line in selectors.build_rights_table()}
    lines = [
        {"right": right, "name": get_right_name(right), "posts": table.get(right, [])}
        for right in list_rights()
    ]
    return render_page(request, "desk:admin_rights", "rights.html", {"lines": lines})


@require_staff(POSTS, USERS, REDISPATCH)
def open_undecided(_request: DeskRequest) -> HttpResponse:
    """Redirect the former address of the page 去处未定."""
    return redirect(f"{reverse('desk:undecided')}?sort=units")
