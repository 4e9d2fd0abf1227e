"""Posts with their rights, units, and who may do what."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from jiedao.desk.admin.forms import PostEditForm, PostNewForm, UnitEditForm, UnitNewForm
from jiedao.desk.admin.frame import form_page, page
from jiedao.desk.navigation import AUDIT, POSTS, USERS
from jiedao.orgs import selectors
from jiedao.orgs.actions import find
from jiedao.orgs.models import Post, Unit
from jiedao.orgs.posting import PostForm, UnitForm, save_post, save_unit
from jiedao.pages.entry import DeskRequest, require_staff
from jiedao.pages.right_names import get_right_name, list_rights

LIST, UNITS = "desk:admin_posts", "desk:admin_units"


@require_staff(POSTS)
def posts(request: DeskRequest) -> HttpResponse:
    """List the posts by unit."""
    return page(request, LIST, "posts.html", {"groups": selectors.posts_by_unit(active=False)})


def _post_form(data: dict[str, Any]) -> PostForm:
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
def post_new(request: DeskRequest) -> HttpResponse:
    """Make a post."""

    def save(data: dict[str, Any]) -> HttpResponse:
        made = save_post(actor=request.actor, form=_post_form(data))
        messages.success(request, _("已建立岗位 %(name)s。") % {"name": made.label})
        return redirect(LIST)

    form = PostNewForm(request.POST or None, actor=request.actor)
    return form_page(request, LIST, form, save, title=_("新建岗位"), submit=_("建立岗位"))


@require_staff(POSTS)
def post(request: DeskRequest, post_id: int) -> HttpResponse:
    """Change a post."""
    found: Post = find(Post, post_id, _("岗位"))
    names = ("title", "title_en", "scope", "permissions", "active")
    initial = {**{name: getattr(found, name) for name in names}, "superior": found.superior_id}

    def save(data: dict[str, Any]) -> HttpResponse:
        save_post(actor=request.actor, post_id=found.pk, form=_post_form(data))
        messages.success(request, _("岗位已保存；持有它的人下一次打开页面时生效。"))
        return redirect(LIST)

    held = tuple(found.permissions)
    form = PostEditForm(request.POST or None, initial=initial, actor=request.actor, held=held)
    note = f"{found.unit.label} · {found.code}"
    return form_page(request, LIST, form, save, title=found.label, note=note, submit=_("保存"))


@require_staff(POSTS)
def units(request: DeskRequest) -> HttpResponse:
    """List the units."""
    rows = Unit.objects.select_related("parent", "area").order_by("id")
    return page(request, UNITS, "units.html", {"rows": rows})


def _unit_form(data: dict[str, Any]) -> UnitForm:
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
def unit_new(request: DeskRequest) -> HttpResponse:
    """Make a unit."""

    def save(data: dict[str, Any]) -> HttpResponse:
        made = save_unit(actor=request.actor, form=_unit_form(data))
        messages.success(request, _("已建立单位 %(name)s。") % {"name": made.label})
        return redirect(UNITS)

    return form_page(
        request, UNITS, UnitNewForm(request.POST or None), save, title=_("新建单位"), submit=_("建立单位")
    )


@require_staff(POSTS)
def unit(request: DeskRequest, unit_id: int) -> HttpResponse:
    """Change a unit."""
    found: Unit = find(Unit, unit_id, _("单位"))
    names = ("name", "name_en", "kind", "active")
    initial = {
        **{name: getattr(found, name) for name in names},
        "parent": found.parent_id,
        "area": found.area_id,
    }

    def save(data: dict[str, Any]) -> HttpResponse:
        save_unit(actor=request.actor, unit_id=found.pk, form=_unit_form(data))
        messages.success(request, _("单位已保存。"))
        return redirect(UNITS)

    form = UnitEditForm(request.POST or None, initial=initial)
    return form_page(request, UNITS, form, save, title=found.label, note=found.code, submit=_("保存"))


@require_staff(USERS, POSTS, AUDIT)
def rights(request: DeskRequest) -> HttpResponse:
    """Show who may do what."""
    table = {line.right: line.posts for line in selectors.rights_table()}
    lines = [
        {"right": right, "name": get_right_name(right), "posts": table.get(right, [])}
        for right in list_rights()
    ]
    return page(request, "desk:admin_rights", "rights.html", {"lines": lines})
