"""Naming a deputy for a time of absence, and ending it early. Each checks the right and leaves an audit entry.

Three kinds of users name a deputy: the absent person; a superior, by the ladder of posts; an administrator of accounts.
The first two choose a colleague of the unit or of the unit directly above or below, and only where no administrative
right passes: neither to a deputy who lacks it, nor to one who would add casework to it. Everything else is for an
administrator, by the rules of `granting`. Nobody names themselves, and a deputy names no deputy of their own.

The pages call `jiedao.notices.deputies`, which also notifies.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from jiedao.accounts.models import User
from jiedao.kernel import clock
from jiedao.kernel.errors import NotAllowed, NotFoundError, Stale, UserError
from jiedao.kernel.policies import get_policy
from jiedao.orgs.actions import MANAGE_USERS, get_row, may_take_over
from jiedao.orgs.actor import Actor
from jiedao.orgs.deputies import describe_deputation, record_deputation, write_end
from jiedao.orgs.granting import check_give, is_casework
from jiedao.orgs.models import AbsenceReason, Deputation, Holding, Post, Unit, UnitKind

MAX_DAYS = "deputy_days"


@dataclass(frozen=True)
class NewDeputy:
    """Who acts for whom, and when; without a holding in all posts of the person."""

    person_id: int
    deputy_id: int
    from_date: date
    to_date: date
    holding_id: int | None = None
    reason: str = ""


def list_own_holdings(person_id: int, from_date: date, to_date: date) -> list[Holding]:
    """Return the posts that a person holds themselves on some day of a period, with their units; one statement."""
    rows = Holding.objects.own().filter(
        Q(from_date__isnull=True) | Q(from_date__lte=to_date),
        Q(to_date__isnull=True) | Q(to_date__gte=from_date),
        user_id=person_id,
        post__active=True,
    )
    return list(rows.select_related("post__unit").order_by("id"))


def list_subordinate_ids(actor: Actor) -> list[int]:
    """Return the users whose own posts are below the actor's post, at any distance; two statements."""
    if actor.post_id is None or actor.represents_id is not None:
        return []
    children: dict[int | None, list[int]] = {}
    for pk, superior_id in Post.objects.filter(active=True).values_list("id", "superior_id"):
        children.setdefault(superior_id, []).append(pk)
    below, queue = set[int](), list(children.get(actor.post_id, []))
    while queue:
        pk = queue.pop()
        if pk not in below:
            below.add(pk)
            queue.extend(children.get(pk, []))
    rows = Holding.objects.on(clock.today()).own().filter(post_id__in=below)
    return sorted({pk for pk in rows.values_list("user_id", flat=True) if pk != actor.user_id})


def is_administrator_of(actor: Actor, person_id: int) -> bool:
    """Return whether the actor acts on the person as an administrator of accounts, and not on themselves."""
    return actor.can(MANAGE_USERS) and actor.user_id != person_id


def may_name_for(actor: Actor, person_id: int) -> bool:
    """Return whether the actor is the person, an administrator of accounts or a superior of the person."""
    if actor.represents_id is not None:
        return False
    own = actor.user_id == person_id
    return own or is_administrator_of(actor, person_id) or person_id in list_subordinate_ids(actor)


def list_candidates(actor: Actor, person_id: int, holdings: Iterable[Holding]) -> list[User]:
    """Return the users whom the actor may name for some of the holdings, by name."""
    others = User.objects.filter(is_active=True).exclude(pk__in=[person_id, actor.user_id or 0])
    if is_administrator_of(actor, person_id):
        return list(others.order_by("full_name", "username"))
    rights = _read_rights(list_near_users(holdings))
    allowed = {
        pk for pk, held in rights.items() if any(not find_barred_rights(row.post, held) for row in holdings)
    }
    return list(others.filter(pk__in=allowed).order_by("full_name", "username"))


