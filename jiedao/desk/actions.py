"""Every write of the desk's own: drafts, presence, saved views. Only a report made from a draft files a case too."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from jiedao.cases.actions.intake import NewCase
from jiedao.cases.actions.reporting import Report, report_case
from jiedao.desk.models import Draft, Presence, SavedView
from jiedao.kernel import clock
from jiedao.kernel.errors import NotAllowed, NotFoundError, UserError
from jiedao.kernel.storable import storable, storable_all
from jiedao.orgs.actor import Actor

MAX_DRAFT = 100_000
MAX_KEY = 60
MAX_VIEWS = 50
HERE = timedelta(seconds=45)


def _me(actor: Actor) -> int:
    """Return the user; the system itself keeps no drafts and looks at no page."""
    if actor.user_id is None:
        raise NotAllowed(_("这一步只能由个人来做。"), hint=_("请登录后再试。"))
    return actor.user_id


def save_draft(*, actor: Actor, key: str, data: Mapping[str, Any]) -> None:
    """Keep what the person typed under the key, in place of what was there; UserError for a key too long."""
    if len(key) > MAX_KEY:
        raise UserError(_("草稿没有保存：名称过长。"), hint=_("文字仍在您的浏览器里，可以继续填写。"))
    kept = storable_all(dict(data))
    Draft.objects.update_or_create(
        user_id=_me(actor), key=key, defaults={"data": kept, "updated_at": clock.now()}
    )


def drop_draft(*, actor: Actor, key: str) -> None:
    """Forget what the person typed: it was used, or discarded."""
    Draft.objects.filter(user_id=_me(actor), key=key).delete()


@transaction.atomic
def report_from_draft(
    *, actor: Actor, new: NewCase, photos: Sequence[int], merge_into: str, draft_key: str
) -> Report:
    """Report a case as `report_case` does and delete the draft that it was written in, all in one transaction."""
    report = report_case(new, actor=actor, photos=photos, merge_into=merge_into)
    drop_draft(actor=actor, key=draft_key)
    return report


def be_present(*, actor: Actor, case_id: int, writing: bool) -> list[Presence]:
    """Note that the person has the case open and return who else has, the busiest first."""
    now = clock.now()
    Presence.objects.update_or_create(
        case_id=case_id,
        user_id=_me(actor),
        defaults={"label": actor.label, "writing": writing, "seen_at": now},
    )
    others = Presence.objects.filter(case_id=case_id, seen_at__gte=now - HERE).exclude(user_id=_me(actor))
    return list(others.order_by("-writing", "user_id"))


def leave(*, actor: Actor, case_id: int) -> None:
    """Note that the person closed the case, and forget the rows of those who left without saying so."""
    Presence.objects.filter(case_id=case_id, user_id=_me(actor)).delete()
    Presence.objects.filter(seen_at__lt=clock.now() - timedelta(days=1)).delete()


def save_view(*, actor: Actor, name: str, query: str, shared: bool, register: str = "") -> SavedView:
    """Keep a list (of cases, or of a register's records) under a name; the person's own of that name is replaced.

    Raises UserError without a name, for a query too long, and beyond fifty views.
    """
    name, query = " ".join(storable(name).split()), storable(query)
    if not name or len(name) > 40:
        raise UserError(_("视图要有名称，最多 40 字。"), hint=_("如“本周超期”。"), field="name")
    if len(query) > 1000:
        raise UserError(_("筛选条件太多，不能存为视图。"), hint=_("请减少几个条件。"), field="name")
    mine = SavedView.objects.filter(user_id=_me(actor))
    if mine.exclude(register=register, name=name).count() >= MAX_VIEWS:
        raise UserError(_("视图已有 %(n)d 个。") % {"n": MAX_VIEWS}, hint=_("请先删去不用的。"), field="name")
    try:
        with transaction.atomic():
            view, _made = SavedView.objects.update_or_create(
                user_id=_me(actor),
                register=register,
                name=name,
                defaults={"query": query, "shared": shared},
            )
    except IntegrityError as fault:
        raise UserError(_("这个名称刚刚被用了。"), hint=_("请换一个名称。"), field="name") from fault
    return view


def delete_view(*, actor: Actor, view_id: int) -> str:
    """Delete a view of the person's own and return whose list it was; raise NotFoundError for anybody else's."""
    view = SavedView.objects.filter(pk=view_id, user_id=_me(actor)).first()
    if view is None or not view.delete()[0]:
        raise NotFoundError(_("没有这个视图，或它不是您的。"), hint=_("共享的视图只能由建它的人删除。"))
    return view.register
