"""An item as a phone sends it: read, checked, and dated by the clock of the town."""

import hashlib
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from jiedao.fieldwork.models import ItemKind
from jiedao.kernel import clock
from jiedao.kernel.client_keys import refuse_nil_uuid
from jiedao.kernel.errors import UserError

FORMAT = 1  # of items; a later format is refused, an earlier one is read for good
LONGEST_WAIT = timedelta(days=31)
LATE = timedelta(minutes=10)  # from which on the timeline states when the worker was on site
MOST_PHOTOS = 20


@dataclass(frozen=True)
class Item:
    """A piece of work that was done on a phone.

    Attributes:
        id: made by the phone; the same for every attempt to send the item.
        user_id: who did it, so that it is never sent as the work of another user who signs in on the phone.
        waited: how long it waited on the phone; None where the phone's clock was changed meanwhile.
        data: what was filled in; its names depend on the kind.
        photos: field -> UUIDs of photos that were sent before.
    """

    id: uuid.UUID
    kind: str
    user_id: int
    waited: timedelta | None
    data: Mapping[str, Any]
    photos: Mapping[str, list[uuid.UUID]] = field(default_factory=dict)

    @property
    def made_at(self) -> datetime:
        """When it was done, by the clock of the town; the phone's own time of day is not used."""
        return clock.now() - (self.waited or timedelta())

    @property
    def day(self) -> date:
        """The local day on which it was done."""
        return self.made_at.astimezone(clock.TOWN_TZ).date()

    @property
    def is_late(self) -> bool:
        """Whether it was received so long after it was done that readers should know both times."""
        return self.waited is not None and self.waited >= LATE

    @property
    def digest(self) -> str:
        """The digest of the content, the same for every attempt; "" for a visit, whose digest would name its user."""
        if self.kind == ItemKind.VISIT:
            return ""
        content = {
            "kind": self.kind,
            "user": self.user_id,
            "data": self.data,
            "photos": {name: [str(key) for key in keys] for name, keys in self.photos.items()},
        }
        text = json.dumps(content, sort_keys=True, ensure_ascii=False, default=str)
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def read_item(raw: Any) -> Item:
    """Return the item of a JSON object; raise UserError for one that the app does not produce."""
    if not isinstance(raw, Mapping):
        raise _make_fault("item")
    version = raw.get("v")
    if not isinstance(version, int) or not 1 <= version <= FORMAT:
        raise UserError(
            _("手机上的程序版本与服务器不同，这一件还没有收。"),
            hint=_("请在有网络时重新打开手机上的页面，更新后会自动再发。"),
            field="v",
        )
    if raw.get("kind") not in ItemKind.values:
        raise _make_fault("kind")
    data, user_id = raw.get("data"), raw.get("user")
    if not isinstance(data, Mapping):
        raise _make_fault("data")
    if not isinstance(user_id, int):
        raise _make_fault("user")
    item_id = read_uuid(raw.get("id"), "id")
    refuse_nil_uuid(item_id)
    return Item(
        item_id,
        str(raw["kind"]),
        user_id,
        compute_wait(raw.get("made_at"), raw.get("sent_at")),
        data,
        _read_photos(raw.get("photos") or {}),
    )


def compute_wait(made_at: Any, sent_at: Any) -> timedelta | None:
    """Return how long an item waited, from two readings of the phone's clock in milliseconds.

    Only their difference counts, so that a clock may be a year off. None where the clock was set back or far ahead
    between the two.
    """
    if isinstance(made_at, bool) or isinstance(sent_at, bool):
        return None
    if not isinstance(made_at, (int, float)) or not isinstance(sent_at, (int, float)):
        return None
    try:
        seconds = (sent_at - made_at) / 1000
    except OverflowError:  # JSON has integers of any size
        return None
    if not 0 <= seconds <= LONGEST_WAIT.total_seconds():  # NaN fails both
        return None
    return timedelta(seconds=int(seconds))


def read_uuid(value: Any, name: str) -> uuid.UUID:
    """Return the UUID of a text; raise UserError naming the field."""
    try:
        return uuid.UUID(str(value))
    except ValueError:
        raise _make_fault(name) from None


def _read_photos(raw: Any) -> dict[str, list[uuid.UUID]]:
    if not isinstance(raw, Mapping):
        raise _make_fault("photos")
    photos = {}
    for name, keys in raw.items():
        if not isinstance(keys, list):
            raise _make_fault("photos")
        photos[str(name)] = [read_uuid(key, "photos") for key in keys]
    if sum(map(len, photos.values())) > MOST_PHOTOS * 5:
        raise UserError(_("照片太多。"), hint=_("请每项只留要紧的几张。"), field="photos")
    return photos


def _make_fault(name: str) -> UserError:
    return UserError(
        _("这一件的内容不完整，没有收。"),
        hint=_("请在手机上打开“待发送”，导出文件交给管理员查看。"),
        field=name,
    )
