"""Release open data, and take it back."""

from django.db import transaction
from django.utils.translation import gettext as _

from jiedao.audit.actions import record_entry
from jiedao.kernel import clock
from jiedao.kernel.errors import NotFoundError, Stale, UserError
from jiedao.orgs.actor import Actor
from jiedao.publishing.models import PUBLISH, DataSet
from jiedao.publishing.open_data.definition import HAS_OPEN_SETS, OpenSet, read_set


def release_data_set(*, actor: Actor, key: str, digest: str) -> OpenSet:
    """Make a data set public with the definition that the page showed.

    Args:
        digest: of the definition that the page showed.

    Raises:
        NotAllowed: no right. NotFoundError: no such data set. Stale: its definition has changed since. UserError:
            there is nothing to open.
    """
    actor.require(PUBLISH)
    with transaction.atomic():
        data_set = _lock(key)
        if data_set.digest != digest:
            raise Stale(_("这个数据集的列刚变过。"), hint=_("请刷新页面，看过现在的内容再开放。"))
        if not data_set.is_possible:
            raise UserError(_("没有可以开放的内容。"), hint=_("请检查数据包里的列和台账。"))
        _save(actor, data_set, digest)
    return read_set(data_set.row)


def close_data_set(*, actor: Actor, key: str) -> OpenSet:
    """Take a data set off the public site at once.

    Raises:
        NotAllowed: no right. NotFoundError: no such data set.
    """
    actor.require(PUBLISH)
    with transaction.atomic():
        data_set = _lock(key)
        _save(actor, data_set, "")
    return read_set(data_set.row)


def _lock(key: str) -> OpenSet:
    row = DataSet.objects.select_for_update().filter(key=key, active=True).first()
    if row is None:
        raise NotFoundError(_("没有这个数据集。"), hint=_("请从列表中选择。"))
    return read_set(row)


def _save(actor: Actor, data_set: OpenSet, digest: str) -> None:
    row = data_set.row
    before = {"released": bool(row.released_digest)}
    row.released_digest = digest
    row.released_by_id, row.released_at = actor.user_id, clock.now()
    row.save(update_fields=["released_digest", "released_by", "released_at"])
    HAS_OPEN_SETS.forget()
    transaction.on_commit(HAS_OPEN_SETS.forget)
    record_entry(
        actor=actor,
        action=f"publishing.data_set:{'release' if digest else 'close'}",
        obj_type="publishing.dataset",
        obj_id=row.pk,
        before=before,
        after={"released": bool(digest), "data_set": row.key, "columns": list(row.columns)},
    )
