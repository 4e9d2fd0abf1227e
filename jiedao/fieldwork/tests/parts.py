"""Items as a phone of a grid worker makes them, for tests of this room and of the faces above."""

import uuid
from typing import Any

from django.core.files.base import ContentFile

from jiedao.fieldwork.actions.photos import store_photo
from jiedao.fieldwork.items import Item, read_item
from jiedao.files.models import Kind
from jiedao.files.tests.pictures import make_picture
from jiedao.testing.cast import Town

MADE = 1_700_000_000_000  # milliseconds of a phone's clock, years away from the clock of the town
MINUTE = 60_000
REPORT = {
    "detail": "路口井盖破损，有人差点绊倒。",
    "place_text": "滨江路口",
    "lon": 114.105,
    "lat": 22.605,
    "accuracy_m": 12,
}


def make_raw(
    town: Town, kind: str, data: dict[str, Any], *, who: str = "grid1", waited: int = 0, **more: Any
) -> dict[str, Any]:
    """Return the JSON of an item that waited some minutes on the phone."""
    return {
        "v": 1,
        "id": str(uuid.uuid4()),
        "kind": kind,
        "user": town.users[who].pk,
        "made_at": MADE,
        "sent_at": MADE + waited * MINUTE,
        "data": data,
        "photos": {},
        **more,
    }


def make_item(town: Town, kind: str, data: dict[str, Any], **more: Any) -> Item:
    """Return an item; see `make_raw`."""
    return read_item(make_raw(town, kind, data, **more))


def send_photo(town: Town, who: str = "grid1", kind: str = Kind.PHOTO_BEFORE.value) -> str:
    """Store a photo as the phone sends it, and return its UUID."""
    key = uuid.uuid4()
    store_photo(town.actor(who), ContentFile(make_picture(), name="现场.jpg"), client_uuid=key, kind=kind)
    return str(key)