def list_near_users(holdings: Iterable[Holding]) -> set[int]:
    """Return the users with a post of their own in the units of the holdings, or directly above or below those.

    Contractors are near only to their own unit: work of the office is not given to them by a colleague.
    """
    units = {unit.pk: unit for unit in Unit.objects.filter(active=True)}
    near: set[int] = set()
    for row in holdings:
        home = row.post.unit
        near.add(home.pk)
        if home.kind == UnitKind.CONTRACTOR:
            continue
        near |= {
            unit.pk
            for unit in units.values()
            if unit.kind != UnitKind.CONTRACTOR and (unit.pk == home.parent_id or unit.parent_id == home.pk)
        }
    rows = Holding.objects.on(clock.today()).own().filter(post__unit_id__in=near)
    return set(rows.values_list("user_id", flat=True))


def _read_rights(user_ids: Iterable[int]) -> dict[int, set[str]]:
    """Return the rights that users have by posts of their own today."""
    rights: dict[int, set[str]] = {pk: set() for pk in user_ids}
    rows = Holding.objects.on(clock.today()).own().filter(user_id__in=list(rights))
    for user_id, permissions in rows.values_list("user_id", "post__permissions"):
        rights[user_id].update(permissions)
    return rights


def find_barred_rights(post: Post, held: set[str]) -> list[str]:
    """Return the administrative rights that only an administrator may bring together in one deputy."""
    passed = {right for right in post.permissions if not is_casework(right)}
    administrative = {right for right in held if not is_casework(right)}
    return sorted((passed - held) | (administrative - passed))


@transaction.atomic
def name_deputy(*, actor: Actor, new: NewDeputy) -> Deputation:
    """Let a deputy act for an absent person; raise UserError or NotAllowed with what to do."""
    person: User = get_row(User, new.person_id, _("账号"))
    deputy: User = get_row(User, new.deputy_id, _("账号"))
    # In the order of their ids: two that name each other wait for one another, and the second sees the first.
    list(User.objects.filter(pk__in=[person.pk, deputy.pk]).order_by("pk").select_for_update())
    _check_people(actor, person, deputy)
    _check_period(new)
    holdings = _choose_holdings(new)
    _check_rights(actor, person, deputy, holdings)
    _check_free(new, person, deputy, holdings)
    row = Deputation.objects.create(
        person=person,
        deputy=deputy,
        all_posts=new.holding_id is None,
        reason=new.reason if new.reason in AbsenceReason.values else "",
        from_date=new.from_date,
        to_date=new.to_date,
        named_label=actor.label[:200],
    )
    for holding in holdings:
        copy = Holding.objects.create(
            user=deputy,
            post=holding.post,
            from_date=new.from_date,
            to_date=new.to_date,
            represents=holding,
            deputation=row,
        )
        copy.areas.set(holding.areas.all())
    record_deputation(actor, row, "name", describe_deputation(row, holdings))
    return row


def _check_people(actor: Actor, person: User, deputy: User) -> None:
    if actor.represents_id is not None:
        raise NotAllowed(
            _("代班的岗位不能再委托别人代班。"), hint=_("请换回自己的岗位，或请本人、管理员办理。")
        )
    if person.pk == deputy.pk:
        raise UserError(_("不能由本人代自己的班。"), hint=_("请选择另一位同事。"), field="deputy")
    if not may_name_for(actor, person.pk):
        raise NotAllowed(
            _("您不能替 %(name)s 安排代班。") % {"name": person.full_name},
            hint=_("由本人、上级岗位或管理员安排。"),
        )
    if deputy.pk == actor.user_id:
        raise NotAllowed(_("不能指定自己代别人的班。"), hint=_("请由本人或另一位管理员办理。"))
    if not deputy.is_active or not person.is_active:
        name = deputy.full_name if not deputy.is_active else person.full_name
        raise UserError(
            _("%(name)s 的账号已停用。") % {"name": name}, hint=_("请选择另一位同事。"), field="deputy"
        )


def _check_period(new: NewDeputy) -> None:
    if new.from_date < clock.today():
        raise UserError(_("开始的日子已经过去。"), hint=_("请从今天或以后开始。"), field="from_date")
    if new.to_date < new.from_date:
        raise UserError(_("结束早于开始。"), hint=_("请检查起止日期。"), field="to_date")
    most = int(get_policy(MAX_DAYS))
    if (new.to_date - new.from_date).days >= most:
        raise UserError(
            _("一次代班最多 %(n)d 天。") % {"n": most},
            hint=_("更久的，请管理员正式安排岗位。"),
            field="to_date",
        )


