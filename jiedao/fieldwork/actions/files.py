"""The file into which a phone exports its queue as a last resort, and its import at the desk."""

import base64
import binascii
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.files.base import ContentFile, File
from django.utils.translation import gettext as _

from jiedao.fieldwork.actions.photos import store_photo
from jiedao.fieldwork.actions.taking import Receipt, take_item
from jiedao.fieldwork.items import Item, read_item, read_uuid
from jiedao.fieldwork.models import ItemKind
from jiedao.kernel.errors import UserError
from jiedao.orgs.actor import Actor

FILE_FORMAT = "jiedao-field-queue"
MOST_ITEMS = 500


@dataclass(frozen=True)
class ImportLine:
    """An item of a file: its receipt, or why it was refused."""

    label: str
    summary: str
    receipt: Receipt | None = None
    fault: UserError | None = None


def import_queue(actor: Actor, upload: "File[Any]") -> list[ImportLine]:
    """Carry out the items of a phone's file in their order and return a line for each.

    Each item is a transaction of its own, and known by its UUID: a file may be imported twice, and while the phone is
    still sending. Raise UserError for a file that is none of ours.
    """
    content = _read_file(upload)
    photos = content.get("photos")
    pictures = photos if isinstance(photos, Mapping) else {}
    return [_import_item(actor, raw, pictures) for raw in content["items"]]


def _read_file(upload: "File[Any]") -> dict[str, Any]:
    try:
        content = json.loads(upload.read())
    except (ValueError, RecursionError, UnicodeDecodeError):
        content = None
    if (
        not isinstance(content, dict)
        or content.get("format") != FILE_FORMAT
        or not isinstance(content.get("items"), list)
    ):
        raise UserError(
            _("这不是手机导出的文件，或文件不完整。"),
            hint=_("请在手机的“待发送”里再导出一次，选择以 .json 结尾的文件。"),
            field="file",
        )
    if len(content["items"]) > MOST_ITEMS:
        raise UserError(
            _("文件里的事项太多：%(n)d 件，最多 %(most)d 件。")
            % {"n": len(content["items"]), "most": MOST_ITEMS},
            hint=_("请在手机上分几次导出。"),
            field="file",
        )
    return content


def _import_item(actor: Actor, raw: Any, pictures: Mapping[str, Any]) -> ImportLine:
    label, summary = "", ""
    try:
        item = read_item(raw)
        label, summary = str(ItemKind(item.kind).label), _summarize(item)
        if (
            item.user_id == actor.user_id
        ):  # take_item refuses an item of another user, whose photos are not stored
            _store_photos(actor, item, pictures)
        return ImportLine(label, summary, receipt=take_item(actor, item))
    except UserError as fault:
        return ImportLine(label, summary, fault=fault)


def _store_photos(actor: Actor, item: Item, pictures: Mapping[str, Any]) -> None:
    for key in {key for keys in item.photos.values() for key in keys}:
        picture = pictures.get(str(key))
        if isinstance(picture, Mapping):
            _store_picture(actor, key, picture)


def _store_picture(actor: Actor, key: uuid.UUID, picture: Mapping[str, Any]) -> None:
    try:
        content = base64.b64decode(str(picture.get("content", "")), validate=True)
    except (binascii.Error, ValueError):
        content = b""
    upload = ContentFile(content, name=str(picture.get("name") or "photo.jpg")[:100])
    store_photo(actor, upload, client_uuid=read_uuid(key, "photos"), kind=str(picture.get("kind", "")))


def _summarize(item: Item) -> str:
    """Return the words by which the user recognises the item."""
    texts = [item.data.get(name) for name in ("detail", "case", "name", "place")]
    return next((text[:60] for text in texts if isinstance(text, str) and text.strip()), "")
