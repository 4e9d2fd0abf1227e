"""Writes to posts and units. Each checks the right and leaves an audit entry."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from jiedao.audit.actions import record_entry
from jiedao.kernel.errors import NotAllowed, UserError
from jiedao.kernel.memo import forget_all
from jiedao.orgs.actions import get_row
from jiedao.orgs.actor import Actor
from jiedao.orgs.granting import check_give, is_casework
from jiedao.orgs.models import Holding, Post, Scope, Unit, UnitKind
from jiedao.orgs.people import DUTY_ROWS
from jiedao.orgs.rights import PERMISSIONS
from jiedao.orgs.undecided import describe_open_rows
from jiedao.places.models import Area

MANAGE_POSTS = "orgs.post:manage"
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
_REACH = {Scope.OWN.value: 0, Scope.UNIT.value: 1, Scope.AREA.value: 2}


@dataclass(frozen=True)
class PostForm:
    """The values of a post; `unit_id` and `code` apply only to a new post."""

    title: str
    permissions: tuple[str, ...]
    scope: str
    title_en: str = ""
    superior_id: int | None = None
    active: bool = True
    code: str = ""
    unit_id: int | None = None


@dataclass(frozen=True)
class UnitForm:
    """The values of a unit; `code` applies only to a new unit."""

    name: str
    kind: str
    name_en: str = ""
    parent_id: int | None = None
    area_id: int | None = None
    active: bool = True
    code: str = ""


def _check_code(text: str, used_codes: Iterable[str]) -> str:
    code = text.strip()
    if not _CODE.fullmatch(code):
        raise UserError(
            _("代码“%(code)s”不合规则。") % {"code": code[:40]},
            hint=_("用 1 到 40 个字母、数字、点、下划线或短横。"),
            field="code",
        )
    if code in used_codes:
        raise UserError(
            _("代码 %(code)s 已经用了。") % {"code": code}, hint=_("请换一个代码。"), field="code"
        )
    return code


def clean_name(text: str, max_length: int, field: str = "name") -> str:
    """Return a name without superfluous spaces; raise UserError for none, or one that is too long."""
    name = " ".join(text.split())
    if not name or len(name) > max_length:
        raise UserError(_("请填写名称。"), hint=_("1 到 %(most)d 个字。") % {"most": max_length}, field=field)
    return name


def _check_choice(value: str, known: Iterable[str], field: str) -> str:
    if value not in set(known):
        raise UserError(
            _("选项“%(value)s”不存在。") % {"value": value[:20]}, hint=_("请从列表中选择。"), field=field
        )
    return value


def _describe_post(post: Post) -> dict[str, Any]:
    return {
        "title": post.title,
        "title_en": post.title_en,
        "permissions": sorted(post.permissions),
        "scope": post.scope,
        "superior": post.superior_id,
        "active": post.active,
    }


def _select_administrative(rights: Iterable[str]) -> set[str]:
    return {right for right in rights if not is_casework(right)}


def _check_rights(actor: Actor, form: PostForm, before: Iterable[str]) -> list[str]:
    """Return the rights of the form; the actor must be allowed to give added rights, and may remove casework rights.

    The rights of a post with administrative rights that the actor may not give cannot be changed: nobody can take the
    audit from the auditor, or give the auditor cases to read.
    """
    unknown = set(form.permissions) - PERMISSIONS
    if unknown:
        raise UserError(
            _("没有这些权限：%(names)s。") % {"names": "、".join(sorted(unknown))},
            hint=_("请从列表中勾选。"),
            field="permissions",
        )
    if set(form.permissions) != set(before):
        check_give(actor, {*form.permissions} - {*before} | _select_administrative(before))
    return sorted(set(form.permissions))


def _check_ladder(post_id: int | None, superior_id: int | None) -> None:
    """Raise UserError when the chain of superior posts leads back to the post."""
    ladder, current, checked = dict(Post.objects.values_list("id", "superior_id")), superior_id, set[int]()
    while current is not None and current not in checked:
        if current == post_id:
            raise UserError(_("上级岗位绕成了圈。"), hint=_("请选择真正在它之上的岗位。"), field="superior")
        checked.add(current)
        current = ladder.get(current)


def _is_held_by(actor: Actor, post: Post) -> bool:
    return actor.user_id is not None and Holding.objects.filter(post=post, user_id=actor.user_id).exists()


@transaction.atomic
def save_post(*, actor: Actor, form: PostForm, post_id: int | None = None) -> Post:
    """Create a post, or change one that the actor does not hold.

    Raise NotAllowed for the actor's own post. Raise it also for rights that the actor may not give, when they are
    added, when the scope of their post becomes wider, and when an administrative post is changed or deactivated.
    """
    actor.require(MANAGE_POSTS)
    if post_id is None:
        unit = get_row(Unit, form.unit_id, _("单位"))
        post, before = Post(unit=unit, permissions=[], scope=Scope.OWN.value), None
        post.code = _check_code(form.code, Post.objects.values_list("code", flat=True))
    else:
        post = get_row(Post, post_id, _("岗位"))
        before = _describe_post(post)
        if post.pk == actor.post_id or _is_held_by(actor, post):
            raise NotAllowed(_("不能更改自己担任的岗位。"), hint=_("请由另一位管理员办理。"))
    scope = _check_choice(form.scope, Scope.values, "scope")
    rights = _check_rights(actor, form, post.permissions)
    if _REACH[scope] > _REACH[post.scope] or form.active > post.active:
        check_give(actor, rights)
    if form.active < post.active:
        check_give(actor, _select_administrative(rights))
    superior = get_row(Post, form.superior_id, _("上级岗位")) if form.superior_id is not None else None
    _check_ladder(post.pk, superior.pk if superior is not None else None)
    post.title, post.title_en = clean_name(form.title, 60, "title"), form.title_en.strip()[:100]
    post.permissions, post.scope, post.superior, post.active = rights, scope, superior, form.active
    post.save()
    _record_change(actor, "orgs.post", post.pk, before, _describe_post(post))
    transaction.on_commit(DUTY_ROWS.forget)
    return post


def _describe_unit(unit: Unit) -> dict[str, Any]:
    names = ("name", "name_en", "kind", "parent_id", "area_id", "active")
    return {name: getattr(unit, name) for name in names}


def _check_tree(unit_id: int | None, parent_id: int | None) -> None:
    tree, current = dict(Unit.objects.values_list("id", "parent_id")), parent_id
    while current is not None:
        if current == unit_id:
            raise UserError(_("上级单位绕成了圈。"), hint=_("请选择真正在它之上的单位。"), field="parent")
        current = tree.get(current)


def _refuse_while_named(unit: Unit) -> None:
    """Raise UserError while open work or holders of posts name the unit: it would wait for nobody."""
    if named := describe_open_rows(unit.pk):
        raise UserError(
            _("“%(unit)s”还有：%(named)s，不能停用。") % {"unit": unit.label, "named": named},
            hint=_("请先改派、交接；并入或改名的单位，在数据包里用 was 写明由谁承接。"),
            field="active",
        )


@transaction.atomic
def save_unit(*, actor: Actor, form: UnitForm, unit_id: int | None = None) -> Unit:
    """Create or change a unit; an actor may not change the parent and the area of their own unit."""
    actor.require(MANAGE_POSTS)
    unit: Unit = get_row(Unit, unit_id, _("单位")) if unit_id is not None else Unit()
    before = _describe_unit(unit) if unit_id is not None else None
    if unit_id is None:
        unit.code = _check_code(form.code, Unit.objects.values_list("code", flat=True))
    elif unit.pk == actor.unit_id and (unit.parent_id, unit.area_id) != (form.parent_id, form.area_id):
        raise NotAllowed(_("不能更改自己单位的上级和辖区。"), hint=_("请由另一位管理员办理。"))
    parent = get_row(Unit, form.parent_id, _("上级单位")) if form.parent_id is not None else None
    _check_tree(unit.pk, form.parent_id)
    unit.name, unit.name_en = clean_name(form.name, 80, "name"), form.name_en.strip()[:120]
    unit.kind = _check_choice(form.kind, UnitKind.values, "kind")
    unit.parent, unit.active = parent, form.active
    unit.area = get_row(Area, form.area_id, _("区域")) if form.area_id is not None else None
    if before is not None and before["active"] and not unit.active:
        _refuse_while_named(unit)
    unit.save()
    _record_change(actor, "orgs.unit", unit.pk, before, _describe_unit(unit))
    transaction.on_commit(forget_all)
    return unit


def _record_change(actor: Actor, kind: str, pk: int, before: Any, after: Any) -> None:
    if before != after:
        record_entry(actor=actor, action=MANAGE_POSTS, obj_type=kind, obj_id=pk, before=before, after=after)