def _choose_holdings(new: NewDeputy) -> list[Holding]:
    holdings = list_own_holdings(new.person_id, new.from_date, new.to_date)
    if new.holding_id is not None:
        holdings = [row for row in holdings if row.pk == new.holding_id]
    if not holdings:
        raise UserError(
            _("此人在这段时间没有担任这个岗位。"), hint=_("请选择其担任的岗位。"), field="holding"
        )
    return holdings


def _check_rights(actor: Actor, person: User, deputy: User, holdings: Sequence[Holding]) -> None:
    """Raise NotAllowed where the actor may not let the deputy act in one of the posts."""
    if is_administrator_of(actor, person.pk):
        for row in holdings:
            check_give(actor, row.post.permissions)
        if not may_take_over(actor, deputy):
            raise NotAllowed(
                _("%(name)s 的岗位有您没有的管理权限，您不能让其代班。") % {"name": deputy.full_name},
                hint=_("请选择另一位同事；三类管理员（系统、安全、审计）互不兼任。"),
            )
        return
    held = _read_rights([deputy.pk])[deputy.pk]
    for row in holdings:
        if deputy.pk not in list_near_users([row]):
            raise NotAllowed(
                _("%(name)s 不在“%(unit)s”及其直接上下级单位。")
                % {"name": deputy.full_name, "unit": row.post.unit.label},
                hint=_("请选择本单位的同事；跨单位的，请管理员安排。"),
            )
        if find_barred_rights(row.post, held):
            raise NotAllowed(
                _("“%(post)s”和 %(name)s 的管理权限不能这样合在一起。")
                % {"post": row.post.label, "name": deputy.full_name},
                hint=_("涉及管理权限的代班，请由管理员安排。"),
            )


def _list_overlapping(new: NewDeputy) -> Any:
    return Deputation.objects.filter(
        ended_at__isnull=True, from_date__lte=new.to_date, to_date__gte=new.from_date
    )


def _check_free(new: NewDeputy, person: User, deputy: User, holdings: Sequence[Holding]) -> None:
    """Raise Stale where a post has a deputy in that time already, or the deputy is absent in it."""
    taken = _list_overlapping(new).filter(person=person, holdings__represents__in=holdings).first()
    if taken is not None:
        raise Stale(
            _("这段时间已由 %(name)s 代班（%(from)s 至 %(to)s）。")
            % {"name": taken.deputy.full_name, "from": taken.from_date, "to": taken.to_date},
            hint=_("请先结束那一次，或改日期。"),
        )
    away = _list_overlapping(new).filter(person=deputy).first()
    if away is not None:
        raise Stale(
            _("%(name)s 那几天自己也由别人代班（%(from)s 至 %(to)s）。")
            % {"name": deputy.full_name, "from": away.from_date, "to": away.to_date},
            hint=_("请选择另一位同事。"),
        )


def may_end(actor: Actor, row: Deputation, below: Collection[int] | None = None) -> bool:
    """Return whether the actor may end it early: the person, the deputy, an administrator or a superior of the person.

    Args:
        below: the users below the actor's post, where the caller has read them; None reads them.
    """
    if actor.user_id in {row.person_id, row.deputy_id} or is_administrator_of(actor, row.person_id):
        return True
    return row.person_id in (list_subordinate_ids(actor) if below is None else below)


@transaction.atomic
def end_deputy(*, actor: Actor, deputation_id: int) -> Deputation:
    """End it now; one that is over stays as it is. Raise NotAllowed for a user whom it does not concern."""
    row = Deputation.objects.select_for_update().filter(pk=deputation_id).first()
    if row is None:
        raise NotFoundError(_("没有这次代班。"), hint=_("请刷新页面再看。"))
    if not may_end(actor, row):
        raise NotAllowed(_("您不能结束这次代班。"), hint=_("由本人、代班人、上级岗位或管理员结束。"))
    if not row.is_over(clock.today()):
        write_end(actor, row)
    return row
