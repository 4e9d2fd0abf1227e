"""Every write to the desk's own tables: drafts, presence and saved views; and a report that uses up its draft."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from jiedao.cases.actions.intake import NewCase
from jiedao.cases.actions.reporting import Report, report_case
from jiedao.cases.models import PhraseKind
from jiedao.desk.models import Draft, OwnPhrase, Presence, SavedView
from jiedao.kernel import clock
from jiedao.kernel.errors import NotAllowed, NotFoundError, UserError
from jiedao.kernel.storable import make_all_storable, make_storable
from jiedao.orgs.actor import Actor

MAX_DRAFT_CHARACTERS = 100_000
MAX_KEY_CHARACTERS = 60
MAX_VIEWS = 50
MAX_PHRASES = 60
MAX_PHRASE_CHARACTERS = 500
PRESENCE_LIFETIME = timedelta(seconds=45)


def _get_user_id(actor: Actor) -> int:
    """Return the id of the user; raise NotAllowed for an actor that is not a person."""
    if actor.user_id is None:
        raise NotAllowed(_("这一步只能由个人来做。"), hint=_("请登录后再试。"))
    return actor.user_id


def save_draft(*, actor: Actor, key: str, data: Mapping[str, Any]) -> None:
    """Store what the user typed; a draft that the user has stored under the same key is replaced.

    Raise UserError if the key is too long.
    """
    if len(key) > MAX_KEY_CHARACTERS:
        raise UserError(_("草稿没有保存：名称过长。"), hint=_("文字仍在您的浏览器里，可以继续填写。"))
    stored_data = make_all_storable(dict(data))
    Draft.objects.update_or_create(
        user_id=_get_user_id(actor), key=key, defaults={"data": stored_data, "updated_at": clock.now()}
    )


def delete_draft(*, actor: Actor, key: str) -> None:
    """Delete the user's draft with this key, if there is one."""
    Draft.objects.filter(user_id=_get_user_id(actor), key=key).delete()


@transaction.atomic
def report_from_draft(
    *, actor: Actor, new: NewCase, photos: Sequence[int], merge_into: str, draft_key: str
) -> Report:
    """Report a case as `report_case` does and delete the draft that it was written in, all in one transaction."""
    report = report_case(new, actor=actor, photos=photos, merge_into=merge_into)
    delete_draft(actor=actor, key=draft_key)
    return report


def save_phrase(*, actor: Actor, kind: str, text: str) -> OwnPhrase:
    """Save a text as the user's own stock phrase; one that is saved already is returned.

    Raise UserError for an empty or long text, an unknown kind, and beyond 60 phrases.
    """
    clean = make_storable(text).strip()
    if not clean or kind not in PhraseKind.values:
        raise UserError(_("还没有文字，存不了常用语。"), hint=_("请先写好文字，再存为常用语。"))
    if len(clean) > MAX_PHRASE_CHARACTERS:
        raise UserError(
            _("常用语最多 %(most)d 字，这段有 %(n)d 字。") % {"most": MAX_PHRASE_CHARACTERS, "n": len(clean)},
            hint=_("请留下通用的部分再存。"),
        )
    user_id = _get_user_id(actor)
    others = OwnPhrase.objects.filter(user_id=user_id)
    if others.count() >= MAX_PHRASES and not others.filter(kind=kind, text=clean).exists():
        raise UserError(
            _("自己的常用语最多 %(most)d 条。") % {"most": MAX_PHRASES}, hint=_("请先删去不用的。")
        )
    return OwnPhrase.objects.get_or_create(user_id=user_id, kind=kind, text=clean)[0]


def delete_phrase(*, actor: Actor, phrase_id: int) -> None:
    """Delete one of the user's own stock phrases, if it is there."""
    OwnPhrase.objects.filter(user_id=_get_user_id(actor), pk=phrase_id).delete()


def record_presence(*, actor: Actor, case_id: int, writing: bool) -> list[Presence]:
    """Record that the user has the case open; return the presence of other users, those who are writing first."""
    now = clock.now()
    Presence.objects.update_or_create(
        case_id=case_id,
        user_id=_get_user_id(actor),
        defaults={"label": actor.label, "writing": writing, "seen_at": now},
    )
    # Not those of a clock that was ahead, who would be present until that time is reached.
    lately = (now - PRESENCE_LIFETIME, now + PRESENCE_LIFETIME)
    others = Presence.objects.filter(case_id=case_id, seen_at__range=lately).exclude(
        user_id=_get_user_id(actor)
    )
    return list(others.order_by("-writing", "user_id"))


def end_presence(*, actor: Actor, case_id: int) -> None:
    """Record that the user closed the case; also delete the rows of all users that are older than a day."""
    Presence.objects.filter(case_id=case_id, user_id=_get_user_id(actor)).delete()
    Presence.objects.filter(seen_at__lt=clock.now() - timedelta(days=1)).delete()


def save_view(*, actor: Actor, name: str, query: str, shared: bool, register: str = "") -> SavedView:
    """Store the filters of a list (of cases, or of the records of `register`) under a name.

    A view of the same user, list and name is replaced. Raise UserError if the name is missing or too long, if the query
    is too long, or if the user already has 50 other views.
    """
    name, query = " ".join(make_storable(name).split()), make_storable(query)
    if not name or len(name) > 40:
        raise UserError(_("视图要有名称，最多 40 字。"), hint=_("如“本周超期”。"), field="name")
    if len(query) > 1000:
        raise UserError(_("筛选条件太多，不能存为视图。"), hint=_("请减少几个条件。"), field="name")
    own_views = SavedView.objects.filter(user_id=_get_user_id(actor))
    if own_views.exclude(register=register, name=name).count() >= MAX_VIEWS:
        raise UserError(_("视图已有 %(n)d 个。") % {"n": MAX_VIEWS}, hint=_("请先删去不用的。"), field="name")
    try:
        with transaction.atomic():
            view, _created = SavedView.objects.update_or_create(
                user_id=_get_user_id(actor),
                register=register,
                name=name,
                defaults={"query": query, "shared": shared},
            )
    except IntegrityError as fault:
        raise UserError(_("这个名称刚刚被用了。"), hint=_("请换一个名称。"), field="name") from fault
    return view


def delete_view(*, actor: Actor, view_id: int) -> str:
    """Delete a saved view of the user; return the key of its register, "" for the list of cases.

    Raise NotFoundError if there is no such view or if it belongs to another user.
    """
    view = SavedView.objects.filter(pk=view_id, user_id=_get_user_id(actor)).first()
    if view is None or not view.delete()[0]:
        raise NotFoundError(_("没有这个视图，或它不是您的。"), hint=_("共享的视图只能由建它的人删除。"))
    return view.register
